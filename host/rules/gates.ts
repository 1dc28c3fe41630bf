/**
 * Why a Service is announced from where it is: every condition of its plan in order, for every node, met or not, with what was found.
 * They are the conditions that `planService` asks, up to the first that is not met.
 */

import { type Address, formatAddress, parseAddress } from "./addresses.ts";
import { balanceClaims } from "./balance-claims.ts";
import { reaching } from "./coverage.ts";
import { type TriedGate, tryGates } from "./gate.ts";
import { mergeClaims } from "./merge-claims.ts";
import { isSilent, nodeGates, REACH_GATES } from "./node-gates.ts";
import { type Claim, claimService, coverVips, type PlanIndex, type Vip } from "./plan.ts";
import { type Reach, reachOf } from "./reach.ts";
import { PART_GATES, readSubject, SERVICE_GATES, VIA_GATES } from "./service-gates.ts";
import type { AnnouncerFact, ServiceFact, ServiceKey, Snapshot } from "./vocabulary.ts";

/** A node that might announce. */
export interface NodeGates {
  readonly node: string;
  readonly gates: readonly TriedGate[];
  /**
   * Its place among those that may announce the VIP, the one that should own it being 1. Services that share the VIP count too, so a node
   * may have one by theirs.
   */
  readonly rank?: number;
}

/** A VIP and an announcer, or an advertisement kind that no announcer serves. */
export interface ViaGates {
  readonly via: string;
  readonly vip: string;
  readonly gates: readonly TriedGate[];
  /** By name; empty where no advertisement is for the VIP. */
  readonly nodes: readonly NodeGates[];
}

/** All of a Service. Where one of its own gates is not met, there is nothing by which to try others. */
export interface ServiceGates {
  readonly service: ServiceKey;
  readonly gates: readonly TriedGate[];
  readonly vias: readonly ViaGates[];
}

type Facts = Pick<Snapshot, "services" | "endpoints">;

/** Undefined: there is no such Service. */
export function explainGates(index: PlanIndex, snapshot: Facts, key: ServiceKey): ServiceGates | undefined {
  const service = snapshot.services.get(key);
  if (service === undefined) return undefined;
  const subject = readSubject(service, index.pools, index.options.loadBalancerClass);
  const gates = tryGates(SERVICE_GATES, subject);
  if (gates.some(({ isMet }) => !isMet)) return { service: key, gates, vias: [] };
  const vips = coverVips(index, subject);
  const claims = claimAt(index, snapshot, new Set(vips.map(({ text }) => text)));
  const reach = reachOf(service, snapshot.endpoints.get(key));
  const vias = index.announcers.flatMap((announcer) =>
    vips
      .filter(({ family }) => announcer.serves.families.includes(family))
      .map((vip) => explainVia(index, service, vip, announcer, reach, claims)),
  );
  return { service: key, gates, vias: [...vias, ...vips.flatMap((vip) => explainUnserved(index, vip))] };
}

function explainVia(
  { options }: PlanIndex,
  service: ServiceFact,
  vip: Vip,
  announcer: AnnouncerFact,
  reach: Reach | undefined,
  claims: readonly Claim[],
): ViaGates {
  const { name: via, from, serves } = announcer;
  const coverage = vip.coverages.get(serves.kind);
  const isAnyHeard = coverage !== undefined && reach !== undefined && reaching({ ...coverage, silent: [] }, reach).length > 0;
  const rank = claims.find((claim) => claim.vip === vip.text && claim.via === via)?.rank ?? [];
  return {
    ...{ via, vip: vip.text },
    gates: [...tryGates(VIA_GATES, { closed: options.closed?.(announcer), reach }), ...tryGates(PART_GATES, { service, from, coverage })],
    nodes: (coverage?.subjects ?? []).map((subject) => {
      const { name } = subject.node;
      const place = rank.indexOf(name) + 1;
      const silence = { isSilent: isSilent(serves.kind, subject.node, options), isAnyHeard };
      const last = reach === undefined ? [] : tryGates(REACH_GATES, { name, reach, ...silence });
      return { node: name, gates: [...tryGates(nodeGates(serves.kind), subject), ...last], ...(place === 0 ? {} : { rank: place }) };
    }),
  };
}

/** What is advertised, but by no announcer that is there. */
function explainUnserved({ served }: PlanIndex, { text, family, coverages }: Vip): ViaGates[] {
  const kinds = [...coverages.keys()].filter((kind) => !served.has(`${kind} ${family}`));
  const gate = { name: "announcer of the kind", isMet: false, found: "none", reason: "noAnnouncer" };
  return kinds.map((via) => ({ via, vip: text, gates: [gate], nodes: [] }));
}

/** What all Services claim of these VIPs. Where a VIP is spread with others, that takes what they claim of all. */
function claimAt(index: PlanIndex, snapshot: Facts, vips: ReadonlySet<string>): readonly Claim[] {
  const isAmong = (address: Address | undefined) => address !== undefined && vips.has(formatAddress(address));
  const all = [...snapshot.services.values()];
  const claimsOf = (services: readonly ServiceFact[]) => mergeClaims(services.flatMap(({ key }) => claimService(index, snapshot, key)));
  const claims = claimsOf(all.filter(({ ingress }) => ingress.map(parseAddress).some(isAmong)));
  return claims.some(({ spread }) => spread !== undefined) ? balanceClaims(claimsOf(all)) : claims;
}
