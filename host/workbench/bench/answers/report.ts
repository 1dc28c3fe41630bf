/** The report of a bench of neighbor answers, as `--json` prints it: every round, the summaries, which targets were met, and what to doubt. */
import type { CommonReport } from "../harness/figures.ts";
import type { Measured } from "../harness/interleave.ts";
import { describeMachine, type Pinning } from "../harness/machine.ts";
import { formatNumber, formatPercent } from "../harness/table.ts";
import type { AnswersOptions } from "./answers.ts";
import { names } from "./contenders.ts";
import type { Family } from "./family.ts";
import { readFigures } from "./figures.ts";
import type { NotRun } from "./responders.ts";
import { type AnswersRun, type AnswersSummary, QUIET_WAIT, summarizeRuns, waitShare } from "./summary.ts";
import { checkTargets } from "./targets.ts";

/** What was measured on the wire. */
export interface OnWire {
  readonly runs: readonly Measured<AnswersRun>[];
  readonly notRun: readonly NotRun[];
  /** What a reader must know to be fair to others. */
  readonly notes: readonly string[];
  /** Resident memory of a Node that does nothing. */
  readonly emptyNodeBytes: number;
  readonly pinning: Pinning;
}

export interface AnswersReport extends CommonReport {
  readonly bench: Family["name"];
  readonly options: AnswersOptions;
  /** The packet program alone, ns a frame, a value a round. */
  readonly programNs: readonly number[];
  readonly wire: OnWire | null;
  readonly summaries: readonly AnswersSummary[];
}

const QUIET_SPREAD = 0.2;
/** Fewer lost than this share of the requests: the responder could have answered more. */
const ALL_ANSWERED = 0.005;

export function createReport(
  bench: Family["name"],
  options: AnswersOptions,
  programNs: readonly number[],
  wire: OnWire | null,
): AnswersReport {
  const runs = wire?.runs ?? [];
  const summaries = summarizeRuns(runs, Object.values(names));
  return {
    ...{ bench, machine: describeMachine(), options, programNs, wire, summaries },
    figures: readFigures(runs, programNs),
    targets: checkTargets(bench, options.drivers, programNs, summaries),
    notes: wire === null ? [] : findNotes(wire, summaries),
  };
}

/** What a reader should know before trusting the figures. */
function findNotes({ runs, notRun, notes: fair, pinning }: OnWire, summaries: readonly AnswersSummary[]): string[] {
  const floods = summaries.filter(({ load }) => load === "flood");
  const notes = [...findNoise(runs, floods), ...fair, ...notRun.map(({ name, reason }) => `Not run: ${name}: ${reason}`)];
  const wrong = summaries.filter((summary) => summary.wrong > 0);
  if (wrong.length > 0)
    notes.push(`Wrong: ${wrong.map(({ responder, load, wrong }) => `${formatNumber(wrong)} of ${responder} (${load})`).join(", ")}`);
  const saturated = floods.filter(({ requests, lost }) => lost < requests * ALL_ANSWERED).map(({ responder }) => responder);
  if (saturated.length > 0)
    notes.push(
      `The generator was the limit for ${saturated.join("; ")}: they answered all that it could ask, so their replies/s are lower bounds`,
    );
  if (!pinning.ok) notes.push(`Not pinned to CPUs: ${pinning.reason}`);
  return notes;
}

function findNoise(runs: OnWire["runs"], floods: readonly AnswersSummary[]): string[] {
  const waits = runs.map(waitShare);
  const disturbed = runs.filter((run) => waitShare(run) > QUIET_WAIT);
  const spreads = floods.map(({ cpuNs }) => (cpuNs === null ? 0 : (cpuNs.high - cpuNs.low) / cpuNs.median));
  if (disturbed.length === 0 && Math.max(0, ...spreads) <= QUIET_SPREAD) return [];
  const rounds = [...new Set(disturbed.map(({ round }) => round + 1))];
  const where = rounds.length === 0 ? "" : `, in rounds ${rounds.join(", ")}`;
  return [
    `Noise: in ${disturbed.length} of ${waits.length} measurements a process waited for its CPU more than ${formatPercent(QUIET_WAIT)} of the time ` +
      `(at worst ${formatPercent(Math.max(...waits))}${where}), and the intervals spread up to ${formatPercent(Math.max(...spreads))} of a median. Ratios stand better than figures`,
  ];
}
