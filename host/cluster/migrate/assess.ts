/**
 * From MetalLB to Herald: a cluster's objects in, a report out. Writes nothing anywhere.
 *
 * What Herald would do is worked out by the code that does it (`world.ts`), what MetalLB does is taken from its record, or else from its rule
 * written down once more (`election.ts`). `differences.ts` says where the two part for this configuration, `steps.ts` what to do.
 */

import type { PluginDefinition } from "../../announcer.ts";
import type { RankNodes } from "../../rules/rank.ts";
import { compareAddresses, compareAnnouncements } from "./compare.ts";
import { findDifferences } from "./differences.ts";
import { findInstallation, type Installation } from "./installation.ts";
import type { RawObjects } from "./objects.ts";
import type { Report } from "./report.ts";
import { rollbackFor, stepsFor } from "./steps.ts";
import { simulate, type World } from "./world.ts";

export interface AssessOptions {
  readonly plugins: readonly PluginDefinition[];
  readonly rank: RankNodes;
  /** Where MetalLB is; default: where its parts are. */
  readonly namespace?: string;
  /** What an API server did not let us read. */
  readonly refused?: readonly string[];
}

/** Undefined where there is nothing of MetalLB. */
export function assess(objects: RawObjects, { plugins, rank, namespace, refused = [] }: AssessOptions): Report | undefined {
  const installation = findInstallation(objects, namespace);
  if (installation === undefined) return undefined;
  const world = simulate(objects, installation, plugins, rank);
  const addresses = compareAddresses(world, installation);
  const announcements = compareAnnouncements(objects, world, installation, plugins);
  const differences = findDifferences({ objects, world, installation, plugins });
  const partial = { addresses, announcements, differences };
  const plan = { objects, installation, hasBlocks: loses(partial) };
  return {
    metallb: {
      namespace: installation.namespace,
      version: installation.version,
      bgpMode: installation.mode ?? "unknown",
      loadBalancerClass: installation.lbClass ?? null,
    },
    ...partial,
    steps: stepsFor(plan),
    rollback: rollbackFor(plan),
    unknown: [...refused.map((text) => `Not read: ${text}`), ...unknownOf(objects, world, installation)],
  };
}

/** Something would be lost if one just went on. */
export function loses({ addresses, announcements, differences }: Pick<Report, "addresses" | "announcements" | "differences">): boolean {
  const { moves, routes } = announcements;
  const isBlocked = differences.some(({ level }) => level === "blocks");
  return addresses.changes.length + moves.length > 0 || routes.some(({ lost }) => lost.length > 0) || isBlocked;
}

function unknownOf(objects: RawObjects, world: World, { controller, speaker, speakerNodes }: Installation): string[] {
  const said: string[] = [];
  if (speaker === undefined && controller === undefined) {
    said.push(
      "MetalLB's Deployment and DaemonSet were not read, so its BGP mode, its class and its flags are not known; counted as its defaults",
    );
  }
  if (world.before.nodes.size === 0) said.push("No Node was read, so it is not known which node announces what");
  else if (speakerNodes === undefined) said.push("No Pod of MetalLB's speaker was read; every node counts as having one");
  if (world.guessesEndpoints) said.push("No EndpointSlice was read; every Service counts as having an endpoint on every node");
  if (objects.all("Service").length === 0) said.push("No Service was read, so nothing is known of the addresses in use");
  return said;
}
