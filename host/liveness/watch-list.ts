/** Which nodes a speaker keeps a BFD session with. */

import type { Succession } from "../rules/vocabulary.ts";

/** Up to so many nodes everybody watches everybody: 15 sessions a node cost nothing, and are up before a VIP needs them. */
export const FULL_MESH_NODES = 16;

/**
 * The names of the nodes that `self` is to watch: every other one up to `FULL_MESH_NODES`, beyond that those that it shares a VIP group with.
 * As both sides reckon so from the same plan, each session is wanted at both of its ends. Of `nodes`, those with an address to watch; others
 * are never named. With groups of three spread evenly that is about 6 × groups / nodes, however large the cluster is.
 */
export function watchList(self: string, nodes: readonly string[], successions: Iterable<Succession>): Set<string> {
  const others = new Set(nodes);
  others.delete(self);
  if (others.size < FULL_MESH_NODES) return others;
  const watched = new Set<string>();
  for (const { members } of successions) {
    if (!members.includes(self)) continue;
    for (const member of members) if (others.has(member)) watched.add(member);
  }
  return watched;
}
