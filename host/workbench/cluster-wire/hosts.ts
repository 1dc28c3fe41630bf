/** Who is on the switch, and at which address: as in RFC 5737 and RFC 3849. Addresses of Services come from elsewhere. */

import { rankOracle } from "../testing/rank-oracle.ts";

export const NODES = ["node-a", "node-b", "node-c"] as const;
export type NodeName = (typeof NODES)[number];

export const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** On the switch itself. */
export const API_SERVER = "192.0.2.254";
export const CLIENT = { name: "client", address: "192.0.2.100", address6: "2001:db8::100" };

export function addressOf(node: NodeName): string {
  return `192.0.2.${11 + NODES.indexOf(node)}`;
}

export function address6Of(node: NodeName): string {
  return `2001:db8::${11 + NODES.indexOf(node)}`;
}

/** The node that has an address, of either family. */
export function nodeAt(address: string): NodeName | undefined {
  return NODES.find((node) => addressOf(node) === address || address6Of(node) === address);
}

/** These nodes in MetalLB's order for a VIP: the first is to have it. */
export function ranked(vip: string, nodes: readonly NodeName[] = NODES): NodeName[] {
  const candidates = nodes.map((name) => ({ name, weight: 0 }));
  return rankOracle(vip, candidates) as NodeName[];
}

/** Selectors of these nodes, any of which is enough. */
export function onNodes(...nodes: readonly NodeName[]) {
  return nodes.map((node) => ({ matchLabels: { "kubernetes.io/hostname": node } }));
}
