/** What a node announces at this moment, by protocol and Service: made of the rows of its announcers. */

import type { Standings } from "../../../liveness/standing.ts";
import { isAnnounced, isAsking } from "../../../reconcile/is-announced.ts";
import type { LaneRow } from "../../../reconcile/lane-state.ts";
import type { ServiceKey } from "../../../rules/vocabulary.ts";

/** An announcer, as far as reports read it. */
export interface ReportedAnnouncer {
  readonly name: string;
  /** The resource kind whose advertisements it serves. */
  readonly kind: string;
  rows(): Iterable<LaneRow>;
  /** Whom a row is for; undefined where that is no question. */
  audience?(vip: string): readonly string[];
}

/** A Service by one protocol. */
export interface Announced {
  /** Some VIP of it is announced. */
  readonly isAnnounced: boolean;
  /** Some VIP of it is being told, or asked for: a moment later more is known. */
  readonly isUndecided: boolean;
  /** Where its announced VIPs are announced, sorted; none: on every link that may be. */
  readonly links: readonly string[];
  /** Whom its announced VIPs are for, sorted. */
  readonly audience: readonly string[];
  /** Why VIPs of it are not announced although they should be: one sentence each, sorted. */
  readonly failures: readonly string[];
}

export type AnnouncedServices = ReadonlyMap<ServiceKey, Announced>;

/** MetalLB's names of its two; another announcer is a protocol of its own. */
const PROTOCOLS: Readonly<Record<string, string>> = { L2Advertisement: "layer2", BGPAdvertisement: "bgp" };

const NO_NAMES: readonly string[] = Object.freeze([]);

interface Gathering {
  isAnnounced: boolean;
  isUndecided: boolean;
  isEverywhere: boolean;
  readonly links: string[];
  readonly audience: string[];
  readonly failures: string[];
}

/** What rows are read against. */
export interface Here {
  /** This node has a link of that name. */
  hasLink(name: string): boolean;
  readonly standings: Standings | undefined;
}

/** By protocol: `layer2`, `bgp`, or the name of another announcer. */
export function readAnnounced(announcers: Iterable<ReportedAnnouncer>, here: Here): ReadonlyMap<string, AnnouncedServices> {
  const all = new Map<string, Map<ServiceKey, Gathering>>();
  for (const announcer of announcers) {
    const protocol = PROTOCOLS[announcer.kind] ?? announcer.name;
    const services = all.get(protocol) ?? new Map<ServiceKey, Gathering>();
    all.set(protocol, services);
    for (const row of announcer.rows()) if (row.isDesired) gatherRow(services, announcer, row, here);
  }
  return new Map(Array.from(all, ([protocol, services]) => [protocol, settleAll(services)]));
}

function gatherRow(services: Map<ServiceKey, Gathering>, announcer: ReportedAnnouncer, row: LaneRow, { hasLink, standings }: Here): void {
  const { vip, links } = row.announcement;
  // Also of an heir: it could not take over.
  const why = whyNot(row, hasLink);
  const isHere = why === undefined && isAnnounced(row, standings);
  const isDecided = row.state === "told" && !isAsking(row, standings);
  const audience = isHere ? (announcer.audience?.(vip) ?? []) : [];
  for (const key of row.announcement.services) {
    const service = services.get(key) ?? begin();
    services.set(key, service);
    if (why !== undefined) service.failures.push(`${vip}: ${why}`);
    else if (isHere) add(service, links, audience);
    else if (!isDecided) service.isUndecided = true;
  }
}

function whyNot({ announcement: { links }, refusal }: LaneRow, hasLink: (name: string) => boolean): string | undefined {
  const isStranded = links !== null && links.length > 0 && !links.some(hasLink);
  return isStranded ? `this node has none of the interfaces ${links.join(", ")}` : refusal?.reason;
}

function add(service: Gathering, links: readonly string[] | null, audience: readonly string[]): void {
  service.isAnnounced = true;
  service.isEverywhere ||= links === null;
  if (links !== null) service.links.push(...links);
  service.audience.push(...audience);
}

function begin(): Gathering {
  return { isAnnounced: false, isUndecided: false, isEverywhere: false, links: [], audience: [], failures: [] };
}

function settleAll(services: ReadonlyMap<ServiceKey, Gathering>): AnnouncedServices {
  const settled = new Map<ServiceKey, Announced>();
  for (const [key, { isAnnounced, isUndecided, isEverywhere, links, audience, failures }] of services)
    settled.set(key, {
      ...{ isAnnounced, isUndecided },
      links: isEverywhere ? NO_NAMES : unique(links),
      ...{ audience: unique(audience), failures: unique(failures) },
    });
  return settled;
}

/** Sorted. There are thousands of these lists, and nearly all are empty. */
function unique(names: readonly string[]): readonly string[] {
  return names.length === 0 ? NO_NAMES : [...new Set(names)].sort();
}
