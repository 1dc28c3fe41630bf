/** What must hold of a Service, whatever the node: MetalLB's conditions, in its order. */

import { type Address, parseAddress } from "./addresses.ts";
import type { Coverage } from "./coverage.ts";
import { isOurClass, readSharingKey } from "./demand.ts";
import type { Gate } from "./gate.ts";
import type { PoolIndex } from "./pool-index.ts";
import type { Reach } from "./reach.ts";
import type { AnnouncerFact, Pool, ServiceFact } from "./vocabulary.ts";

/** A Service, with what its status says read. */
export interface ServiceSubject {
  readonly service: ServiceFact;
  /** The class that is ours. */
  readonly loadBalancerClass: string | undefined;
  /** Of each ingress; undefined where it is none. */
  readonly addresses: readonly (Address | undefined)[];
  /** Of each address; undefined where no pool has it. */
  readonly pools: readonly (Pool | undefined)[];
}

/** Reads the status of a Service, by which it is judged. */
export function readSubject(service: ServiceFact, pools: PoolIndex, loadBalancerClass: string | undefined): ServiceSubject {
  const addresses = service.ingress.map(parseAddress);
  return { service, loadBalancerClass, addresses, pools: addresses.map((address) => address && pools.find(address)?.pool) };
}

/** For all announcers alike. */
export const SERVICE_GATES: readonly Gate<ServiceSubject>[] = [
  {
    name: "type LoadBalancer",
    objection: ({ service }) => (service.type === "LoadBalancer" ? undefined : "notLoadBalancer"),
    found: ({ service }) => service.type,
  },
  {
    name: "load balancer class",
    objection: ({ service, loadBalancerClass }) => (isOurClass(service, loadBalancerClass) ? undefined : "otherLoadBalancerClass"),
    found: ({ service, loadBalancerClass }) => `${service.loadBalancerClass || "none"}, ours is ${loadBalancerClass || "none"}`,
  },
  {
    name: "address given",
    objection: ({ service }) => (service.ingress.length > 0 ? undefined : "noIPAllocated"),
    found: ({ service }) => service.ingress.join(", ") || "none",
  },
  {
    name: "address readable",
    objection: ({ addresses }) => (addresses.includes(undefined) ? "invalidIP" : undefined),
    found: ({ service, addresses }) => service.ingress.filter((_, at) => addresses[at] === undefined).join(", ") || "yes",
  },
  {
    name: "address of a pool",
    objection: ({ pools }) => (pools.includes(undefined) ? "ipNotAllowed" : undefined),
    found: ({ service, pools }) => service.ingress.map((vip, at) => `${vip} of ${pools[at]?.name ?? "none"}`).join(", ") || "none",
  },
];

/** A Service to be announced by an announcer. */
export interface ViaSubject {
  /** Why the announcer is to announce nothing now. */
  readonly closed: string | undefined;
  readonly reach: Reach | undefined;
}

/** For all VIPs alike. Where nothing can serve MetalLB says notOwner; what is missing helps more. */
export const VIA_GATES: readonly Gate<ViaSubject>[] = [
  { name: "announcer open", objection: ({ closed }) => closed, found: ({ closed }) => closed ?? "yes" },
  {
    name: "endpoint that can serve",
    objection: ({ reach }) => (reach === undefined ? "noEndpoints" : undefined),
    found: ({ reach }) => describeReach(reach),
  },
];

/** VIPs of one pool, to be announced by an announcer. */
export interface PartSubject {
  readonly service: ServiceFact;
  readonly from: AnnouncerFact["from"];
  /** Of the pool, by advertisements of the announcer's kind. */
  readonly coverage: Coverage | undefined;
}

/** For all nodes alike. */
export const PART_GATES: readonly Gate<PartSubject>[] = [
  {
    name: "advertisement of pool and Service",
    objection: ({ coverage }) => (coverage === undefined ? "noMatchingAdvertisement" : undefined),
    found: ({ coverage }) => coverage?.advertisements.map(({ name }) => name).join(", ") || "none",
  },
  {
    // Services at one VIP could be selected apart, and then two nodes would answer for it.
    name: "not shared where Services are selected",
    objection: ({ service, from, coverage }) =>
      from !== "every-node" && coverage?.selectsServices && readSharingKey(service) !== "" ? "sharedIPWithServiceSelector" : undefined,
    found: ({ service, coverage }) =>
      `${readSharingKey(service) === "" ? "not shared" : "shared"}, ${coverage?.selectsServices ? "selected" : "all Services"}`,
  },
];

function describeReach(reach: Reach | undefined): string {
  if (reach === undefined) return "none";
  return reach === "everywhere" ? "reached from every node" : `on ${[...reach.keys()].sort().join(", ") || "no node"}`;
}
