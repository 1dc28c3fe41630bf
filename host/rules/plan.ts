/**
 * Which VIP is announced from which nodes, by which announcer, and where not, why. Equal on every node, whoever asks.
 *
 * `planService` gives a Service's claims: for each VIP and announcer the nodes that may announce it, in the order in
 * which they should own it. `merge-claims.ts` joins the claims of Services that share a VIP, and gives what one node
 * has to announce. Who owns a VIP at this moment is not decided here, only who should.
 */

import { formatAddress, parseAddress } from "./addresses.ts";
import { type Cover, type Coverage, type CoverOptions, indexCoverage, type Placement } from "./coverage.ts";
import { isOurClass, readSharingKey } from "./demand.ts";
import { indexPools, type PoolIndex } from "./pool-index.ts";
import type { Candidate, RankNodes } from "./rank.ts";
import type { AnnouncerFact, EndpointFact, Family, PlanRefusal, Pool, ServiceFact, ServiceKey, Snapshot } from "./vocabulary.ts";

/** What plans are told by flags. */
export interface PlanOptions extends CoverOptions {
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
  /** Eligible nodes, the one that should own the VIP first. Never empty. */
  readonly rank: readonly string[];
  /** For each node of `rank`. */
  readonly placements: ReadonlyMap<string, Placement>;
  /** Servable endpoints by node, where a node reaches only its own. */
  readonly localEndpoints?: ReadonlyMap<string, number>;
}

/** What one Service claims, and what is refused to it. */
export interface ServicePlan {
  readonly claims: readonly Claim[];
  /** Why not, for each node and announcer that may not announce; not for those that only are not the owner. */
  readonly refused: readonly PlanRefusal[];
}

/** Nodes that reach the Service: all, or those with endpoints of their own, and how many. */
type Reach = "everywhere" | ReadonlyMap<string, number>;

interface Vip {
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
    served: new Set(announcers.flatMap(({ serves }) => serves.families.map((family) => `${serves.kind} ${family}`))),
    rank,
    options,
  };
}

/** Plans one Service by the gates of MetalLB, in its order. A Service that is not there has an empty plan. */
export function planService(index: PlanIndex, snapshot: Pick<Snapshot, "services" | "endpoints">, key: ServiceKey): ServicePlan {
  const service = snapshot.services.get(key);
  if (service === undefined) return { claims: [], refused: [] };
  const vips = readVips(index, service);
  if (typeof vips === "string") return { claims: [], refused: index.announcers.flatMap(({ name }) => refuseAll(index, key, name, vips)) };
  const reach = reachOf(service, snapshot.endpoints.get(key));
  const claims: Claim[] = [];
  const refused: PlanRefusal[] = [];
  for (const announcer of index.announcers) {
    if (!vips.some(({ family }) => announcer.serves.families.includes(family))) continue;
    const part = planVia(index, service, vips, announcer, reach);
    claims.push(...part.claims);
    refused.push(...part.refused);
  }
  for (const { text, family, coverages } of vips) {
    for (const [kind, { candidates }] of coverages) {
      if (index.served.has(`${kind} ${family}`)) continue;
      for (const { name } of candidates) refused.push({ service: key, node: name, via: kind, reason: "noAnnouncer", vip: text });
    }
  }
  // Kept as long as the Service: without the room for 17 that a list grows at its first entry.
  return { claims: claims.slice(), refused: refused.slice() };
}

/** Its VIPs, or why there are none to announce. */
function readVips({ pools, cover, options }: PlanIndex, service: ServiceFact): readonly Vip[] | string {
  if (service.type !== "LoadBalancer") return "notLoadBalancer";
  if (!isOurClass(service, options.loadBalancerClass)) return "otherLoadBalancerClass";
  if (service.ingress.length === 0) return "noIPAllocated";
  const vips: Vip[] = [];
  for (const ingress of service.ingress) {
    const address = parseAddress(ingress);
    if (address === undefined) return "invalidIP";
    const pool = pools.find(address)?.pool;
    if (pool === undefined) return "ipNotAllowed";
    // Nearly always both are of one pool.
    const coverages = vips[0]?.pool === pool ? vips[0].coverages : cover(pool, service.labels);
    vips.push({ text: formatAddress(address), family: address.family, pool, coverages });
  }
  return vips;
}

/** Undefined where no endpoint can serve. */
function reachOf(
  { selector, clusterIPs, externalTrafficPolicy }: ServiceFact,
  endpoints: readonly EndpointFact[] | undefined,
): Reach | undefined {
  // Without Kubernetes nobody writes endpoints for a Service without selector: what is behind it counts as there.
  if (endpoints === undefined && selector === undefined && clusterIPs.length === 0) return "everywhere";
  const servable = (endpoints ?? []).filter((endpoint) => endpoint.servable);
  if (servable.length === 0) return undefined;
  if (externalTrafficPolicy === "Cluster") return "everywhere";
  const counts = new Map<string, number>();
  for (const { nodeName } of servable) if (nodeName !== undefined) counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1);
  return counts;
}

/** The part of a plan that is one announcer's. */
function planVia(
  index: PlanIndex,
  service: ServiceFact,
  vips: readonly Vip[],
  announcer: AnnouncerFact,
  reach: Reach | undefined,
): ServicePlan {
  const { name: via, serves } = announcer;
  const closed = index.options.closed?.(announcer);
  if (closed !== undefined) return { claims: [], refused: refuseAll(index, service.key, via, closed) };
  // MetalLB says notOwner here; what is missing helps more.
  if (reach === undefined) return { claims: [], refused: refuseAll(index, service.key, via, "noEndpoints") };
  const first = vips[0] as Vip;
  if (vips.every(({ pool }) => pool === first.pool)) return planPart(index, service, vips, vips, announcer, reach);
  const parts = vips
    .filter(({ family }) => serves.families.includes(family))
    .map((vip) => {
      const { claims, refused } = planPart(index, service, vips, [vip], announcer, reach);
      return { claims, refused: refused.map((refusal) => ({ ...refusal, vip: vip.text })) };
    });
  return { claims: parts.flatMap(({ claims }) => claims), refused: parts.flatMap(({ refused }) => refused) };
}

/** `part`: those of `vips` that are of one pool. */
function planPart(
  index: PlanIndex,
  service: ServiceFact,
  vips: readonly Vip[],
  part: readonly Vip[],
  { name: via, from, serves }: AnnouncerFact,
  reach: Reach,
): ServicePlan {
  const { key } = service;
  const refuse = (reason: string): ServicePlan => ({ claims: [], refused: refuseAll(index, key, via, reason) });
  const coverage = part[0]?.coverages.get(serves.kind);
  if (coverage === undefined) return refuse("noMatchingAdvertisement");
  // Services at one VIP could be selected apart, and then two nodes would answer for it.
  const couldSplit = from !== "every-node" && coverage.selectsServices && readSharingKey(service) !== "";
  if (couldSplit) return refuse("sharedIPWithServiceSelector");

  const { candidates, placements } = coverage;
  const reaches = ({ name }: Candidate) => reach === "everywhere" || reach.has(name);
  const remote = candidates.filter((candidate) => !reaches(candidate));
  const refused = [
    ...coverage.refused.map(({ node, reason }) => ({ service: key, node, via, reason })),
    ...remote.map(({ name }) => ({ service: key, node: name, via, reason: "noLocalEndpoints" })),
  ];
  const eligible = candidates.filter(reaches);
  if (eligible.length === 0) return { claims: [], refused };
  const rank = rankTogether(index, vips, serves.kind, eligible);
  // The number of endpoints says nothing where one node has all the traffic, and would make a change of each that comes or goes.
  const local = from === "every-node" && reach !== "everywhere" ? { localEndpoints: reach } : {};
  const common = { via, from, services: [key], group: vips.map(({ text }) => text), rank, placements, ...local };
  const claims = part.flatMap(({ text: vip, family }) => (serves.families.includes(family) ? [{ vip, family, ...common }] : []));
  return { claims, refused };
}

/**
 * The order in which the eligible nodes should own the first VIP. VIPs of two pools may be covered apart; then the nodes that may announce
 * both come first, in the order that both pools' preferences make, so that one node owns the two.
 */
function rankTogether({ rank }: PlanIndex, vips: readonly Vip[], kind: string, eligible: readonly Candidate[]): readonly string[] {
  const first = vips[0] as Vip;
  const coverages = [...new Set(vips.map(({ coverages: ofVip }) => ofVip.get(kind)))].filter((coverage) => coverage !== undefined);
  if (coverages.length < 2) return rank(first.text, eligible);
  const listed = coverages.map(({ candidates }) => new Map(candidates.map(({ name, weight }) => [name, weight])));
  const joint = eligible.map(({ name }) => {
    const weights = listed.flatMap((weightOf) => weightOf.get(name) ?? []);
    return { name, weight: weights.reduce((sum, weight) => sum + weight, 0), isInAll: weights.length === listed.length };
  });
  const rankOf = (some: typeof joint) => (some.length === 0 ? [] : rank(first.text, some));
  return [...rankOf(joint.filter(({ isInAll }) => isInAll)), ...rankOf(joint.filter(({ isInAll }) => !isInAll))];
}

function refuseAll({ nodes }: PlanIndex, service: ServiceKey, via: string, reason: string): PlanRefusal[] {
  return nodes.map((node) => ({ service, node, via, reason }));
}
