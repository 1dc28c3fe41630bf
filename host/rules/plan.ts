/**
 * Which VIP is announced from which nodes, by which announcer, and where not, why. Equal on every node, whoever asks.
 *
 * `planService` gives a Service's claims: for each VIP and announcer the nodes that may announce it, in the order in
 * which they should own it. `merge-claims.ts` joins the claims of Services that share a VIP, and gives what one node
 * has to announce. Who owns a VIP at this moment is not decided here, only who should.
 */

import { type Address, formatAddress } from "./addresses.ts";
import { type Cover, type Coverage, indexCoverage, type Placement, reaching } from "./coverage.ts";
import { readSharingKey } from "./demand.ts";
import { firstObjection } from "./gate.ts";
import { type NodeOptions, REACH_GATES } from "./node-gates.ts";
import { orderNodes, rankNodes, type Spread, spreadOf } from "./order-nodes.ts";
import { indexPools, type PoolIndex } from "./pool-index.ts";
import { preferredNodes } from "./preferred-nodes.ts";
import type { Candidate, RankNodes } from "./rank.ts";
import { type Reach, reachOf } from "./reach.ts";
import { PART_GATES, readSubject, SERVICE_GATES, type ServiceSubject, VIA_GATES } from "./service-gates.ts";
import type { AnnouncerFact, Family, PlanRefusal, Pool, ServiceFact, ServiceKey, Snapshot } from "./vocabulary.ts";

/** What plans are told by flags. */
export interface PlanOptions extends NodeOptions {
  /** Plan only Services of this class; without it, only Services of none. */
  readonly loadBalancerClass?: string;
  /** Why an announcer is to announce nothing now, in one word; undefined where it may. */
  readonly closed?: (announcer: AnnouncerFact) => string | undefined;
}

/** Everything but Services and endpoints, ready for use. Good as long as pools, advertisements and nodes stay. */
export interface PlanIndex {
  readonly pools: PoolIndex;
  readonly cover: Cover;
  /** Names, sorted. */
  readonly nodes: readonly string[];
  readonly announcers: readonly AnnouncerFact[];
  /** `kind family` of what some announcer serves. */
  readonly served: ReadonlySet<string>;
  readonly rank: RankNodes;
  readonly options: PlanOptions;
}

/** A VIP that is to be announced by an announcer from one or more nodes. */
export interface Claim {
  readonly vip: string;
  readonly family: Family;
  /** Name of the announcer. */
  readonly via: string;
  readonly from: AnnouncerFact["from"];
  /** Sorted. */
  readonly services: readonly ServiceKey[];
  /** All VIPs of the Service; the owner is elected by the first, so that they move as one. */
  readonly group: readonly string[];
  /** Eligible nodes, the one that should own the VIP first; by name where every one announces. Never empty, and cut short where asked. */
  readonly rank: readonly string[];
  /** All that are eligible. The same array for Services that the same advertisements cover, and that every node reaches. */
  readonly eligible: readonly Candidate[];
  /** For each eligible node. */
  readonly placements: ReadonlyMap<string, Placement>;
  /** Who has it keeps it: by the policy of the first VIP's pool. */
  readonly isSticky: boolean;
  /** The other VIPs of the Service may have other nodes in rank, or in another order: this one is a group of its own. */
  readonly movesAlone?: true;
  /** Where that policy spreads VIP groups over nodes: which group, and over which. `rank` does not show it yet (`balance-claims.ts`). */
  readonly spread?: Spread;
  /** Servable endpoints by node, where a node reaches only its own. */
  readonly localEndpoints?: ReadonlyMap<string, number>;
}

/** What one Service claims, and what is refused to it. */
export interface ServicePlan {
  readonly claims: readonly Claim[];
  /** Why not, for each node and announcer that may not announce; not for those that only are not the owner. */
  readonly refused: readonly PlanRefusal[];
}

/** A VIP of a Service that may be announced. */
export interface Vip {
  readonly text: string;
  readonly family: Family;
  readonly pool: Pool;
  /** Of its pool, by advertisement kind. */
  readonly coverages: ReadonlyMap<string, Coverage>;
}

/** To be called once for each change of pools, advertisements or nodes. */
export function indexPlan(
  snapshot: Pick<Snapshot, "pools" | "advertisements" | "nodes">,
  announcers: readonly AnnouncerFact[],
  rank: RankNodes,
  options: PlanOptions = {},
): PlanIndex {
  return {
    pools: indexPools(snapshot.pools.values()),
    cover: indexCoverage(snapshot.advertisements, snapshot.nodes, options),
    nodes: [...snapshot.nodes.keys()].sort(),
    announcers,
    rank: rememberLast(rank),
    served: new Set(announcers.flatMap(({ serves }) => serves.families.map((family) => `${serves.kind} ${family}`))),
    options,
  };
}

type Facts = Pick<Snapshot, "services" | "endpoints">;

/** Plans one Service by the gates of MetalLB, in its order. A Service that is not there has an empty plan. */
export function planService(index: PlanIndex, snapshot: Facts, key: ServiceKey): ServicePlan {
  const refused: PlanRefusal[] = [];
  return { claims: planClaims(index, snapshot, key, refused), refused };
}

/**
 * The claims alone. What is refused is a list of all nodes, which in a large cluster costs far more than the claims. With `most`, where one
 * node is to announce only so many are ranked.
 */
export function claimService(index: PlanIndex, snapshot: Facts, key: ServiceKey, most?: number): readonly Claim[] {
  return planClaims(
    most === undefined ? index : { ...index, rank: (vip, nodes) => index.rank(vip, nodes, most) },
    snapshot,
    key,
    undefined,
  );
}

/** `refused` takes what is; undefined: nobody asks. */
function planClaims(index: PlanIndex, snapshot: Facts, key: ServiceKey, refused: PlanRefusal[] | undefined): Claim[] {
  const service = snapshot.services.get(key);
  if (service === undefined) return [];
  const subject = readSubject(service, index.pools, index.options.loadBalancerClass);
  const objection = firstObjection(SERVICE_GATES, subject);
  if (objection !== undefined) {
    for (const { name } of index.announcers) refuseAll(index, key, name, objection, refused);
    return [];
  }
  const vips = coverVips(index, subject);
  const reach = reachOf(service, snapshot.endpoints.get(key));
  const claims = index.announcers
    .filter(({ serves }) => vips.some(({ family }) => serves.families.includes(family)))
    .flatMap((announcer) => planVia(index, service, vips, announcer, reach, refused));
  if (refused !== undefined) refuseUnserved(index, key, vips, refused);
  return claims;
}

/** What is advertised, but by no announcer that is there. */
function refuseUnserved({ served }: PlanIndex, service: ServiceKey, vips: readonly Vip[], refused: PlanRefusal[]): void {
  for (const { text, family, coverages } of vips) {
    for (const [kind, { candidates }] of coverages) {
      if (served.has(`${kind} ${family}`)) continue;
      for (const { name } of candidates) refused.push({ service, node: name, via: kind, reason: "noAnnouncer", vip: text });
    }
  }
}

/** The VIPs of a Service that all its gates let pass. */
export function coverVips({ cover }: PlanIndex, { service, addresses, pools }: ServiceSubject): readonly Vip[] {
  const vips: Vip[] = [];
  for (const [at, address] of (addresses as readonly Address[]).entries()) {
    const pool = pools[at] as Pool;
    // Nearly always both are of one pool.
    const coverages = vips[0]?.pool === pool ? vips[0].coverages : cover(pool, service.labels);
    vips.push({ text: formatAddress(address), family: address.family, pool, coverages });
  }
  return vips;
}

/** The part of a plan that is one announcer's. */
function planVia(
  index: PlanIndex,
  service: ServiceFact,
  vips: readonly Vip[],
  announcer: AnnouncerFact,
  reach: Reach | undefined,
  refused: PlanRefusal[] | undefined,
): Claim[] {
  const { name: via, serves } = announcer;
  const objection = firstObjection(VIA_GATES, { closed: index.options.closed?.(announcer), reach });
  if (objection !== undefined || reach === undefined) {
    refuseAll(index, service.key, via, objection as string, refused);
    return [];
  }
  const first = vips[0] as Vip;
  if (vips.every(({ pool }) => pool === first.pool)) return planPart(index, service, vips, vips, announcer, reach, refused);
  return vips
    .filter(({ family }) => serves.families.includes(family))
    .flatMap((vip) => {
      const ofPart: PlanRefusal[] | undefined = refused && [];
      const claims = planPart(index, service, vips, [vip], announcer, reach, ofPart);
      for (const refusal of ofPart ?? []) refused?.push({ ...refusal, vip: vip.text });
      return claims;
    });
}

/** `part`: those of `vips` that are of one pool. */
function planPart(
  index: PlanIndex,
  service: ServiceFact,
  vips: readonly Vip[],
  part: readonly Vip[],
  { name: via, from, serves }: AnnouncerFact,
  reach: Reach,
  refused: PlanRefusal[] | undefined,
): Claim[] {
  const { key } = service;
  const coverage = part[0]?.coverages.get(serves.kind);
  const objection = firstObjection(PART_GATES, { service, from, coverage });
  if (coverage === undefined || objection !== undefined) {
    refuseAll(index, key, via, objection as string, refused);
    return [];
  }
  if (refused !== undefined) refused.push(...refuseNodes(coverage, reach).map((refusal) => ({ service: key, via, ...refusal })));
  const eligible = reaching(coverage, reach);
  if (eligible.length === 0) return [];
  const coverages = [...new Set(vips.flatMap(({ coverages: ofVip }) => ofVip.get(serves.kind) ?? []))];
  const order = orderNodes(coverages, eligible, preferredNodes(service.annotations));
  const rank = from === "every-node" ? eligible.map(({ name }) => name) : rankNodes(index.rank, (vips[0] as Vip).text, order);
  // The number of endpoints says nothing where one node has all the traffic, and would make a change of each that comes or goes.
  const local = from === "every-node" && reach !== "everywhere" ? { localEndpoints: reach } : {};
  const group = vips.map(({ text }) => text);
  // Who shares one of the VIPs may have other endpoints, or name other nodes, and is not known here.
  const couldDiffer = vips.length > 1 && (coverages.length > 1 || readSharingKey(service) !== "");
  const policy = vips[0]?.pool.ownership;
  const spread = policy === "balanced" && from !== "every-node" ? spreadOf(`${serves.kind} ${group[0]}`, order) : undefined;
  const common = {
    via,
    from,
    services: [key],
    group,
    rank,
    eligible,
    placements: coverage.placements,
    isSticky: policy === "sticky",
    ...(couldDiffer && { movesAlone: true as const }),
    ...(spread && { spread }),
    ...local,
  };
  return part.flatMap(({ text: vip, family }) => (serves.families.includes(family) ? [{ vip, family, ...common }] : []));
}

/** Those that may not announce, those that cannot reach the Service, and those that are not heard while others are. */
function refuseNodes({ refused, candidates, silent }: Coverage, reach: Reach): { readonly node: string; readonly reason: string }[] {
  const isAnyHeard = reaching({ candidates, silent: [] }, reach).length > 0;
  const refuse = (some: readonly Candidate[], isSilent: boolean) =>
    some.flatMap(({ name }) => {
      const reason = firstObjection(REACH_GATES, { name, reach, isSilent, isAnyHeard });
      return reason === undefined ? [] : { node: name, reason };
    });
  return [...refused, ...refuse(candidates, false), ...refuse(silent, true)];
}

function refuseAll({ nodes }: PlanIndex, service: ServiceKey, via: string, reason: string, refused: PlanRefusal[] | undefined): void {
  if (refused !== undefined) for (const node of nodes) refused.push({ service, node, via, reason });
}

/** What it gave last is given again for the same: Services at one VIP, and announcers of one kind, ask for it in a row. */
function rememberLast(rank: RankNodes): RankNodes {
  let last: { readonly of: readonly unknown[]; readonly ranked: readonly string[] } | undefined;
  return (...asked) => {
    if (last === undefined || asked.some((each, at) => each !== last?.of[at]) || asked.length !== last.of.length)
      last = { of: asked, ranked: rank(...asked) };
    return last.ranked;
  };
}
