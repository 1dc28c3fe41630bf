/**
 * Which node MetalLB announces a Service from at layer 2, worked out from MetalLB's rule alone and with none of the code that Herald plans
 * with, so that the two can be held against each other. Where MetalLB itself has said which node it is (ServiceL2Status), that counts instead.
 */

import { createHash } from "node:crypto";
import { formatAddress, parseAddress } from "../../rules/addresses.ts";
import { matchesAny, matchesSelector } from "../../rules/selectors.ts";
import type { Advertisement, NodeFact, Pool, ServiceFact, Snapshot } from "../../rules/vocabulary.ts";

export interface Electorate {
  /** With a running speaker; undefined: every node. */
  readonly speakerNodes: ReadonlySet<string> | undefined;
  readonly ignoresExcludeLabel: boolean;
}

const EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";
const SHARING = ["metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"];

/** Undefined: none. */
export function metalLbOwner(service: ServiceFact, snapshot: Snapshot, electorate: Electorate): string | undefined {
  const address = parseAddress(service.ingress[0] ?? "");
  const servable = (snapshot.endpoints.get(service.key) ?? []).filter((endpoint) => endpoint.servable);
  if (address === undefined || servable.length === 0) return undefined;
  const has = ({ blocks }: Pool) =>
    blocks.some(({ family, first, last }) => family === address.family && first <= address.value && address.value <= last);
  const pool = [...snapshot.pools.values()].find(has);
  if (pool === undefined) return undefined;
  const matching = snapshot.advertisements.filter((each) => each.kind === "L2Advertisement" && isFor(each, pool, service));
  const isShared = SHARING.some((key) => service.annotations[key]);
  if (isShared && matching.some(({ serviceSelectors }) => serviceSelectors.length > 0)) return undefined;
  const withEndpoint = new Set(servable.map(({ nodeName }) => nodeName));
  const candidates = [...snapshot.nodes.values()].filter(
    (node) =>
      (electorate.speakerNodes?.has(node.name) ?? true) &&
      !node.networkUnavailable &&
      (electorate.ignoresExcludeLabel || !(EXCLUDE in node.labels)) &&
      matching.some((each) => includes(each, node)) &&
      (service.externalTrafficPolicy === "Cluster" || withEndpoint.has(node.name)),
  );
  const ip = formatAddress(address);
  const order = candidates.map((node) => ({ name: node.name, weight: weightOf(node, matching), hash: hashOf(node.name, ip) }));
  return order.sort((a, b) => b.weight - a.weight || (a.hash < b.hash ? -1 : 1))[0]?.name;
}

function isFor({ poolNames, poolSelectors, serviceSelectors }: Advertisement, pool: Pool, service: ServiceFact): boolean {
  const isEvery = poolNames.length === 0 && poolSelectors.length === 0;
  const isPool = isEvery || poolNames.includes(pool.name) || matchesAny(poolSelectors, pool.labels);
  return isPool && (serviceSelectors.length === 0 || matchesAny(serviceSelectors, service.labels));
}

function includes({ nodeSelectors }: Advertisement, { labels }: NodeFact): boolean {
  return nodeSelectors.length === 0 || matchesAny(nodeSelectors, labels);
}

function weightOf(node: NodeFact, matching: readonly Advertisement[]): number {
  const preferences = matching.filter((each) => includes(each, node)).flatMap((each) => each.preferences);
  return preferences.reduce((sum, { weight, selector }) => sum + (matchesSelector(selector, node.labels) ? weight : 0), 0);
}

/** Hexadecimal digits sort as the bytes do. */
function hashOf(node: string, ip: string): string {
  return createHash("sha256").update(`${node}#${ip}`).digest("hex");
}
