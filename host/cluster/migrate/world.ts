/** What Herald would make of the objects: the same readers, allocation and plan that its controller and speakers have. */

import type { PluginDefinition } from "../../announcer.ts";
import { allocateAll } from "../../rules/allocate.ts";
import { mergeClaims } from "../../rules/merge-claims.ts";
import { type Claim, indexPlan, planService } from "../../rules/plan.ts";
import type { RankNodes } from "../../rules/rank.ts";
import type { Allocation } from "../../rules/settle.ts";
import type { EndpointFact, PlanRefusal, Problem, ServiceKey, Snapshot } from "../../rules/vocabulary.ts";
import { announcerFact } from "../../sandbox/start-plugin.ts";
import { ClusterObjects } from "../cluster-objects.ts";
import { project } from "../objects/project.ts";
import { translatorsOf } from "../plugin-resources/translators.ts";
import { statusFrom, withStatus } from "../service-status.ts";
import { Store } from "../store.ts";
import { Translated } from "../translated.ts";
import type { Installation } from "./installation.ts";
import type { RawObjects } from "./objects.ts";

export interface World {
  /** As the objects are: Services with the addresses that MetalLB gave them. */
  readonly before: Snapshot;
  readonly allocations: ReadonlyMap<ServiceKey, Allocation>;
  /** Of Herald, with those allocations. */
  readonly claims: readonly Claim[];
  readonly refusals: readonly PlanRefusal[];
  /** Objects that Herald would not take. */
  readonly problems: readonly Problem[];
  /** No EndpointSlice was read, so each Service counts as having an endpoint on every node. */
  readonly guessesEndpoints: boolean;
}

const EVERYWHERE = ["Service", "EndpointSlice", "Node", "Namespace"];

export function simulate(
  objects: RawObjects,
  { namespace, lbClass, ignoresExcludeLabel }: Installation,
  plugins: readonly PluginDefinition[],
  rank: RankNodes,
): World {
  const store = new Store();
  const translated = new Translated(store, translatorsOf(plugins));
  const cluster = new ClusterObjects(translated, translated);
  const problems: Problem[] = [];
  for (const object of objects.kinds().flatMap((kind) => objects.all(kind))) {
    const isRead = EVERYWHERE.includes(object.kind) || object.namespace === namespace || object.namespace === "";
    if (!isRead) continue;
    for (const found of project(object.whole, translated.readers).found) {
      if (found.object !== undefined) cluster.put(found.object);
      problems.push(...found.problems);
    }
  }
  cluster.commit();
  const guessesEndpoints = objects.all("EndpointSlice").length === 0;
  if (guessesEndpoints) fillEndpoints(store);
  const before = store.snapshot();
  const options = lbClass === undefined ? {} : { loadBalancerClass: lbClass };
  const allocations = allocateAll(before, options);
  const services = new Map(before.services);
  for (const [key, allocation] of allocations) {
    const service = services.get(key);
    if (service !== undefined) services.set(key, withStatus(service, statusFrom(allocation)));
  }
  const after = { ...before, services };
  const index = indexPlan(after, plugins.map(announcerFact), rank, { ...options, ignoreExcludeLabel: ignoresExcludeLabel });
  const plans = Array.from(allocations.keys(), (key) => planService(index, after, key));
  return {
    ...{ before, allocations, guessesEndpoints, problems: [...problems, ...cluster.problems()] },
    claims: mergeClaims(plans.flatMap(({ claims }) => claims)),
    refusals: plans.flatMap(({ refused }) => refused),
  };
}

function fillEndpoints(store: Store): void {
  const { nodes, services } = store.snapshot();
  const everywhere: readonly EndpointFact[] = Array.from(nodes.keys(), (nodeName) => ({ nodeName, servable: true }));
  for (const key of services.keys()) store.replace("endpoints", key, everywhere);
}
