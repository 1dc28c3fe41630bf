/** What the benches of neighbor answers are to show of Herald, beside the batched responder in C of the same run. */
import type { Driver } from "../../../packets/service.ts";
import { summarize } from "../harness/statistics.ts";
import { formatNumber, formatPercent } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import { type HeraldDriver, names } from "./contenders.ts";
import type { Family } from "./family.ts";
import type { AnswersRun, AnswersSummary } from "./summary.ts";

/** How much more CPU each driver may take than batched C; for a flood, the inverse. */
const LIMITS: Readonly<Record<Driver, { readonly floodShare: number; readonly pacedTimes: number }>> = {
  poll: { floodShare: 0.97, pacedTimes: 1.4 },
  "event-loop": { floodShare: 0.9, pacedTimes: 1.7 },
};
const LATENCY_TIMES = 1.5;
const PACED_RATE = 10_000;
const LOSSLESS_RATE = 100_000;
const MOST_PROGRAM_NS: Readonly<Partial<Record<Family["name"], number>>> = { arp: 10 };

export function checkTargets(
  family: Family["name"],
  drivers: readonly HeraldDriver[],
  programNs: readonly number[],
  summaries: readonly AnswersSummary[],
): Target[] {
  const answering = drivers.flatMap((driver) => (driver === "guarded" ? [] : driverTargets(driver, summaries)));
  return [...programTargets(family, programNs), ...answering];
}

function programTargets(family: Family["name"], programNs: readonly number[]): Target[] {
  const most = MOST_PROGRAM_NS[family];
  const { median } = summarize(programNs);
  const what = "Packet program alone";
  return most === undefined
    ? []
    : [{ what, wanted: `at most ${most} ns a frame`, found: `${formatNumber(median)} ns`, isMet: median <= most }];
}

function driverTargets(driver: Driver, summaries: readonly AnswersSummary[]): Target[] {
  const name = names[driver];
  const of = (load: AnswersRun["load"]) => summaries.find((summary) => summary.responder === name && summary.load === load);
  const { floodShare, pacedTimes } = LIMITS[driver];
  const share = of("flood")?.ofBatchedC?.median ?? null;
  const paced = of(PACED_RATE);
  const rate = `at ${formatNumber(PACED_RATE)}/s`;
  return [
    {
      what: `${name}: CPU flooded, of C, batched`,
      wanted: `at least ${formatPercent(floodShare)}`,
      found: share === null ? null : formatPercent(share, 1),
      isMet: share === null ? null : share >= floodShare,
    },
    atMost(`${name}: CPU ${rate}`, pacedTimes, paced?.ofBatchedC ? 1 / paced.ofBatchedC.median : null),
    atMost(`${name}: latency p50 ${rate}`, LATENCY_TIMES, paced?.timesBatchedC?.p50.median ?? null),
    atMost(`${name}: latency p90 ${rate}`, LATENCY_TIMES, paced?.timesBatchedC?.p90.median ?? null),
    lossTarget(name, of(LOSSLESS_RATE)),
  ];
}

function atMost(what: string, most: number, times: number | null): Target {
  return {
    what,
    wanted: `at most ${most} times C, batched`,
    found: times === null ? null : `${formatNumber(times)} times`,
    isMet: times === null ? null : times <= most,
  };
}

/**
 * A responder that others keep from its CPU loses what its queue cannot hold, in any language: where anything was lost, or the generator did not
 * get to ask that often, only rounds count in which nobody did.
 */
function lossTarget(responder: string, paced: AnswersSummary | undefined): Target {
  const { quietRounds, lostInQuietRounds } = paced ?? { quietRounds: 0, lostInQuietRounds: 0 };
  const isLossless = paced?.lost === 0 && paced.repliesPerSecond.median > LOSSLESS_RATE * 0.9;
  const what = `${responder}: lost at ${formatNumber(LOSSLESS_RATE)}/s${isLossless ? "" : `, ${quietRounds} quiet rounds`}`;
  const found = isLossless || quietRounds > 0 ? lostInQuietRounds : null;
  return { what, wanted: "0", found: found === null ? null : formatNumber(found), isMet: found === null ? null : found === 0 };
}
