/** Measurements of `herald bench arp` over all rounds: medians, and ratios taken inside a round. Pure. */

import { type Measured, ratio } from "../harness/interleave.ts";
import type { CpuTime } from "../harness/machine.ts";
import { type Summary, summarize } from "../harness/statistics.ts";
import type { LoadResult } from "./generator.ts";
import { names } from "./responders.ts";

/** One load on one responder. */
export interface ArpRun {
  /** Requests a second, or as many as the generator can. */
  readonly load: "flood" | number;
  readonly result: LoadResult;
  /** Null where the responder has no process. */
  readonly responder: (CpuTime & { readonly residentBytes: number }) | null;
}

/** One responder under one load, over all rounds. */
export interface ArpSummary {
  readonly responder: string;
  readonly load: ArpRun["load"];
  /** CPU time per reply; null where it cannot be told. */
  readonly cpuNs: Summary | null;
  /** CPU time that the responders in C take, over this one's in the same round: above 1 is better than C. */
  readonly ofBatchedC: Summary | null;
  readonly ofSingleC: Summary | null;
  readonly repliesPerSecond: Summary;
  /** CPU time of the load generator per request. */
  readonly generatorNs: Summary;
  readonly requests: number;
  /** In all rounds. */
  readonly lost: number;
  /** Rounds in which nobody kept the generator or the responder from its CPU, and what those lost. */
  readonly quietRounds: number;
  readonly lostInQuietRounds: number;
  readonly checked: number;
  readonly wrong: number;
  /** Medians of the rounds' percentiles. */
  readonly latencyMicros: { readonly p50: number; readonly p99: number } | null;
  readonly residentBytes: number | null;
}

/** A process that waits longer for its CPU than this share of its time is disturbed by others. */
export const QUIET_WAIT = 0.04;

/** The larger share of its time that the generator or the responder waited for its CPU. */
export function waitShare({ result, responder }: ArpRun): number {
  const ofResponder = responder === null ? 0 : responder.waitNs / Math.max(responder.runNs + responder.waitNs, 1);
  return Math.max(result.waitNs / result.elapsedNs, ofResponder);
}

/** A summary for each responder and load, in the order of `responders`; those that were not measured are left out. */
export function summarizeRuns(measured: readonly Measured<ArpRun>[], responders: readonly string[]): ArpSummary[] {
  const costs = costsOf(measured);
  const loads = [...new Set(measured.map(({ load }) => load))];
  return loads.flatMap((load) => {
    const underLoad = measured.filter((run) => run.load === load);
    return responders.flatMap((responder) => {
      const runs = underLoad.filter(({ contender }) => contender === responder);
      return runs.length === 0 ? [] : [summarizeOne(responder, runs, underLoad, costs)];
    });
  });
}

type Costs = ReadonlyMap<ArpRun, number>;

function summarizeOne(
  responder: string,
  runs: readonly Measured<ArpRun>[],
  underLoad: readonly Measured<ArpRun>[],
  costs: Costs,
): ArpSummary {
  const priced = underLoad.filter((run) => costs.has(run));
  const of = (other: string) => ratio(priced, [other, responder], (run) => costs.get(run) ?? Number.NaN) ?? null;
  const cpu = runs.flatMap((run) => costs.get(run) ?? []);
  const sum = (value: (run: ArpRun) => number) => runs.reduce((total, run) => total + value(run), 0);
  const lost = (run: ArpRun) => Math.max(run.result.requests - run.result.replies, 0);
  const quiet = runs.filter((run) => waitShare(run) <= QUIET_WAIT);
  const latencies = runs.flatMap(({ result }) => result.latencyMicros ?? []);
  const resident = runs.flatMap((run) => run.responder?.residentBytes ?? []);
  return {
    responder,
    load: (runs[0] as ArpRun).load,
    cpuNs: cpu.length === 0 ? null : summarize(cpu),
    ofBatchedC: of(names.batched),
    ofSingleC: of(names.single),
    repliesPerSecond: summarize(runs.map(({ result }) => (result.replies / result.elapsedNs) * 1e9)),
    generatorNs: summarize(runs.map(({ result }) => result.runNs / Math.max(result.requests, 1))),
    requests: sum(({ result }) => result.requests),
    lost: sum(lost),
    quietRounds: quiet.length,
    lostInQuietRounds: quiet.reduce((total, run) => total + lost(run), 0),
    checked: sum(({ result }) => result.checked),
    wrong: sum(({ result }) => result.wrong),
    latencyMicros:
      latencies.length === 0
        ? null
        : { p50: summarize(latencies.map(({ p50 }) => p50)).median, p99: summarize(latencies.map(({ p99 }) => p99)).median },
    residentBytes: resident.length === 0 ? null : summarize(resident).median,
  };
}

/** CPU time per reply of each run that tells it. The kernel's: what a flooding `sendmmsg` costs more than with nobody there. */
function costsOf(measured: readonly Measured<ArpRun>[]): Costs {
  const floods = measured.filter(({ load }) => load === "flood");
  const alone = new Map(floods.filter(({ contender }) => contender === names.nobody).map((run) => [run.round, sendCostNs(run.result)]));
  const costs = new Map<ArpRun, number>();
  for (const run of measured) {
    const { replies } = run.result;
    const base = alone.get(run.round);
    if (replies > 0 && run.responder !== null) costs.set(run, run.responder.runNs / replies);
    if (run.contender === names.kernel && run.load === "flood" && base !== undefined) costs.set(run, sendCostNs(run.result) - base);
  }
  return costs;
}

/** Time in `sendmmsg` per request, without the share in which the thread waited for its CPU. */
export function sendCostNs({ sendNs, requests, elapsedNs, waitNs }: LoadResult): number {
  return (sendNs * Math.max(1 - waitNs / elapsedNs, 0)) / Math.max(requests, 1);
}
