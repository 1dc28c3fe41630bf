/** The report of `herald bench failover`, as `--json` prints it: every trial, the summaries, which targets were met, and what to doubt. */
import type { CommonReport } from "../harness/figures.ts";
import { describeMachine } from "../harness/machine.ts";
import { percentile } from "../harness/statistics.ts";
import { formatNumber } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import type { Calm } from "./calm.ts";
import { type Case, cases } from "./cases.ts";
import type { FailoverOptions } from "./failover.ts";
import { failoverFigures } from "./figures.ts";
import type { Failure, Measurements } from "./measurement.ts";
import type { Family } from "./network.ts";
import type { Trial, VipTrial } from "./trial.ts";

export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** All trials of a case with so many nodes, for one family. */
export interface FailoverSummary {
  readonly case: string;
  readonly nodes: number;
  readonly family: Family;
  readonly trials: number;
  /** Longest time without an answered probe, of the warm client, while the fault lasted; and of the cold one's questions. */
  readonly warmMs: Spread;
  readonly coldMs: Spread;
  /** The same from the end of the fault until the owner was back. */
  readonly afterMs: Spread;
  readonly coldAfterMs: Spread;
  /** Probes of all trials. */
  readonly lost: number;
  readonly lostAfter: number;
  readonly connections: number;
  readonly lostConnections: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Answers and announcements of a node that stood still, within `STRAY_MS` of its return. */
  readonly stray: number;
  /** Of partitions: until nobody but the first owner answered; and trials in which there were two while it lasted. */
  readonly healMs: Spread | null;
  readonly parted: number;
  /** Trials in which anybody but the owner answered or announced, also after the fault. */
  readonly others: number;
  /** Node → trials in which it answered first. */
  readonly tookOver: Readonly<Record<string, number>>;
  /** Of the speaker that took over: how long one of its threads waited for a CPU between fault and take-over. */
  readonly waitedMs: Spread;
  /** Longest time that the client itself did not send. */
  readonly pauseMs: number;
}

export interface FailoverReport extends CommonReport {
  readonly bench: "failover";
  readonly options: FailoverOptions;
  readonly trials: readonly Trial[];
  readonly calms: readonly Calm[];
  readonly failures: readonly Failure[];
  readonly summaries: readonly FailoverSummary[];
}

const WANTED_P50_MS = 350;
const WANTED_MAX_MS = 900;
const WANTED_HEAL_MS = 2000;
/** A returning node asks, and waits 5 s where it is answered. */
export const STRAY_MS = 3000;
const QUIET_PAUSE_MS = 50;

export function createReport(options: FailoverOptions, { trials, calms, failures }: Measurements): FailoverReport {
  const summaries = summarize(trials);
  const targets = [...summaries.flatMap(targetsOf), ...calms.map(calmTarget)];
  return {
    ...{
      bench: "failover",
      machine: describeMachine(),
      options,
      trials,
      calms,
      failures,
      summaries,
      figures: failoverFigures(trials),
      targets,
    },
    notes: findNotes(trials, calms, summaries),
  };
}

function summarize(trials: readonly Trial[]): FailoverSummary[] {
  const groups = new Map<string, Row[]>();
  for (const trial of trials)
    for (const vip of trial.vips) {
      const key = `${trial.nodes} ${trial.case} ${vip.family}`;
      groups.set(key, [...(groups.get(key) ?? []), { trial, vip }]);
    }
  return Array.from(groups.values(), summarizeGroup);
}

interface Row {
  readonly trial: Trial;
  readonly vip: VipTrial;
}

function summarizeGroup(rows: readonly Row[]): FailoverSummary {
  const { trial, vip } = rows[0] as Row;
  const spread = (value: (row: Row) => number): Spread => spreadOf(rows.map(value));
  const sum = (value: (row: Row) => number): number => rows.reduce((all, row) => all + value(row), 0);
  const isPartition = trial.case === "partition";
  return {
    ...{ case: trial.case, nodes: trial.nodes, family: vip.family, trials: rows.length },
    warmMs: spread((row) => row.vip.warm.outageMs),
    coldMs: spread((row) => row.vip.cold.outageMs),
    afterMs: spread((row) => row.vip.warmAfter.outageMs),
    coldAfterMs: spread((row) => row.vip.coldAfter.outageMs),
    lost: sum((row) => row.vip.warm.lost),
    lostAfter: sum((row) => row.vip.warmAfter.lost),
    connections: sum(({ vip: { warm, warmAfter } }) => warm.connections.sent + warmAfter.connections.sent),
    lostConnections: sum(({ vip: { warm, warmAfter } }) => warm.connections.lost + warmAfter.connections.lost),
    failures: count(rows.flatMap((row) => [row.vip.warm.failures, row.vip.warmAfter.failures].flatMap((one) => Object.entries(one)))),
    stray: sum(strayOf),
    healMs: isPartition ? spread(healOf) : null,
    parted: rows.filter(({ trial: { victim }, vip: { cold, far } }) => {
      return far?.answeredBy[victim] !== undefined && Object.keys(cold.answeredBy).some((name) => name !== victim);
    }).length,
    others: rows.filter(hasOthers).length,
    tookOver: count(rows.map((row) => [row.trial.tookOver ?? "nobody", 1])),
    waitedMs: spread((row) => row.trial.waitedMs),
    pauseMs: Math.max(...rows.map((row) => Math.max(row.vip.warm.pauseMs, row.vip.warmAfter.pauseMs))),
  };
}

function count(entries: readonly (readonly [string, number])[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, number] of entries) counts[name] = (counts[name] ?? 0) + number;
  return counts;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), max: percentile(sorted, 1) };
}

/** Only of nodes that stood still: a speaker that starts has heard nothing that it could answer late. */
function strayOf({ trial, vip: { coldAfter } }: Row): number {
  if (trial.case !== "freeze" && trial.case !== "stop") return 0;
  const heard = [coldAfter.answeredBy[trial.victim], coldAfter.announcedBy[trial.victim]];
  return heard.filter((each) => each !== undefined && each.firstMs < trial.mendedMs + STRAY_MS).length;
}

function healOf({ trial, vip: { coldAfter } }: Row): number {
  const others = Object.entries(coldAfter.answeredBy).filter(([name]) => name !== trial.victim);
  return Math.max(0, ...others.map(([, { lastMs }]) => lastMs - trial.mendedMs));
}

function hasOthers({ trial: { victim }, vip: { cold, coldAfter } }: Row): boolean {
  const heard = [cold, coldAfter].flatMap(({ answeredBy, announcedBy }) => [...Object.keys(answeredBy), ...Object.keys(announcedBy)]);
  return heard.some((name) => name !== victim);
}

function targetsOf(summary: FailoverSummary): Target[] {
  const found = cases.find(({ name }) => name === summary.case);
  const what = `${summary.nodes} nodes, IPv${summary.family}, ${summary.case}`;
  const none = (name: string, number: number): Target => ({
    ...{ what: `${what}: ${name}`, wanted: "none", found: `${number}`, isMet: number === 0 },
  });
  return [
    ...mainTargets(what, summary, none, found?.target),
    ...(["freeze", "stop"].includes(summary.case) ? [none("stray answers", summary.stray)] : []),
  ];
}

function mainTargets(
  what: string,
  { warmMs, coldMs, lost, lostAfter, lostConnections, healMs, parted, trials, others }: FailoverSummary,
  none: (name: string, number: number) => Target,
  target: Case["target"] | undefined,
): Target[] {
  const within = (name: string, { p50, max }: Spread): Target => ({
    what: `${what}: ${name}`,
    wanted: `p50 ≤ ${WANTED_P50_MS}, max ≤ ${WANTED_MAX_MS} ms`,
    found: `${formatNumber(p50)}, ${formatNumber(max)} ms`,
    isMet: p50 <= WANTED_P50_MS && max <= WANTED_MAX_MS,
  });
  switch (target) {
    case "outage":
      return [within("outage", warmMs)];
    case "cold":
      return [none("probes lost", lost), within("cold client", coldMs)];
    case "connections":
      return [none("new connections lost", lostConnections)];
    case "healing": {
      const ms = healMs?.max ?? Number.POSITIVE_INFINITY;
      return [
        { what: `${what}: two owners while parted`, wanted: `${trials}`, found: `${parted}`, isMet: parted === trials },
        {
          what: `${what}: one owner again`,
          wanted: `≤ ${WANTED_HEAL_MS} ms`,
          found: `${formatNumber(ms)} ms`,
          isMet: ms <= WANTED_HEAL_MS,
        },
      ];
    }
    case "nothing":
      return [none("false take-overs", others), none("probes lost", lost + lostAfter)];
    default:
      return [];
  }
}

function calmTarget({ nodes, minutes, falseTakeOvers }: Calm): Target {
  const what = `${nodes} nodes, calm for ${formatNumber(minutes)} minutes: false take-overs`;
  return { what, wanted: "none", found: `${falseTakeOvers}`, isMet: falseTakeOvers === 0 };
}

/** What a reader should know before trusting the figures. */
function findNotes(trials: readonly Trial[], calms: readonly Calm[], summaries: readonly FailoverSummary[]): string[] {
  const loads = [...trials, ...calms].map(({ loadAverage }) => loadAverage);
  const pause = Math.max(0, ...summaries.map(({ pauseMs }) => pauseMs));
  const notes: string[] = [];
  if (loads.length > 0)
    notes.push(
      `Load average of the machine while it was measured: ${formatNumber(Math.min(...loads))} to ${formatNumber(Math.max(...loads))}. All nodes, clients and whatever else runs share its cores`,
    );
  if (pause > QUIET_PAUSE_MS)
    notes.push(`The client itself was kept off its core for up to ${formatNumber(pause)} ms: so much of an outage may be its own`);
  return notes;
}
