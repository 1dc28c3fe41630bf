/**
 * What the lab expects of the speakers, from the same facts and rules that they have: each Service with its VIPs, the pool they come
 * from, and the node that should own them, or the reason why not.
 */

import type { DryRun } from "../../cluster/dry-run.ts";
import type { Plan } from "../../rules/merge-claims.ts";
import type { PlanRefusal, ServiceFact, ServiceKey, ServicePort, Snapshot } from "../../rules/vocabulary.ts";

/** One VIP of a Service; a Service without one has a single row without. */
export interface Expected {
  readonly service: ServiceKey;
  readonly vip?: string;
  readonly pool?: string;
  readonly owner?: string;
  readonly ports: readonly ServicePort[];
  /** The controller has written it down, so that the speakers know it too. */
  readonly isOnRecord: boolean;
  /** Why there is no VIP, or nobody to own it. */
  readonly reason?: string;
}

/**
 * The rows of a snapshot, what the controller would make of it, and the plan of that, by Service and VIP in the order of its status. VIPs that
 * only every node announces are left out: they are routes (`route-expectation.ts`), and nobody owns them.
 */
export function expect({ services }: Snapshot, { allocations }: DryRun, { claims, refused }: Plan): Expected[] {
  const owners = new Map(claims.filter(({ from }) => from !== "every-node").map(({ vip, rank: [owner] }) => [vip, owner]));
  const routed = new Set(claims.filter(({ from }) => from === "every-node").map(({ vip }) => vip));
  return [...allocations]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([service, { vips, pools, refused: said }]) => {
      const fact = services.get(service) as ServiceFact;
      const common = { service, ports: fact.ports };
      if (vips.length === 0) return [{ ...common, isOnRecord: fact.ingress.length === 0, reason: said?.message ?? "It has no address" }];
      return vips.flatMap((vip, at): Expected[] => {
        const owner = owners.get(vip);
        if (owner === undefined && routed.has(vip)) return [];
        const isOnRecord = fact.ingress.includes(vip);
        return [
          {
            ...common,
            vip,
            pool: pools[at] as string,
            isOnRecord,
            ...(owner === undefined ? { reason: reasonOf(refused, service, vip) } : { owner }),
          },
        ];
      });
    });
}

/** `arp: noEndpoints on node-a, node-b`, for each announcer and reason. */
function reasonOf(refused: readonly PlanRefusal[], service: ServiceKey, vip: string): string {
  const nodes = new Map<string, string[]>();
  for (const refusal of refused.filter((candidate) => candidate.service === service && (candidate.vip ?? vip) === vip)) {
    const said = `${refusal.via}: ${refusal.reason}`;
    nodes.set(said, [...(nodes.get(said) ?? []), refusal.node]);
  }
  if (nodes.size === 0) return "No advertisement covers it";
  return [...nodes].map(([said, names]) => `${said} on ${names.join(", ")}`).join("; ");
}
