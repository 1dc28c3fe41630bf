/** When two advertisements contradict each other: the same route to the same peer from the same node, with two local preferences. */

import { matchesAny, type NodeFact, type Pool } from "../../host/announcer.ts";
import type { BgpAdvertisement, RouteTerms } from "./advertisement.ts";

type Terms = Pick<RouteTerms, "aggregationLength" | "aggregationLengthV6" | "localPref" | "peers">;

/** On a pool, at configuration time. Advertisements for certain Services only are not compared before there are such Services. */
export function conflictOn(pool: Pool, a: BgpAdvertisement, b: BgpAdvertisement, nodes: readonly NodeFact[]): boolean {
  if (a.serviceSelectors.length > 0 || b.serviceSelectors.length > 0) return false;
  const families = new Set(pool.blocks.map(({ family }) => family));
  return [...families].some((family) => contradict(family, a.terms, b.terms)) && shareNode(a, b, nodes);
}

/** For addresses of a family that both are for, on a node that both are for. */
export function contradict(family: 4 | 6, a: Terms, b: Terms): boolean {
  const key = family === 4 ? "aggregationLength" : "aggregationLengthV6";
  return a.localPref !== b.localPref && a[key] === b[key] && sharePeer(a.peers, b.peers);
}

function sharePeer(a: readonly string[], b: readonly string[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((name) => b.includes(name));
}

function shareNode(a: BgpAdvertisement, b: BgpAdvertisement, nodes: readonly NodeFact[]): boolean {
  const isOn = ({ nodeSelectors }: BgpAdvertisement, { labels }: NodeFact) =>
    nodeSelectors.length === 0 || matchesAny(nodeSelectors, labels);
  return nodes.some((node) => isOn(a, node) && isOn(b, node));
}
