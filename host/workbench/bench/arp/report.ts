/** The report of `herald bench arp`, as `--json` prints it: every round, the summaries, which targets were met, and what to doubt. */
import type { Driver } from "../../../packets/service.ts";
import type { CommonReport } from "../harness/figures.ts";
import type { Measured } from "../harness/interleave.ts";
import { describeMachine, type Pinning } from "../harness/machine.ts";
import { summarize } from "../harness/statistics.ts";
import { formatNumber, formatPercent } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import type { ArpOptions } from "./arp.ts";
import { type NotRun, names } from "./responders.ts";
import { type ArpRun, type ArpSummary, QUIET_WAIT, summarizeRuns, waitShare } from "./summary.ts";

/** What was measured on the wire. */
export interface OnWire {
  readonly runs: readonly Measured<ArpRun>[];
  readonly notRun: readonly NotRun[];
  /** Resident memory of a Node that does nothing. */
  readonly emptyNodeBytes: number;
  readonly pinning: Pinning;
}

export interface ArpReport extends CommonReport {
  readonly bench: "arp";
  readonly options: ArpOptions;
  /** The packet program alone, ns a frame, a value a round. */
  readonly programNs: readonly number[];
  readonly wire: OnWire | null;
  readonly summaries: readonly ArpSummary[];
}

const QUIET_SPREAD = 0.2;
/** Fewer lost than this share of the requests: the responder could have answered more. */
const ALL_ANSWERED = 0.005;

export function createReport(options: ArpOptions, programNs: readonly number[], wire: OnWire | null): ArpReport {
  const summaries = wire === null ? [] : summarizeRuns(wire.runs, Object.values(names));
  const targets = [
    programTarget(programNs),
    ...options.drivers.flatMap((driver) => (driver === "guarded" ? [] : driverTargets(driver, summaries))),
  ];
  const notes = wire === null ? [] : findNotes(wire, summaries);
  return { bench: "arp", machine: describeMachine(), options, programNs, wire, summaries, figures: [], targets, notes };
}

function programTarget(programNs: readonly number[]): Target {
  const { median } = summarize(programNs);
  return { what: "Packet program alone", wanted: "at most 10 ns a frame", found: `${formatNumber(median)} ns`, isMet: median <= 10 };
}

const WANTED_SHARE: Readonly<Record<Driver, number>> = { poll: 0.97, "event-loop": 0.9 };
const WANTED_TIMES = 1.4;
const LOSSLESS_RATE = 100_000;

function driverTargets(driver: Driver, summaries: readonly ArpSummary[]): Target[] {
  const of = (load: ArpRun["load"]) => summaries.find((summary) => summary.responder === names[driver] && summary.load === load);
  const share = of("flood")?.ofBatchedC?.median ?? null;
  const times = of("flood")?.ofSingleC?.median ?? null;
  const atLeast = (what: string, wanted: number, found: number | null): Target => ({
    what: `${names[driver]}: ${what}`,
    wanted: `at least ${formatPercent(wanted)}`,
    found: found === null ? null : formatPercent(found, 1),
    isMet: found === null ? null : found >= wanted,
  });
  return [
    atLeast("of C, batched", WANTED_SHARE[driver], share),
    atLeast("of C, one call", WANTED_TIMES, times),
    lossTarget(names[driver], of(LOSSLESS_RATE)),
  ];
}

/**
 * A responder that others keep from its CPU loses what its queue cannot hold, in any language: where anything was lost, or the generator did not
 * get to ask that often, only rounds count in which nobody did.
 */
function lossTarget(responder: string, paced: ArpSummary | undefined): Target {
  const { quietRounds, lostInQuietRounds } = paced ?? { quietRounds: 0, lostInQuietRounds: 0 };
  const isLossless = paced?.lost === 0 && paced.repliesPerSecond.median > LOSSLESS_RATE * 0.9;
  const what = `${responder}: lost at ${formatNumber(LOSSLESS_RATE)} requests/s${isLossless ? "" : `, ${quietRounds} quiet rounds`}`;
  const found = isLossless || quietRounds > 0 ? lostInQuietRounds : null;
  return { what, wanted: "0", found: found === null ? null : formatNumber(found), isMet: found === null ? null : found === 0 };
}

/** What a reader should know before trusting the figures. */
function findNotes({ runs, pinning }: OnWire, summaries: readonly ArpSummary[]): string[] {
  const notes: string[] = [];
  const waits = runs.map(waitShare);
  const disturbed = waits.filter((wait) => wait > QUIET_WAIT).length;
  const floods = summaries.filter(({ load }) => load === "flood");
  const spreads = floods.map(({ cpuNs }) => (cpuNs === null ? 0 : (cpuNs.high - cpuNs.low) / cpuNs.median));
  if (disturbed > 0 || Math.max(0, ...spreads) > QUIET_SPREAD) {
    notes.push(
      `Noise: in ${disturbed} of ${waits.length} measurements a process waited for its CPU more than ${formatPercent(QUIET_WAIT)} of the time ` +
        `(at worst ${formatPercent(Math.max(...waits))}), and the intervals spread up to ${formatPercent(Math.max(...spreads))} of a median. Ratios stand better than figures`,
    );
  }
  const wrong = summaries.reduce((total, summary) => total + summary.wrong, 0);
  if (wrong > 0) notes.push(`Wrong: ${formatNumber(wrong)} replies had a wrong field`);
  const saturated = floods.filter(({ requests, lost }) => lost < requests * ALL_ANSWERED).map(({ responder }) => responder);
  if (saturated.length > 0)
    notes.push(
      `The generator was the limit for ${saturated.join("; ")}: they answered all that it could ask, so their replies/s are lower bounds`,
    );
  if (!pinning.ok) notes.push(`Not pinned to CPUs: ${pinning.reason}`);
  return notes;
}
