/** Facts for tests: each has what most tests do not care about, and takes what they do. */

import { parseBlocks } from "../../rules/blocks.ts";
import type { Advertisement, NodeFact, Pool, ServiceFact } from "../../rules/vocabulary.ts";

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
  const blocks = addresses.flatMap((text) => {
    const parsed = parseBlocks(text);
    if (!parsed.ok) throw new Error(`Cannot make pool ${name}: expected ${parsed.expected}`);
    return parsed.value;
  });
  return { name, labels: {}, blocks, autoAssign: true, avoidBuggyIPs: false, ...parts };
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
