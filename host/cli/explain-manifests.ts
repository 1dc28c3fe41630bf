/** Manifests → what would become of one Service, and why. */

import { dryRun } from "../cluster/dry-run.ts";
import { unknownService } from "../observe/explain.ts";
import { createRank } from "../packets/rank.ts";
import { explainGates, type ServiceGates } from "../rules/gates.ts";
import { indexPlan, type PlanOptions } from "../rules/plan.ts";
import type { Allocation } from "../rules/settle.ts";
import type { AnnouncerFact, ServiceKey, Snapshot } from "../rules/vocabulary.ts";
import type { Unconcluded } from "./explanation.ts";
import { openManifests } from "./open-manifests.ts";
import type { ShippedPlugins } from "./shipped-plugins.ts";

export interface ExplainManifests {
  readonly manifests: string;
  readonly allocations: string | undefined;
  readonly service: ServiceKey;
}

/** Throws where there is nothing at the path, and no such Service in it. */
export async function explainManifests(own: ShippedPlugins, options: ExplainManifests): Promise<Unconcluded> {
  const { source, store, announcers } = await openManifests(own, options);
  const { allocations, snapshot } = dryRun(source, store.snapshot());
  return { ...explainSnapshot(announcers, snapshot, options.service, allocations), basis: "manifests" };
}

/** By facts alone. `allocations`: what each Service would be given. Throws where there is no such Service. */
export function explainSnapshot(
  announcers: readonly AnnouncerFact[],
  snapshot: Snapshot,
  service: ServiceKey,
  allocations: ReadonlyMap<ServiceKey, Allocation>,
  options: PlanOptions = {},
): Omit<Unconcluded, "basis"> {
  const gates: ServiceGates | undefined = explainGates(indexPlan(snapshot, announcers, createRank(), options), snapshot, service);
  if (gates === undefined) throw new Error(unknownService(service, snapshot.services.keys()));
  const fromOf = new Map(announcers.map(({ name, from }) => [name, from]));
  const refused = allocations.get(service)?.refused?.message;
  return {
    ...gates,
    vias: gates.vias.map((via) => ({ ...via, from: fromOf.get(via.via) ?? null })),
    ...(refused === undefined ? {} : { notGiven: refused }),
  };
}
