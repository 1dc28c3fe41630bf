/**
 * Which VIP is announced from which nodes, by which announcer, and where not, why. Equal on every node, whoever asks.
 *
 * `planService` gives a Service's claims: for each VIP and announcer the nodes that may announce it, in the order in
 * which they should own it. `merge-claims.ts` joins the claims of Services that share a VIP, and gives what one node
 * has to announce. Who owns a VIP at this moment is not decided here, only who should.
 */

import { type Address, formatAddress, parseAddress } from "./addresses.ts";
import { type Cover, type Coverage, type CoverOptions, indexCoverage, type Placement } from "./coverage.ts";
import { isOurClass, readSharingKey } from "./demand.ts";
import { indexPools, type PoolIndex } from "./pool-index.ts";
import type { Candidate, RankNodes } from "./rank.ts";
import type { AnnouncerFact, EndpointFact, Family, PlanRefusal, Pool, ServiceFact, ServiceKey, Snapshot } from "./vocabulary.ts";

/** What plans are told by flags. */
export interface PlanOptions extends CoverOptions {
  /** Plan only Services of this class; without it, only Services of none. */
  readonly loadBalancerClass?: string;
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

interface Vips {
  readonly addresses: readonly Address[];
  readonly texts: readonly string[];
  readonly pool: Pool;
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
  const coverages = index.cover(vips.pool, service.labels);
  const claims: Claim[] = [];
  const refused: PlanRefusal[] = [];
  for (const announcer of index.announcers) {
    if (!vips.addresses.some(({ family }) => announcer.serves.families.includes(family))) continue;
    const part = planVia(index, service, vips, announcer, coverages.get(announcer.serves.kind), reach);
    claims.push(...part.claims);
    refused.push(...part.refused);
  }
  for (const [at, { family }] of vips.addresses.entries()) {
    for (const [kind, { candidates }] of coverages) {
      if (index.served.has(`${kind} ${family}`)) continue;
      for (const { name } of candidates) {
        refused.push({ service: key, node: name, via: kind, reason: "noAnnouncer", vip: vips.texts[at] as string });
      }
    }
  }
  // Kept as long as the Service: without the room for 17 that a list grows at its first entry.
  return { claims: claims.slice(), refused: refused.slice() };
}

/** Its VIPs and the pool that they are in, or why there are none to announce. */
function readVips({ pools, options }: PlanIndex, service: ServiceFact): Vips | string {
  if (service.type !== "LoadBalancer") return "notLoadBalancer";
  if (!isOurClass(service, options.loadBalancerClass)) return "otherLoadBalancerClass";
  if (service.ingress.length === 0) return "noIPAllocated";
  const addresses = service.ingress.map(parseAddress).filter((address) => address !== undefined);
  if (addresses.length < service.ingress.length) return "invalidIP";
  const pool = pools.findAll(addresses);
  return pool === undefined ? "ipNotAllowed" : { addresses, texts: addresses.map(formatAddress), pool };
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
  vips: Vips,
  announcer: AnnouncerFact,
  coverage: Coverage | undefined,
  reach: Reach | undefined,
): ServicePlan {
  const { key } = service;
  const { name: via, from, serves } = announcer;
  const refuse = (reason: string): ServicePlan => ({ claims: [], refused: refuseAll(index, key, via, reason) });
  // MetalLB says notOwner here; what is missing helps more.
  if (reach === undefined) return refuse("noEndpoints");
  if (coverage === undefined) return refuse("noMatchingAdvertisement");
  // Services at one VIP could be selected apart, and then two nodes would answer for it.
  const couldSplit = from !== "every-node" && coverage.selectsServices && readSharingKey(service) !== "";
  if (couldSplit) return refuse("sharedIPWithServiceSelector");

  const { candidates, placements } = coverage;
  const reaches = ({ name }: Candidate) => reach === "everywhere" || reach.has(name);
  const eligible = candidates.filter(reaches);
  const remote = candidates.filter((candidate) => !reaches(candidate));
  const refused = [
    ...coverage.refused.map(({ node, reason }) => ({ service: key, node, via, reason })),
    ...remote.map(({ name }) => ({ service: key, node: name, via, reason: "noLocalEndpoints" })),
  ];
  if (eligible.length === 0) return { claims: [], refused };
  const rank = index.rank(vips.texts[0] as string, eligible);
  // The number of endpoints says nothing where one node has all the traffic, and would make a change of each that comes or goes.
  const local = from === "every-node" && reach !== "everywhere" ? { localEndpoints: reach } : {};
  const common = { via, from, services: [key], group: vips.texts, rank, placements, ...local };
  const claims = vips.addresses.flatMap(({ family }, at) =>
    serves.families.includes(family) ? [{ vip: vips.texts[at] as string, family, ...common }] : [],
  );
  return { claims, refused };
}

function refuseAll({ nodes }: PlanIndex, service: ServiceKey, via: string, reason: string): PlanRefusal[] {
  return nodes.map((node) => ({ service, node, via, reason }));
}
