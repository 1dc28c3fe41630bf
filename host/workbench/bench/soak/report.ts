/** The report of `herald bench soak`, as `--json` prints it. */
import type { CommonReport, Figure, Series } from "../harness/figures.ts";
import { describeMachine } from "../harness/machine.ts";
import { estimateSlope, type Slope } from "../harness/slope.ts";
import { formatCount, formatNumber } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import type { SoakRun } from "./measure.ts";
import type { MemorySample } from "./samples.ts";
import type { SoakOptions } from "./soak.ts";

export interface MemorySlope {
  readonly of: keyof typeof memories;
  readonly firstMb: number;
  readonly lastMb: number;
  /** Of the samples after the warm-up, MB/h; null: they are too few. */
  readonly mbPerHour: Slope | null;
}

export interface SoakReport extends CommonReport {
  readonly bench: "soak";
  readonly options: SoakOptions;
  readonly run: SoakRun;
  readonly warmUpSeconds: number;
  readonly slopes: readonly MemorySlope[];
}

export const memories = {
  RSS: ({ residentBytes }: MemorySample) => residentBytes,
  PSS: ({ proportionalBytes }: MemorySample) => proportionalBytes,
  anonymous: ({ anonymousBytes }: MemorySample) => anonymousBytes,
  "JavaScript heap, used": ({ heapUsedBytes }: MemorySample) => heapUsedBytes,
  "JavaScript heap": ({ heapTotalBytes }: MemorySample) => heapTotalBytes,
} as const;

const WARM_UP_SHARE = 1 / 6;
const MOST_WARM_UP_SECONDS = 600;
/** Less is none. */
const NO_SLOPE_MB_PER_HOUR = 1;
/** Of the interval, on each side of the slope: what is less sure shows nothing. */
const SURE_MB_PER_HOUR = 12;
/** Of the changes that were asked for: on a machine that is too slow, the load was another. */
const FEWEST_CHANGES = 0.95;

export function createReport(options: SoakOptions, run: SoakRun): SoakReport {
  const warmUpSeconds = Math.min(run.seconds * WARM_UP_SHARE, MOST_WARM_UP_SECONDS);
  const slopes = (Object.keys(memories) as (keyof typeof memories)[]).map((of) => measureSlope(of, run.samples, warmUpSeconds));
  return {
    bench: "soak",
    machine: describeMachine(),
    options,
    run,
    warmUpSeconds,
    slopes,
    figures: slopes.flatMap(figuresOf),
    series: Object.entries(memories).map(([of, read]) => seriesOf(of, read, run.samples)),
    targets: [judgeSlope(slopes[0]), judgeArrivals(run), judgeEnd(run)],
    notes: findNotes(options, run),
  };
}

/** It ended as it should, no change was lost, and memory does not rise for sure. */
export function isClean({ targets }: Pick<SoakReport, "targets">): boolean {
  return targets.every(({ isMet }) => isMet !== false);
}

function measureSlope(of: keyof typeof memories, samples: readonly MemorySample[], warmUpSeconds: number): MemorySlope {
  const known = samples.flatMap((sample) => {
    const bytes = memories[of](sample);
    return bytes === null ? [] : [[sample.atSeconds, bytes / 1e6] as const];
  });
  const warm = known.filter(([seconds]) => seconds >= warmUpSeconds).map(([seconds, mb]) => [seconds / 3600, mb] as const);
  return { of, firstMb: known[0]?.[1] ?? 0, lastMb: known.at(-1)?.[1] ?? 0, mbPerHour: estimateSlope(warm) ?? null };
}

function figuresOf({ of, lastMb, mbPerHour }: MemorySlope): Figure[] {
  return [
    { what: "Memory at the end", of, unit: "MB", better: "less", values: [lastMb] },
    { what: "Slope of memory", of, unit: "MB/h", better: "less", values: [mbPerHour?.slope ?? null] },
  ];
}

function seriesOf(of: string, read: (sample: MemorySample) => number | null, samples: readonly MemorySample[]): Series {
  const points = samples.flatMap((sample) => {
    const bytes = read(sample);
    return bytes === null ? [] : [[sample.atSeconds, bytes / 1e6] as const];
  });
  return { what: "Memory under churn", of, unit: "MB", along: "s", points };
}

export function judgeSlope(found: MemorySlope | undefined): Target {
  const what = `No slope of ${found?.of ?? "RSS"}`;
  const wanted = `below ${NO_SLOPE_MB_PER_HOUR} MB/h, or none for sure`;
  const slope = found?.mbPerHour ?? null;
  if (slope === null) return { what, wanted, found: null, isMet: null };
  const text = `${formatNumber(slope.slope)} (${formatNumber(slope.low)} to ${formatNumber(slope.high)}) MB/h`;
  if (slope.low > 0 && slope.high >= NO_SLOPE_MB_PER_HOUR) return { what, wanted, found: text, isMet: false };
  const isSure = slope.high - slope.slope <= SURE_MB_PER_HOUR;
  return { what, wanted, found: isSure ? text : `${text}: too unsure to say`, isMet: isSure ? true : null };
}

function judgeArrivals({ arrivals }: SoakRun): Target {
  const all = Object.values(arrivals);
  const sum = (value: "expected" | "arrived") => all.reduce((total, one) => total + one[value], 0);
  const [expected, arrived] = [sum("expected"), sum("arrived")];
  const found = `${formatCount(arrived)} of ${formatCount(expected)}`;
  return { what: "Changes that arrived", wanted: "all", found, isMet: expected > 0 && arrived === expected };
}

function judgeEnd({ troubles }: SoakRun): Target {
  return { what: "Clean end", wanted: "yes", found: troubles.length === 0 ? "yes" : "no", isMet: troubles.length === 0 };
}

function findNotes({ changesPerSecond }: SoakOptions, { changes, seconds, lost, overtaken, troubles }: SoakRun): string[] {
  const perSecond = Object.values(changes).reduce((sum, count) => sum + count, 0) / seconds;
  return [
    ...troubles.map((trouble) => `Not clean: ${trouble}`),
    ...(lost.length > 0 ? [`Lost: ${lost.join(", ")}${lost.length > 1 ? ", and perhaps more" : ""}`] : []),
    ...(overtaken > 0
      ? [`Noise: ${formatCount(overtaken)} routes went again before they were told, since this machine was too slow for them`]
      : []),
    ...(perSecond < changesPerSecond * FEWEST_CHANGES ? [`Noise: only ${formatNumber(perSecond)} changes/s could be made`] : []),
  ];
}
