/** Measurements of a bench of neighbor answers over all rounds: medians, and ratios taken inside a round. Pure. */

import { type Measured, ratio } from "../harness/interleave.ts";
import type { CpuTime } from "../harness/machine.ts";
import { type Summary, summarize } from "../harness/statistics.ts";
import { names } from "./contenders.ts";
import type { Latency, LoadResult } from "./generator.ts";

/** One load on one responder. */
export interface AnswersRun {
  /** Requests a second, or as many as the generator can. */
  readonly load: "flood" | number;
  readonly result: LoadResult;
  /** Null where the responder has no process. */
  readonly responder: (CpuTime & { readonly residentBytes: number }) | null;
}

/** One responder under one load, over all rounds. */
export interface AnswersSummary {
  readonly responder: string;
  readonly load: AnswersRun["load"];
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
  readonly latencyMicros: Latency | null;
  /** Over that of batched C in the same round: below 1 is better than C. */
  readonly timesBatchedC: { readonly p50: Summary; readonly p90: Summary } | null;
  readonly residentBytes: number | null;
}

/** A process that waits longer for its CPU than this share of its time is disturbed by others. */
export const QUIET_WAIT = 0.04;

/** The larger share of its time that the generator or the responder waited for its CPU. */
export function waitShare({ result, responder }: AnswersRun): number {
  const ofResponder = responder === null ? 0 : responder.waitNs / Math.max(responder.runNs + responder.waitNs, 1);
  return Math.max(result.waitNs / result.elapsedNs, ofResponder);
}

/** A summary for each responder and load, in the order of `responders`; those that were not measured are left out. */
export function summarizeRuns(measured: readonly Measured<AnswersRun>[], responders: readonly string[]): AnswersSummary[] {
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

export type Costs = ReadonlyMap<AnswersRun, number>;

function summarizeOne(
  responder: string,
  runs: readonly Measured<AnswersRun>[],
  underLoad: readonly Measured<AnswersRun>[],
  costs: Costs,
): AnswersSummary {
  const priced = underLoad.filter((run) => costs.has(run));
  const of = (other: string) => ratio(priced, [other, responder], (run) => costs.get(run) ?? Number.NaN) ?? null;
  const cpu = runs.flatMap((run) => costs.get(run) ?? []);
  const sum = (value: (run: AnswersRun) => number) => runs.reduce((total, run) => total + value(run), 0);
  const lost = (run: AnswersRun) => Math.max(run.result.requests - run.result.replies, 0);
  const quiet = runs.filter((run) => waitShare(run) <= QUIET_WAIT);
  const latencies = runs.flatMap(({ result }) => result.latencyMicros ?? []);
  const median = (which: (latency: Latency) => number) => summarize(latencies.map(which)).median;
  const resident = runs.flatMap((run) => run.responder?.residentBytes ?? []);
  return {
    responder,
    load: (runs[0] as AnswersRun).load,
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
      latencies.length === 0 ? null : { p50: median(({ p50 }) => p50), p90: median(({ p90 }) => p90), p99: median(({ p99 }) => p99) },
    timesBatchedC: compareLatency(responder, underLoad),
    residentBytes: resident.length === 0 ? null : summarize(resident).median,
  };
}

function compareLatency(responder: string, underLoad: readonly Measured<AnswersRun>[]): AnswersSummary["timesBatchedC"] {
  const timed = underLoad.filter(({ result }) => result.latencyMicros !== null && result.replies > 0);
  const of = (which: "p50" | "p90") =>
    ratio(timed, [responder, names.batched], ({ result }) => result.latencyMicros?.[which] ?? Number.NaN);
  const [p50, p90] = [of("p50"), of("p90")];
  return p50 === undefined || p90 === undefined ? null : { p50, p90 };
}

/** CPU time per reply of each run that tells it. The kernel's: what a flooding `sendmmsg` costs more than with nobody there. */
export function costsOf(measured: readonly Measured<AnswersRun>[]): Costs {
  const floods = measured.filter(({ load }) => load === "flood");
  const alone = new Map(floods.filter(({ contender }) => contender === names.nobody).map((run) => [run.round, sendCostNs(run.result)]));
  const costs = new Map<AnswersRun, number>();
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
