/** Which VIPs a node asks for in the self-test: those that it is an heir of. */

import type { Succession } from "../rules/vocabulary.ts";
import type { TestedVip } from "./self-test.ts";
import type { Standings } from "./standing.ts";

/** A row of an announcer. */
export interface SuccessionRow {
  readonly vip: string;
  readonly succession?: Succession;
}

/** `isAlive`: a session with that node is up. */
export function* testedVips(
  node: string,
  rows: Iterable<SuccessionRow>,
  standings: Pick<Standings, "ofVip">,
  isAlive: (node: string) => boolean,
): Generator<TestedVip> {
  for (const { vip, succession } of rows) {
    if (succession === undefined) continue;
    const state = standings.ofVip(vip);
    if (state?.standing !== "heir") continue;
    const others = succession.members.filter((member) => member !== node && isAlive(member));
    const heard = state.heard?.node;
    const owner = succession.isSticky && heard !== undefined && others.includes(heard) ? heard : others[0];
    if (owner !== undefined) yield { vip, group: succession.group, owner, askers: others.length };
  }
}
