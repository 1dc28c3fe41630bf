/** What is told of whoever gives out addresses: how full the pools are, by the statuses of record, and what became of its work. */

import type { Close } from "../announcer.ts";
import { poolUsage } from "../rules/pool-usage.ts";
import type { Snapshot } from "../rules/vocabulary.ts";
import type { MetricsRegistry, TellMetric } from "./metrics.ts";

export interface ControllerNumbers {
  snapshot(): Pick<Snapshot, "pools" | "services">;
  /** Services looked at, and writes that failed, since the start. */
  counts(): { readonly services: number; readonly failures: number };
  /** It is the one of several that writes. */
  isLeader(): boolean;
}

export function collectController(metrics: Pick<MetricsRegistry, "collect">, { snapshot, counts, isLeader }: ControllerNumbers): Close {
  return metrics.collect((tell: TellMetric) => {
    const { services, failures } = counts();
    tell("metallb_k8s_client_updates_total", services);
    tell("metallb_k8s_client_update_errors_total", failures);
    tell("herald_leader", isLeader() ? 1 : 0);
    for (const usage of poolUsage(snapshot())) tellPool(usage, tell);
  });
}

function tellPool({ pool, total, used, services }: ReturnType<typeof poolUsage>[number], tell: TellMetric): void {
  const values = {
    metallb_allocator_addresses_total: Number(total[4] + total[6]),
    metallb_allocator_addresses_in_use_total: used[4] + used[6],
    metallb_allocator_ipv4_addresses_total: Number(total[4]),
    metallb_allocator_ipv4_addresses_in_use_total: used[4],
    metallb_allocator_ipv6_addresses_total: Number(total[6]),
    metallb_allocator_ipv6_addresses_in_use_total: used[6],
    metallb_allocator_services_allocated_total: services,
  } as const;
  for (const [name, value] of Object.entries(values)) tell(name as keyof typeof values, value, { pool });
}
