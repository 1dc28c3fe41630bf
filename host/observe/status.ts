/** What a speaker answers on its control socket (`control.ts`): the parts that there are so far, as they are now. */

import type { Source, WatchState } from "../cluster/source.ts";
import type { Store } from "../cluster/store.ts";
import type { Conflicts } from "../liveness/conflicts.ts";
import type { LivenessService } from "../liveness/liveness.ts";
import type { Standing, Standings } from "../liveness/standing.ts";
import type { Network } from "../packets/network.ts";
import type { ProgramStatistics } from "../packets/program-counts.ts";
import { isAnnounced } from "../reconcile/is-announced.ts";
import type { LaneRow, LaneState } from "../reconcile/lane-state.ts";
import type { Reconciler, ReconcilerState } from "../reconcile/reconciler.ts";
import type { PluginRun, PluginState } from "../roles/plugin-run.ts";
import type { Answer, ControlRequest } from "./control.ts";
import { type Drain, drain } from "./drain.ts";
import { explain } from "./explain.ts";
import { memoryOf } from "./process-memory.ts";

/** Parts come as the speaker starts. */
export interface SpeakerParts {
  readonly node: string;
  readonly version: string;
  /** A directory of manifests, or an API server. */
  readonly reads: string;
  readonly isController: boolean;
  /** By `performance.now()`, as all times of the parts. */
  readonly startedAtMs: number;
  source?: Pick<Source, "problems" | "watches">;
  network?: Pick<Network, "packets" | "statistics">;
  store?: Pick<Store, "snapshot">;
  reconciler?: Pick<Reconciler, "state" | "gates">;
  liveness?: Pick<LivenessService, "counts">;
  /** Absent: whatever an announcer is told is announced. */
  standings?: Standings;
  conflicts?: Pick<Conflicts, "of">;
  readonly announcers: Pick<PluginRun, "plugin" | "lane" | "kind" | "from" | "restarts" | "state" | "trouble" | "supply" | "process">[];
  /** Plugins that are wanted and not loaded, with the reason. */
  pending?: () => Iterable<{ readonly wanted: { readonly by: string }; readonly trouble: string | undefined }>;
  /** Absent: nothing can be handed over. */
  drain?: Drain;
  /** The node is out of service, or about to be. */
  isDraining?: () => boolean;
  /** Everything runs, and the first plan is made. */
  isReady: boolean;
}

/** Times are milliseconds of the same clock as `nowMs`. */
export interface Status {
  readonly node: string;
  readonly version: string;
  readonly pid: number;
  readonly isReady: boolean;
  /** Out of service: it hands over what it has and takes nothing. */
  readonly isDraining: boolean;
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly source: SourceStatus;
  readonly reconciler?: ReconcilerState;
  readonly announcers: readonly AnnouncerStatus[];
  readonly plugins: readonly PluginStatus[];
  /** How many VIP groups this node is that to; those that it is to none are left out. */
  readonly groups?: Readonly<Partial<Record<Standing, number>>>;
  /** By packet program. */
  readonly packets: Readonly<Record<string, ProgramStatistics>>;
}

export interface SourceStatus extends Pick<SpeakerParts, "reads" | "isController"> {
  readonly problems: number;
  /** Of an API server: how each kind is followed. Absent: a directory, or nothing has been read yet. */
  readonly watches?: readonly WatchStatus[];
}

export interface WatchStatus extends Pick<WatchState, "type" | "objects" | "isFollowing" | "isAbsent" | "lastError"> {
  /** Since the API server last said anything about it. */
  readonly silentMs?: number;
}

/** The state of its lane, how often its plugin was started again, and how many reports and how much else that has open. */
export interface AnnouncerStatus extends LaneState {
  readonly restarts: number;
  /** Desired, told, and not on standby here: what is announced. */
  readonly announced: number;
  readonly refused: number;
  readonly reports: number;
  readonly open: number;
}

/** A plugin, running or not; of one that is not loaded only who wants it, and why not. */
export interface PluginStatus {
  readonly name: string;
  readonly kind: "built-in" | "shipped" | "other";
  readonly state: PluginState | "loading" | "not loaded";
  /** Of one that is not Herald's own: how it was named, and what it is. */
  readonly specifier?: string;
  readonly pin?: string;
  readonly restarts: number;
  /** Why it is not, or not yet again, as it is wanted. */
  readonly trouble?: string;
  /** Of one in a process of its own, while it has one. */
  readonly isolation?: string;
  readonly memoryBytes?: number;
}

export interface RowStatus extends Pick<LaneRow, "state" | "isDesired" | "refusal"> {
  readonly announcer: string;
  readonly vip: string;
  /** Told, and not on standby here. */
  readonly isAnnounced: boolean;
  readonly links: readonly string[] | null;
  readonly services: readonly string[];
  /** Of this node for the VIP, where that is decided from moment to moment. */
  readonly standing?: Standing;
}

export interface ReportStatus {
  readonly announcer: string;
  readonly key: string;
  readonly state: string;
}

export function answerFrom(parts: SpeakerParts): Answer {
  const questions: Readonly<Record<string, (request: ControlRequest) => unknown>> = {
    status: () => status(parts),
    rows: () => rows(parts),
    reports: () => reports(parts),
    announcer: (request) => inspect(parts, request),
    explain: ({ service }) => explain(parts, service),
    drain: () => drain(parts, true),
    undrain: () => drain(parts, false),
  };
  return (request) => one("question", request.ask, new Map(Object.entries(questions)))(request);
}

async function status({ source, network, reconciler, announcers, standings, ...parts }: SpeakerParts): Promise<Status> {
  const { node, version, isReady, startedAtMs, reads, isController } = parts;
  return {
    ...{ node, version, pid: process.pid, isReady, isDraining: parts.isDraining?.() ?? false, nowMs: performance.now(), startedAtMs },
    source: { reads, isController, problems: source?.problems().length ?? 0, ...watchesOf(source) },
    ...(reconciler === undefined ? {} : { reconciler: reconciler.state() }),
    announcers: announcers.map(({ plugin, lane, restarts }) => ({
      ...lane.state(),
      restarts,
      ...countRows(lane.rows(), standings),
      ...{ reports: plugin?.reports.size ?? 0, open: plugin?.open ?? 0 },
    })),
    plugins: [...announcers.map(pluginOf), ...Array.from(parts.pending?.() ?? [], pendingOf)],
    ...(standings === undefined ? {} : { groups: countGroups(standings) }),
    packets: (await network?.statistics()) ?? {},
  };
}

function pluginOf({ lane, state, trouble, restarts, supply, process }: SpeakerParts["announcers"][number]): PluginStatus {
  return {
    ...{ name: lane.name, ...supply.origin, state, restarts },
    ...(trouble === undefined ? {} : { trouble }),
    ...(process === undefined ? {} : { isolation: process.isolation, ...memoryOf(process.pid) }),
  };
}

function pendingOf({ wanted, trouble }: { readonly wanted: { readonly by: string }; readonly trouble: string | undefined }): PluginStatus {
  const state = trouble === undefined ? "loading" : "not loaded";
  return { name: wanted.by, kind: "other", state, restarts: 0, ...(trouble === undefined ? {} : { trouble }) };
}

function watchesOf(source: SpeakerParts["source"]): Pick<SourceStatus, "watches"> {
  const watches = source?.watches?.();
  if (watches === undefined) return {};
  return {
    watches: watches.map(({ type, objects, isFollowing, isAbsent, lastError, lastByteMs }) => ({
      ...{ type, objects, isFollowing, isAbsent, lastError },
      ...(lastByteMs === undefined ? {} : { silentMs: Date.now() - lastByteMs }),
    })),
  };
}

/** VIP groups by what this node is to them. */
export function countGroups(standings: Standings): Partial<Record<Standing, number>> {
  const counts: Partial<Record<Standing, number>> = {};
  for (const { standing } of standings.all()) counts[standing] = (counts[standing] ?? 0) + 1;
  return counts;
}

function countRows(rows: readonly LaneRow[], standings: Standings | undefined): { announced: number; refused: number } {
  const announced = rows.filter((row) => isAnnounced(row, standings)).length;
  return { announced, refused: rows.filter(({ refusal }) => refusal !== undefined).length };
}

function* rows({ announcers, standings }: SpeakerParts): Generator<RowStatus> {
  for (const { lane } of announcers) {
    for (const row of lane.rows()) {
      const { announcement, state, isDesired, refusal } = row;
      const { vip, links, services, succession } = announcement;
      const standing = succession && standings?.ofVip(vip)?.standing;
      yield {
        ...{ announcer: lane.name, vip, state, isDesired, isAnnounced: isAnnounced(row, standings), links, services },
        ...(refusal === undefined ? {} : { refusal }),
        ...(standing === undefined ? {} : { standing }),
      };
    }
  }
}

function* reports({ announcers }: SpeakerParts): Generator<ReportStatus> {
  for (const { plugin, lane } of announcers) for (const [key, state] of plugin?.reports ?? []) yield { announcer: lane.name, key, state };
}

async function inspect({ announcers }: SpeakerParts, { name, what }: ControlRequest): Promise<unknown> {
  const { plugin } = one("announcer", name, new Map(announcers.map((run) => [run.lane.name, run])));
  if (typeof what !== "string") throw new Error(`It is not said what is asked of announcer ${name}: expected a text "what"`);
  const found = await plugin?.announcer.inspect?.(what);
  if (found === undefined) throw new Error(`Announcer ${name} knows nothing of the name ${brief(what)}`);
  return found;
}

function one<Value>(kind: string, name: unknown, known: ReadonlyMap<string, Value>): Value {
  const found = typeof name === "string" ? known.get(name) : undefined;
  if (found !== undefined) return found;
  const names = known.size === 0 ? "there is none yet" : `expected ${[...known.keys()].join(", ")}`;
  throw new Error(`Unknown ${kind} ${brief(name)}: ${names}`);
}

/** Hostile text is not sent back whole. */
function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "(none)";
  return text.length > 64 ? `${text.slice(0, 64)}…` : text;
}
