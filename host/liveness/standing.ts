/** What this node is to a VIP group at this moment, for those who tell others of it. */

import type { Close } from "../announcer.ts";
import type { Succession } from "../rules/vocabulary.ts";

/**
 * `owner`: answers. `heir`: silent, and watches the nodes ahead. `asking`: about to answer, if nobody else does. `holding`: waits before it
 * takes back what another answers for. `leaving`: answers until another is heard to. `isolated`: may not answer, since this node hears nobody.
 */
export const STANDINGS = ["owner", "heir", "asking", "holding", "leaving", "isolated"] as const;
export type Standing = (typeof STANDINGS)[number];

export interface GroupState {
  readonly group: string;
  readonly succession: Succession;
  readonly standing: Standing;
  /** Of the same clock as `performance.now()`. */
  readonly sinceMs: number;
  /** Why it is so, in a few words: `node-a is down`, `first in rank`. */
  readonly reason: string;
  /** The other station that was last heard to use one of the VIPs, and when. */
  readonly heard?: { readonly mac: string; readonly node?: string; readonly atMs: number };
}

export interface Standings {
  /** Of the group that this VIP is in; undefined: this node is no member of it. */
  ofVip(vip: string): GroupState | undefined;
  all(): Iterable<GroupState>;
  /** After each change of a standing, with the groups that changed. */
  onChange(call: (changed: readonly GroupState[]) => void): Close;
}
