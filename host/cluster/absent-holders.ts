/** Stand-ins for Services whose manifests cannot be read at the moment, so that nobody gets their addresses meanwhile. */

import { parseAddress } from "../rules/addresses.ts";
import type { ServiceFact, ServiceKey, Snapshot } from "../rules/vocabulary.ts";
import type { ServiceStatus } from "./service-status.ts";

/** The snapshot with the stand-ins in it. */
export function withStandIns(snapshot: Snapshot, standIns: ReadonlyMap<ServiceKey, ServiceFact>): Snapshot {
  return standIns.size === 0 ? snapshot : { ...snapshot, services: new Map([...snapshot.services, ...standIns]) };
}

/**
 * One stand-in for each record whose Service is missing. None where a Service that is there has one of the addresses:
 * the two shared it, and the one that is there must not lose it to a stand-in that knows nothing of sharing.
 */
export function absentHolders(
  records: ReadonlyMap<ServiceKey, ServiceStatus>,
  services: ReadonlyMap<ServiceKey, ServiceFact>,
): Map<ServiceKey, ServiceFact> {
  const taken = new Set<string>();
  for (const { ingress } of services.values()) for (const vip of ingress) taken.add(vip);
  const holders = new Map<ServiceKey, ServiceFact>();
  for (const [key, { vips }] of records) {
    if (services.has(key) || vips.length === 0 || vips.some((vip) => taken.has(vip))) continue;
    holders.set(key, standIn(key, vips));
  }
  return holders;
}

function standIn(key: ServiceKey, vips: readonly string[]): ServiceFact {
  const [namespace = "", name = ""] = key.split("/");
  return {
    key,
    namespace,
    name,
    labels: {},
    annotations: {},
    type: "LoadBalancer",
    clusterIPs: [],
    ipFamilies: vips.flatMap((vip) => parseAddress(vip)?.family ?? []),
    ipFamilyPolicy: "SingleStack",
    externalTrafficPolicy: "Cluster",
    ports: [],
    ingress: vips,
  };
}
