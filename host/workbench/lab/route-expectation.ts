/** Which routes the lab expects its routers to learn: for each VIP that every node announces, each router with the nodes to send packets to. */

import type { DryRun } from "../../cluster/dry-run.ts";
import type { Plan } from "../../rules/merge-claims.ts";
import type { ServiceFact, ServiceKey, ServicePort, Snapshot } from "../../rules/vocabulary.ts";
import type { Partner } from "./router-plan.ts";

/** A VIP of a Service at one router; a VIP that no router should learn has a single row without. */
export interface ExpectedRoute {
  readonly service: ServiceKey;
  readonly vip: string;
  readonly pool?: string;
  /** `address` is where the nodes find it. */
  readonly router?: { readonly name: string; readonly address: string };
  /** That it should be learned from, sorted. */
  readonly nodes: readonly string[];
  readonly ports: readonly ServicePort[];
  /** The controller has written it down, so that the speakers know it too. */
  readonly isOnRecord: boolean;
}

/** By Service, VIP and router. */
export function expectRoutes(
  { services }: Snapshot,
  { allocations, snapshot }: DryRun,
  { claims }: Plan,
  partners: ReadonlyMap<string, Partner>,
): ExpectedRoute[] {
  const rows = claims
    .filter(({ from }) => from === "every-node")
    .flatMap(({ vip, services: keys, rank }) =>
      keys.flatMap((service): ExpectedRoute[] => {
        const { ports } = snapshot.services.get(service) as ServiceFact;
        const isOnRecord = services.get(service)?.ingress.includes(vip) ?? false;
        const allocation = allocations.get(service);
        const pool = allocation?.pools[allocation.vips.indexOf(vip)];
        const common = { service, vip, ports, isOnRecord, ...(pool === undefined ? {} : { pool }) };
        const routers = [...partners.values()].flatMap(({ router: { name, address }, learns }) => {
          const nodes = learns.get(vip);
          return nodes === undefined ? [] : [{ ...common, router: { name, address }, nodes }];
        });
        return routers.length > 0 ? routers : [{ ...common, nodes: [...rank].sort() }];
      }),
    );
  return rows.sort((a, b) => compare(keyOf(a), keyOf(b)));
}

export function keyOf({ service, vip, router }: ExpectedRoute): string {
  return `${service} ${vip} ${router?.address ?? ""}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
