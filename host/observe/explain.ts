/** What a running speaker knows of one Service: why it is announced from where it is, and what this node has to do with it right now. */

import type { ConflictKind } from "../liveness/conflicts.ts";
import type { SessionCounts } from "../liveness/liveness.ts";
import type { GroupState, Standing } from "../liveness/standing.ts";
import type { RowCounters } from "../packets/program.ts";
import { isAnnounced } from "../reconcile/is-announced.ts";
import type { LaneRow } from "../reconcile/lane-state.ts";
import type { ServiceGates, ViaGates } from "../rules/gates.ts";
import type { AnnouncerFact, ServiceKey } from "../rules/vocabulary.ts";
import { nearNames } from "./near-names.ts";
import type { SpeakerParts } from "./status.ts";

/** The answer to `{"ask": "explain", "service": "default/web"}`. */
export interface SpeakerExplanation extends ServiceGates {
  readonly vias: readonly ExplainedVia[];
  readonly here: NodeAccount;
}

export interface ExplainedVia extends ViaGates {
  /** Who announces by it; null: nobody serves that kind. */
  readonly from: AnnouncerFact["from"] | null;
}

/** What only the node itself knows. Durations are in milliseconds, up to the answer. */
export interface NodeAccount {
  readonly node: string;
  /** Its VIP groups that this node is a member of. */
  readonly groups: readonly GroupAccount[];
  /** By announcer and VIP. */
  readonly rows: readonly RowAccount[];
  /** Other stations that were heard to use its VIPs, by VIP, the one that was heard last first. */
  readonly conflicts: readonly ConflictAccount[];
  /** Liveness sessions to the other members of its groups. */
  readonly sessions: readonly SessionAccount[];
}

export interface GroupAccount {
  readonly group: string;
  readonly members: readonly string[];
  readonly isSticky: boolean;
  readonly standing: Standing;
  readonly forMs: number;
  readonly reason: string;
  /** The other station that was last heard to use one of its VIPs; `node`: where it is a speaker's. */
  readonly heard?: { readonly mac: string; readonly node?: string; readonly agoMs: number };
}

export interface RowAccount {
  readonly announcer: string;
  readonly vip: string;
  readonly state: LaneRow["state"];
  readonly isDesired: boolean;
  readonly isAnnounced: boolean;
  readonly links: readonly string[] | null;
  /** Whom it is for, where that is a question. */
  readonly audience: readonly string[];
  /** Since the announcer took it over as it is. */
  readonly toldAgoMs?: number;
  readonly refusal?: { readonly reason: string; readonly failures: number };
  /** What its plugin says of it. */
  readonly report?: string;
  /** Of its packet program. */
  readonly counters?: RowCounters;
}

export interface ConflictAccount {
  readonly vip: string;
  readonly kind: ConflictKind;
  readonly mac: string;
  readonly node?: string;
  readonly link: string;
  readonly count: number;
  readonly agoMs: number;
}

export interface SessionAccount extends SessionCounts {
  readonly node: string;
}

/** A name that an API server takes is shorter. */
const MOST_NAME_LENGTH = 320;

/** Throws where there is no such Service, with those that may have been meant. */
export async function explain(parts: SpeakerParts, service: unknown): Promise<SpeakerExplanation> {
  const gates = gatesOf(parts, service);
  const nowMs = performance.now();
  const rows = (await Promise.all(parts.announcers.map((announcer) => accountOf(parts, announcer, gates.service, nowMs)))).flat();
  const states = new Map(gates.vias.flatMap(({ vip }) => parts.standings?.ofVip(vip) ?? []).map((state) => [state.group, state]));
  const groups = [...states.values()];
  const fromOf = new Map(parts.announcers.map(({ lane, from }) => [lane.name, from]));
  return {
    ...gates,
    vias: gates.vias.map((via) => ({ ...via, from: fromOf.get(via.via) ?? null })),
    here: {
      ...{ node: parts.node, rows },
      groups: groups.map((state) => groupAccount(state, nowMs)),
      conflicts: [...new Set(gates.vias.map(({ vip }) => vip))].flatMap((vip) => conflictsOf(parts, vip, nowMs)),
      sessions: await sessionsOf(parts, groups),
    },
  };
}

function gatesOf({ reconciler, store }: SpeakerParts, service: unknown): ServiceGates {
  if (reconciler === undefined || store === undefined) throw new Error("There is no plan yet: Herald is starting");
  if (typeof service !== "string" || service.length > MOST_NAME_LENGTH)
    throw new Error('It is not said what is to be explained: expected a text "service" such as default/web');
  const gates = reconciler.gates(service);
  if (gates !== undefined) return gates;
  throw new Error(unknownService(service, store.snapshot().services.keys()));
}

/** `known`: all Services of type LoadBalancer, and maybe others. */
export function unknownService(service: ServiceKey, known: Iterable<ServiceKey>): string {
  const near = nearNames(service, known);
  return `There is no Service ${service}${near.length === 0 ? "" : `: did you mean ${near.join(", ")}?`}`;
}

function groupAccount({ group, succession, standing, sinceMs, reason, heard }: GroupState, nowMs: number): GroupAccount {
  const { members, isSticky } = succession;
  const account = { group, members, isSticky, standing, forMs: nowMs - sinceMs, reason };
  if (heard === undefined) return account;
  const { atMs, ...station } = heard;
  return { ...account, heard: { ...station, agoMs: nowMs - atMs } };
}

function conflictsOf({ conflicts }: SpeakerParts, vip: string, nowMs: number): ConflictAccount[] {
  return (conflicts?.of(vip) ?? []).map(({ kind, mac, node, link, count, lastMs }) => ({
    ...{ vip, kind, mac, link, count, agoMs: nowMs - lastMs },
    ...(node === undefined ? {} : { node }),
  }));
}

async function accountOf(
  { standings }: SpeakerParts,
  { lane, plugin }: SpeakerParts["announcers"][number],
  service: ServiceKey,
  nowMs: number,
): Promise<RowAccount[]> {
  const rows = lane.rows().filter(({ announcement }) => announcement.services.includes(service));
  // A lost packet worker costs the counters only.
  const counters = rows.length === 0 ? undefined : await plugin?.program?.counters().catch(() => undefined);
  return rows.map((row) => {
    const { vip, links } = row.announcement;
    const report = plugin?.reports.get(vip);
    const ofVip = counters?.get(vip);
    return {
      ...{ announcer: lane.name, vip, state: row.state, isDesired: row.isDesired, isAnnounced: isAnnounced(row, standings), links },
      audience: plugin?.announcer.audience?.(vip) ?? [],
      ...(row.toldAtMs === undefined ? {} : { toldAgoMs: nowMs - row.toldAtMs }),
      ...(row.refusal === undefined ? {} : { refusal: { reason: row.refusal.reason, failures: row.refusal.failures } }),
      ...(report === undefined ? {} : { report }),
      ...(ofVip === undefined ? {} : { counters: ofVip }),
    };
  });
}

async function sessionsOf({ node, store, liveness }: SpeakerParts, groups: readonly GroupState[]): Promise<SessionAccount[]> {
  const members = new Set(groups.flatMap(({ succession }) => succession.members).filter((name) => name !== node));
  if (members.size === 0) return [];
  const sessions = (await liveness?.counts().catch(() => [])) ?? [];
  const nodes = store?.snapshot().nodes;
  return [...members].flatMap((name) => {
    const addresses = nodes?.get(name)?.addresses ?? [];
    return sessions.filter(({ address }) => addresses.includes(address)).map((session) => ({ node: name, ...session }));
  });
}
