/** Stations beside the other nodes that answer when they are asked, so that a node can tell whether it is alone: gateways, and neighbors of late. */

import type { KernelNeighbor } from "../packets/neighbors.ts";
import { formatAddress, parseAddress } from "../rules/addresses.ts";
import type { Family } from "../rules/vocabulary.ts";

export interface WitnessFacts {
  readonly gateways: readonly { readonly address: string; readonly family: Family }[];
  readonly neighbors: readonly KernelNeighbor[];
  /** Of other nodes. */
  readonly nodes: readonly string[];
  /** Never asked as witnesses: VIPs. */
  readonly vips: ReadonlySet<string>;
}

/** Of one family: more would only be noise. */
const MOST = 6;
const HEARD_STATES: ReadonlySet<string> = new Set(["reachable", "stale", "delay", "probe", "permanent"]);

/** The first are the best: a gateway is there to answer. Canonical, without doubles. */
export function chooseWitnesses({ gateways, neighbors, nodes, vips }: WitnessFacts, family: Family): string[] {
  const heard = neighbors.filter(({ mac, state }) => mac !== undefined && HEARD_STATES.has(state));
  const wanted = [...gateways.map(({ address }) => address), ...nodes, ...heard.map(({ address }) => address)];
  const found = new Set<string>();
  for (const text of wanted) {
    const address = parseAddress(text);
    if (address?.family !== family) continue;
    const canonical = formatAddress(address);
    if (!vips.has(canonical)) found.add(canonical);
    if (found.size === MOST) break;
  }
  return [...found];
}
