/** What a VIP group knows of the world: words of the ownership machine, without its parts. */

import type { Succession } from "../../rules/vocabulary.ts";
import type { Peer } from "./peer.ts";
import type { OwnedRow } from "./row.ts";

/** The succession of a group, as one of its members has it. */
export interface Membership extends Succession {
  /** Where this node is in `members`. */
  readonly at: number;
}

/** A station that was heard to claim one of the group's VIPs. */
export interface Heard {
  readonly mac: string;
  readonly atMs: number;
}

export interface World {
  /** This node hands over what it has and takes nothing. */
  readonly isLeaving: boolean;
  peer(node: string): Peer | undefined;
  /** Whose MAC it is; undefined: no speaker's that we know. */
  nodeOf(mac: string): string | undefined;
  /** Some link of the row is up. */
  hasCarrier(row: OwnedRow): boolean;
  /** The last claim of another station on the first of these rows that has one; undefined: none since `sinceMs`. */
  claimOf(rows: Iterable<OwnedRow>, sinceMs: number): Heard | undefined;
  /** Nobody at all was heard since then on the links of these rows, though somebody was asked. */
  isIsolated(rows: Iterable<OwnedRow>, sinceMs: number): boolean;
  /** How often an owner may announce that has lost a member: the more groups there are, the more seldom. */
  readonly repeatMs: number;
  /** Has the witnesses asked too. */
  askWitnesses(nowMs: number): void;
}
