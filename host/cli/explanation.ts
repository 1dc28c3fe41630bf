/** What `herald explain --json` prints. Durations are in milliseconds, up to the answer. */

import type { ClusterAccount } from "../cluster/explain/account.ts";
import type { ExplainedVia, NodeAccount } from "../observe/explain.ts";
import type { TriedGate } from "../rules/gate.ts";
import type { ServiceGates } from "../rules/gates.ts";

/**
 * The conditions of the plan, and what is known beyond it: by manifests nothing, and all is as it would be; by a running speaker what that
 * node has to do with the Service; by a cluster what all speakers have reported.
 */
export interface Explanation extends ServiceGates {
  /** In a sentence. */
  readonly conclusion: string;
  readonly basis: "manifests" | "speaker" | "cluster";
  readonly vias: readonly ExplainedVia[];
  /** Why the Service has no address, or not what it asks for: the controller's words. */
  readonly notGiven?: string;
  readonly here?: NodeAccount;
  readonly cluster?: ClusterAccount;
}

export type Unconcluded = Omit<Explanation, "conclusion">;

/** VIPs that are explained alike, and the announcers that serve them. */
export interface ViaGroup {
  readonly vias: readonly string[];
  readonly vips: readonly string[];
  readonly from: ExplainedVia["from"];
  readonly gates: readonly TriedGate[];
  readonly nodes: ExplainedVia["nodes"];
  /** In rank. */
  readonly eligible: readonly string[];
}

/** Those of which the same is to be said: the addresses of two families, as a rule. */
export function groupVias(vias: readonly ExplainedVia[]): ViaGroup[] {
  const groups = new Map<string, { vias: Set<string>; vips: Set<string>; first: ExplainedVia }>();
  for (const one of vias) {
    const key = JSON.stringify([one.from, one.gates, one.nodes]);
    const group = groups.get(key) ?? { vias: new Set(), vips: new Set(), first: one };
    groups.set(key, group);
    group.vias.add(one.via);
    group.vips.add(one.vip);
  }
  return Array.from(groups.values(), ({ vias: names, vips, first: { from, gates, nodes } }) => ({
    ...{ vias: [...names], vips: [...vips], from, gates, nodes },
    eligible: nodes
      .filter(({ rank }) => rank !== undefined)
      .sort((a, b) => (a.rank as number) - (b.rank as number))
      .map(({ node }) => node),
  }));
}

/** The first condition that is not met. */
export function firstUnmet(gates: readonly TriedGate[]): TriedGate | undefined {
  return gates.find(({ isMet }) => !isMet);
}
