/** Manifests → what Herald would do with them, as data. */

import { dryRun } from "../cluster/dry-run.ts";
import type { SourceProblem } from "../cluster/manifests/source-problems.ts";
import { statusFrom } from "../cluster/service-status.ts";
import { createRank } from "../packets/rank.ts";
import { announceFrom, planAll } from "../rules/merge-claims.ts";
import { type Claim, indexPlan } from "../rules/plan.ts";
import type { PlanRefusal, ServiceKey } from "../rules/vocabulary.ts";
import { type ManifestsPlace, openManifests } from "./open-manifests.ts";
import type { ShippedPlugins } from "./shipped-plugins.ts";

/** What `herald plan --json` prints. */
export interface PlanOutput {
  readonly allocations: readonly { service: ServiceKey; vips?: readonly string[]; pool?: string; reason?: string }[];
  readonly owners: readonly { vip: string; rank: readonly string[] }[];
  readonly announcements: readonly {
    node: string;
    vip: string;
    via: string;
    links: readonly string[] | null;
    services: readonly ServiceKey[];
  }[];
  readonly refused: readonly PlanRefusal[];
  readonly problems: readonly SourceProblem[];
}

/** With the announcers that announce from every node. Throws where there is nothing at the path. */
export async function planManifests(
  own: ShippedPlugins,
  place: ManifestsPlace,
): Promise<{ readonly output: PlanOutput; readonly everyNode: readonly string[] }> {
  const { source, store, node, announcers } = await openManifests(own, place);
  const { allocations: allocated, snapshot } = dryRun(source, store.snapshot());
  const plan = planAll(indexPlan(snapshot, announcers, createRank()), snapshot);
  const nodes = node === undefined ? [...snapshot.nodes.keys()].sort() : [node];
  const output = {
    allocations: sortByKey(allocated).map(([service, allocation]) => ({
      service,
      ...(allocation.vips.length > 0 ? statusFrom(allocation) : {}),
      ...(allocation.refused === undefined ? {} : { reason: allocation.refused.message }),
    })),
    owners: plan.claims.filter(({ from }) => from !== "every-node").map(({ vip, rank }) => ({ vip, rank })),
    announcements: nodes.flatMap((name) => plan.claims.flatMap((claim) => announcementOf(claim, name))),
    refused: plan.refused.filter((refusal) => node === undefined || refusal.node === node),
    problems: source.problems(),
  };
  return { output, everyNode: announcers.filter(({ from }) => from === "every-node").map(({ name }) => name) };
}

function sortByKey<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function announcementOf(claim: Claim, node: string): PlanOutput["announcements"] {
  const announcement = announceFrom(claim, node);
  if (announcement === undefined) return [];
  const { vip, links, services } = announcement;
  return [{ node, vip, via: claim.via, links, services }];
}
