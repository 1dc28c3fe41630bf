/** The report of `herald bench manifests`, as `--json` prints it: every measurement, the summaries, which targets were met, and what to doubt. */
import type { CommonReport } from "../harness/figures.ts";
import type { Measured } from "../harness/interleave.ts";
import { type CpuTime, describeMachine } from "../harness/machine.ts";
import { percentile, type Summary, summarize } from "../harness/statistics.ts";
import { formatNumber, formatPercent } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import type { Edit } from "./client.ts";
import type { Costs } from "./costs.ts";
import { manifestsFigures } from "./figures.ts";
import type { ManifestsOptions } from "./manifests.ts";

/** One start of a speaker; times from before its process was spawned. */
export interface Start {
  /** Until any VIP was answered, until the first and the last were, and until all were. */
  readonly firstMs: number;
  readonly endsMs: number;
  readonly allMs: number;
  /** Frames from it that were neither a right reply nor an announcement. */
  readonly wrong: number;
  /** A second after the last answer. */
  readonly residentBytes: number;
}

/** A speaker that has nothing left to do. */
export interface Rest {
  readonly services: number;
  readonly residentBytes: number;
}

/** All edits of one speaker, with its CPU time meanwhile, and its memory afterwards. */
export interface EditRun extends CpuTime {
  /** The edited file alone, or beside all Services. */
  readonly place: "alone" | "all";
  readonly edits: readonly Edit[];
  readonly residentBytes: number;
}

export interface OnWire {
  /** Resident memory of a Node that does nothing. */
  readonly emptyNodeBytes: number;
  readonly starts: readonly Measured<Start>[];
  readonly rests: readonly Rest[];
  readonly edits: readonly EditRun[];
}

export interface StartSummary {
  readonly start: string;
  readonly firstMs: Summary;
  readonly endsMs: Summary;
  readonly allMs: Summary;
  readonly residentBytes: Summary;
}

/** Milliseconds from a change to its announcement. */
export interface EditSummary {
  readonly place: EditRun["place"];
  readonly way: Edit["way"];
  readonly edits: number;
  /** Never announced. */
  readonly lost: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** Of the speaker, after all edits of both ways. */
  readonly residentBytes: number;
}

export interface ManifestsReport extends CommonReport {
  readonly bench: "manifests";
  readonly options: ManifestsOptions;
  readonly costs: Costs;
  readonly wire: OnWire | null;
  readonly starts: readonly StartSummary[];
  readonly edits: readonly EditSummary[];
}

const WANTED_START_MS = 3000;
const WANTED_EDIT_MS = 10;
/** Above an empty Node, with `FEW_SERVICES`. */
const WANTED_REST_MB = 35;
const QUIET_WAIT = 0.04;

/** As many as a large home or a small company has. */
export const FEW_SERVICES = 1000;

export function createReport(options: ManifestsOptions, costs: Costs, wire: OnWire | null): ManifestsReport {
  const starts = wire === null ? [] : ["cold", "warm"].map((name) => summarizeStarts(name, wire.starts));
  const edits = wire?.edits.flatMap(summarizeEdits) ?? [];
  const { parsedAgain } = costs.parse;
  const targets = [
    ...starts.map(({ start, firstMs }) => below(`Start to first answer, ${start}`, WANTED_START_MS, firstMs.median)),
    ...edits.map(({ place, way, p50 }) => below(`Edit to wire, p50, ${places[place]}, ${way}`, WANTED_EDIT_MS, p50)),
    ...(wire === null
      ? []
      : wire.rests.filter(({ services }) => services === FEW_SERVICES).map((rest) => judgeRest(rest, wire.emptyNodeBytes))),
    { what: "Documents parsed again", wanted: "1", found: `${parsedAgain}`, isMet: parsedAgain === 1 },
  ];
  const notes = wire === null ? [] : findNotes(wire, edits);
  return {
    bench: "manifests",
    machine: describeMachine(),
    options,
    costs,
    wire,
    starts,
    edits,
    figures: wire === null ? [] : manifestsFigures(wire),
    targets,
    notes,
  };
}

export const places: Readonly<Record<EditRun["place"], string>> = { alone: "alone", all: "beside all Services" };

function below(what: string, mostMs: number, foundMs: number): Target {
  return { what, wanted: `at most ${formatNumber(mostMs)} ms`, found: `${formatNumber(foundMs)} ms`, isMet: foundMs <= mostMs };
}

function judgeRest({ services, residentBytes }: Rest, emptyNodeBytes: number): Target {
  const foundMb = (residentBytes - emptyNodeBytes) / 1e6;
  const what = `Resident at rest above an empty Node, ${services.toLocaleString("en-US")} Services`;
  return { what, wanted: `at most ${WANTED_REST_MB} MB`, found: `${formatNumber(foundMb)} MB`, isMet: foundMb <= WANTED_REST_MB };
}

function summarizeStarts(start: string, measured: readonly Measured<Start>[]): StartSummary {
  const runs = measured.filter(({ contender }) => contender === start);
  const of = (value: (run: Start) => number) => summarize(runs.map(value));
  return {
    start,
    firstMs: of(({ firstMs }) => firstMs),
    endsMs: of(({ endsMs }) => endsMs),
    allMs: of(({ allMs }) => allMs),
    residentBytes: of(({ residentBytes }) => residentBytes),
  };
}

function summarizeEdits({ place, edits, residentBytes }: EditRun): EditSummary[] {
  return (["in place", "by rename"] as const).map((way) => {
    const done = edits.filter((edit) => edit.way === way);
    const sorted = done.map(({ tookMs }) => tookMs ?? Number.POSITIVE_INFINITY).sort((left, right) => left - right);
    const at = (share: number) => percentile(sorted, share);
    const lost = done.filter(({ tookMs }) => tookMs === null).length;
    return { place, way, edits: done.length, lost, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), residentBytes };
  });
}

/** What a reader should know before trusting the figures. */
function findNotes({ starts, edits }: OnWire, summaries: readonly EditSummary[]): string[] {
  const waits = edits.map(({ runNs, waitNs }) => waitNs / Math.max(runNs + waitNs, 1));
  const worst = Math.max(0, ...waits);
  const wrong = starts.reduce((total, start) => total + start.wrong, 0);
  const lost = summaries.reduce((total, summary) => total + summary.lost, 0);
  return [
    ...(worst > QUIET_WAIT
      ? [`Noise: during the edits the speaker waited for a CPU up to ${formatPercent(worst)} of its time, because others used the machine`]
      : []),
    ...(wrong > 0 ? [`Wrong: ${wrong} frames were neither a right reply nor an announcement`] : []),
    ...(lost > 0 ? [`Lost: ${lost} edits were never announced`] : []),
  ];
}
