/** What must hold of a node that announces: MetalLB's conditions, in its order. */

import type { Gate } from "./gate.ts";
import type { Reach } from "./reach.ts";
import type { Advertisement, NodeFact } from "./vocabulary.ts";

/** Any value of it takes a node out (a label that Kubernetes defines for load balancers). */
const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** What changes which nodes may announce. */
export interface NodeOptions {
  /** MetalLB's flag `--ignore-exclude-lb`. */
  readonly ignoreExcludeLabel?: boolean;
}

/** A node, and the advertisements of one kind that include it. */
export interface NodeSubject {
  readonly node: NodeFact;
  readonly advertisements: readonly Advertisement[];
  readonly options: NodeOptions;
}

/** Whatever the Service's endpoints are. */
export const NODE_GATES: readonly Gate<NodeSubject>[] = [
  {
    name: "advertisement of the node",
    objection: ({ advertisements }) => (advertisements.length === 0 ? "noMatchingAdvertisement" : undefined),
    found: ({ advertisements }) => advertisements.map(({ name }) => name).join(", ") || "none",
  },
  {
    name: "network available",
    objection: ({ node }) => (node.networkUnavailable ? "nodeNetworkUnavailable" : undefined),
    found: ({ node }) => (node.networkUnavailable ? "no" : "yes"),
  },
  {
    name: "not excluded by label",
    objection: ({ node, options }) => (!options.ignoreExcludeLabel && isExcluded(node) ? "nodeLabeledExcludeBalancers" : undefined),
    found: ({ node, options }) => `${isExcluded(node) ? "labelled" : "not labelled"}${options.ignoreExcludeLabel ? ", ignored" : ""}`,
  },
];

/** The last one: the node and what reaches the Service. */
export const REACH_GATE: Gate<{ readonly name: string; readonly reach: Reach }> = {
  name: "endpoint on the node",
  objection: ({ name, reach }) => (reach === "everywhere" || reach.has(name) ? undefined : "noLocalEndpoints"),
  found: ({ name, reach }) => (reach === "everywhere" ? "not needed" : `${reach.get(name) ?? 0}`),
};

function isExcluded({ labels }: NodeFact): boolean {
  return Object.hasOwn(labels, EXCLUDE_LABEL);
}
