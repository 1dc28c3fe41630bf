/**
 * The status of a Service: the addresses that it has and the pool they came from. In Kubernetes it is part of the
 * object; on a box without Kubernetes it lies in a file beside the manifests. Here, and only here, the two are put
 * together.
 */

import { ALLOCATED_FROM_POOL } from "../rules/annotations.ts";
import type { Allocation } from "../rules/settle.ts";
import type { ServiceFact, ServiceKey } from "../rules/vocabulary.ts";

export interface ServiceStatus {
  /** None: the Service has no address, whatever its manifest says. */
  readonly vips: readonly string[];
  /** Two with a comma, where the VIPs are of two. */
  readonly pool?: string;
}

export type StatusChanges = ReadonlyMap<ServiceKey, ServiceStatus | undefined>;

/** Where the controller writes status: a file, or the API server. */
export interface StatusWriter {
  /** Once, before the first write. */
  prepare(): Promise<void>;
  /** What is on record outside of the Services themselves, also of Services that are gone. */
  records(): ReadonlyMap<ServiceKey, ServiceStatus>;
  /**
   * Changes the status of one Service; undefined forgets one that is gone, whether anything of it is on record or not. Once resolved it is
   * durable, and the store shows it; once rejected it will not come to be any more. To be called for any number of Services at a time, and
   * for one only when the last call has ended.
   */
  write(service: ServiceKey, status: ServiceStatus | undefined): Promise<void>;
}

/** The status that an allocation is to become. */
export function statusFrom({ vips, pools }: Allocation): ServiceStatus {
  return pools.length === 0 ? { vips } : { vips, pool: [...new Set(pools)].join(",") };
}

/** The same addresses, in the same order, from the same pool. */
export function isSameStatus(a: ServiceStatus, b: ServiceStatus): boolean {
  return a.pool === b.pool && a.vips.length === b.vips.length && a.vips.every((vip, at) => vip === b.vips[at]);
}

/** The Service as it is with this status. Without one, the status in its own manifest holds. */
export function withStatus(service: ServiceFact, status: ServiceStatus | undefined): ServiceFact {
  if (status === undefined) return service;
  const { [ALLOCATED_FROM_POOL]: _, ...annotations } = service.annotations;
  const withPool = status.pool === undefined ? annotations : { ...annotations, [ALLOCATED_FROM_POOL]: status.pool };
  return { ...service, annotations: withPool, ingress: status.vips };
}

/** The status that a Service has. */
export function statusOf({ annotations, ingress }: ServiceFact): ServiceStatus {
  const pool = annotations[ALLOCATED_FROM_POOL];
  return { vips: ingress, ...(pool === undefined ? {} : { pool }) };
}
