/** Claims of many Services → one claim a VIP and announcer → what one node announces. */

import { balanceClaims } from "./balance-claims.ts";
import type { Placement } from "./coverage.ts";
import { type Claim, type PlanIndex, planService } from "./plan.ts";
import type { Announcement, PlanRefusal, Snapshot, Succession } from "./vocabulary.ts";

/** What all Services claim and what is refused, over all nodes. */
export interface Plan {
  /** One a VIP and announcer, by VIP, then announcer. */
  readonly claims: readonly Claim[];
  /** By Service, announcer, node, VIP. */
  readonly refused: readonly PlanRefusal[];
}

/** The owner and its heirs. */
const MEMBERS = 3;

/** Plans all Services of a snapshot; those that are no load balancers are left out without a word. */
export function planAll(index: PlanIndex, snapshot: Pick<Snapshot, "services" | "endpoints">): Plan {
  const plans = [...snapshot.services.values()]
    .filter(({ type }) => type === "LoadBalancer")
    .map(({ key }) => planService(index, snapshot, key));
  const claims = balanceClaims(mergeClaims(plans.flatMap((plan) => plan.claims)));
  const refused = [...plans.flatMap((plan) => plan.refused), ...claims.flatMap((claim) => refuseOthers(claim))];
  return { claims, refused: refused.sort(compareRefusals) };
}

/** Joins the claims of each VIP and announcer, so that it has one rank and one owner whatever its Services say. */
export function mergeClaims(claims: Iterable<Claim>): Claim[] {
  const parts = new Map<string, Claim[]>();
  for (const claim of claims) {
    const id = `${claim.vip} ${claim.via}`;
    const list = parts.get(id);
    if (list === undefined) parts.set(id, [claim]);
    else list.push(claim);
  }
  return [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, list]) => joinClaims(list));
}

/**
 * What a node announces for a claim; undefined: nothing. Where one node is to announce it is the first in rank; with `hasHeirs` the two after
 * it have the announcement too, with the succession, and which of them makes it true at a moment is not known here.
 */
export function announceFrom(claim: Claim, node: string, hasHeirs = false): Announcement | undefined {
  const { vip, family, from, services, rank, placements, localEndpoints } = claim;
  const placement = placements.get(node);
  const succession = hasHeirs ? successionOf(claim) : undefined;
  const announcing = from === "every-node" ? rank : (succession?.members ?? rank.slice(0, 1));
  if (placement === undefined || !announcing.includes(node)) return undefined;
  const local = localEndpoints === undefined ? {} : { localEndpoints: localEndpoints.get(node) ?? 0 };
  const row = { vip, family, links: placement.links, services, attributes: placement.attributes };
  return { ...row, ...(succession === undefined ? {} : { succession }), ...local };
}

/** Undefined where every node announces. */
function successionOf({ vip, from, group, rank, isSticky, movesAlone }: Claim): Succession | undefined {
  if (from === "every-node") return undefined;
  return { group: movesAlone ? vip : (group[0] as string), members: rank.slice(0, MEMBERS), isSticky };
}

/** The eligible nodes that do not announce where all are well, because the first in rank does. */
export function refuseOthers(claim: Claim): PlanRefusal[] {
  if (claim.from === "every-node") return [];
  const others = claim.rank.slice(1);
  return claim.services.flatMap((service) => others.map((node) => ({ service, node, via: claim.via, reason: "notOwner", vip: claim.vip })));
}

/** Whether all are of the same nodes, so that where they were cut short the joined claim is only cut short too. */
export function areAlike(claims: readonly Claim[]): boolean {
  return claims.every(({ eligible }) => eligible === claims[0]?.eligible);
}

function joinClaims(list: readonly Claim[]): Claim {
  const sorted = [...list].sort(compareClaims);
  const first = sorted[0] as Claim;
  if (list.length === 1) return first;
  const services = sorted.flatMap((claim) => claim.services).sort();
  if (areAlike(sorted)) return { ...first, services };
  const reached = sorted.map(({ rank }) => new Set(rank));
  const counts = new Map<string, number>();
  for (const node of sorted.flatMap(({ rank }) => rank)) counts.set(node, (counts.get(node) ?? 0) + 1);
  // Nodes that reach more of the Services come first; among equals it is the rank of the first claim.
  const rank = [...counts.keys()].sort((a, b) => (counts.get(b) as number) - (counts.get(a) as number));
  const placementOf = (node: string) =>
    joinPlacements(
      sorted.filter((_, at) => reached[at]?.has(node)),
      node,
    );
  const placements = new Map(rank.map((node) => [node, placementOf(node)]));
  const eligible = [...new Map(sorted.flatMap((claim) => claim.eligible).map((candidate) => [candidate.name, candidate])).values()];
  const localEndpoints = joinEndpoints(sorted);
  const { spread, ...rest } = first;
  const best = spread?.nodes.filter((node) => counts.get(node) === counts.get(rank[0] as string)) ?? [];
  return {
    ...{ ...rest, services, rank, eligible, placements },
    ...(spread === undefined || best.length === 0 ? {} : { spread: { ...spread, nodes: best } }),
    ...(localEndpoints === undefined ? {} : { localEndpoints }),
  };
}

/** One Service that is only reached where its endpoints are makes the VIP one that is. */
function joinEndpoints(claims: readonly Claim[]): ReadonlyMap<string, number> | undefined {
  const counted = claims.flatMap(({ localEndpoints }) => localEndpoints ?? []);
  if (counted.length === 0) return undefined;
  const sums = new Map<string, number>();
  for (const [node, count] of counted.flatMap((counts) => [...counts])) sums.set(node, (sums.get(node) ?? 0) + count);
  return sums;
}

/**
 * A dual-stack Service goes first: were a single-stack one at its second VIP to elect the owner of that, the two VIPs
 * would be on two nodes.
 */
function compareClaims(a: Claim, b: Claim): number {
  const keyOf = ({ group, services }: Claim) => `${group[0]} ${services[0]}`;
  return b.group.length - a.group.length || (keyOf(a) < keyOf(b) ? -1 : 1);
}

function joinPlacements(claims: readonly Claim[], node: string): Placement {
  const placements = claims.map((claim) => claim.placements.get(node) as Placement);
  const links = placements.some((placement) => placement.links === null) ? null : placements.flatMap((placement) => placement.links ?? []);
  const attributes = Object.assign({}, ...placements.map((placement) => placement.attributes).reverse()) as Placement["attributes"];
  return { links: links === null ? null : [...new Set(links)].sort(), attributes };
}

function compareRefusals(a: PlanRefusal, b: PlanRefusal): number {
  return compare(a.service, b.service) || compare(a.via, b.via) || compare(a.node, b.node) || compare(a.vip ?? "", b.vip ?? "");
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
