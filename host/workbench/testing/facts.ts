/** Facts for tests: each has what most tests do not care about, and takes what they do. */

import { parseBlocks } from "../../rules/blocks.ts";
import type { AddressBlock, Advertisement, NodeFact, Pool, Reservation, ServiceFact } from "../../rules/vocabulary.ts";

/** A LoadBalancer Service in namespace `default`. */
export function serviceFact(name: string, parts: Partial<ServiceFact> = {}): ServiceFact {
  return {
    key: `default/${name}`,
    namespace: "default",
    name,
    labels: {},
    annotations: {},
    type: "LoadBalancer",
    clusterIPs: [],
    ipFamilies: [],
    ipFamilyPolicy: "SingleStack",
    externalTrafficPolicy: "Cluster",
    ports: [{ protocol: "TCP", port: 80 }],
    ingress: [],
    ...parts,
  };
}

export function nodeFact(name: string, parts: Partial<NodeFact> = {}): NodeFact {
  return { name, labels: {}, networkUnavailable: false, addresses: [], ...parts };
}

/** A pool of these CIDRs and ranges, open to all. */
export function poolFact(name: string, addresses: readonly string[], parts: Partial<Pool> = {}): Pool {
  return { name, labels: {}, blocks: addresses.flatMap(blocksOf), autoAssign: true, avoidBuggyIPs: false, ...parts };
}

/** A Reservation of these addresses, CIDRs and ranges, for nobody. */
export function reservationFact(name: string, addresses: readonly string[], parts: Partial<Reservation> = {}): Reservation {
  return { name, blocks: addresses.flatMap((text) => blocksOf(/[-/]/.test(text) ? text : `${text}-${text}`)), ...parts };
}

function blocksOf(text: string): readonly AddressBlock[] {
  const parsed = parseBlocks(text);
  if (!parsed.ok) throw new Error(`Cannot make addresses of ${text}: expected ${parsed.expected}`);
  return parsed.value;
}

/** An L2Advertisement for all pools, nodes and interfaces. */
export function advertisementFact(name: string, parts: Partial<Advertisement> = {}): Advertisement {
  return {
    name,
    kind: "L2Advertisement",
    poolNames: [],
    poolSelectors: [],
    nodeSelectors: [],
    serviceSelectors: [],
    interfaces: [],
    preferences: [],
    attributes: {},
    ...parts,
  };
}
