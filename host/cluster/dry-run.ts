/** What the controller would do with a source, without doing it. */

import { type AllocateOptions, allocateAll } from "../rules/allocate.ts";
import type { Allocation } from "../rules/settle.ts";
import type { ServiceFact, ServiceKey, Snapshot } from "../rules/vocabulary.ts";
import { absentHolders, withStandIns } from "./absent-holders.ts";
import type { ManifestsSource } from "./manifests/manifests.ts";
import { statusFrom, withStatus } from "./service-status.ts";

export interface DryRun {
  /** What each Service would have, or why it would have nothing. */
  readonly allocations: ReadonlyMap<ServiceKey, Allocation>;
  /** The snapshot as it would be then. */
  readonly snapshot: Snapshot;
}

/** Allocates for all Services of a snapshot, as a controller that starts with it would. */
export function dryRun(source: ManifestsSource, snapshot: Snapshot, options: AllocateOptions = {}): DryRun {
  const arePoolsKnown = source.isComplete();
  const absent = arePoolsKnown ? new Map<ServiceKey, ServiceFact>() : absentHolders(source.allocations.records(), snapshot.services);
  const allocations = allocateAll({ ...withStandIns(snapshot, absent), arePoolsKnown }, options);
  for (const key of absent.keys()) allocations.delete(key);
  const services = new Map(snapshot.services);
  for (const [key, allocation] of allocations) {
    const service = services.get(key);
    if (service !== undefined) services.set(key, withStatus(service, statusFrom(allocation)));
  }
  return { allocations, snapshot: { ...snapshot, services } };
}
