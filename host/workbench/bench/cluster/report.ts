/** The report of `herald bench cluster`, as `--json` prints it: every measurement, which targets were met, and what to doubt. */
import type { CommonReport } from "../harness/figures.ts";
import { describeMachine } from "../harness/machine.ts";
import { percentile } from "../harness/statistics.ts";
import { formatNumber, formatPercent } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import type { ClusterOptions } from "./cluster.ts";
import { clusterFigures } from "./figures.ts";
import type { NewService } from "./latency.ts";
import type { ControllerRun, SpeakerRun } from "./roles.ts";
import type { UpdateRun } from "./updates.ts";

export interface ClusterMeasured {
  readonly setUp: { readonly objects: number; readonly seconds: number };
  readonly controllers: readonly ControllerRun[];
  readonly speaker: SpeakerRun;
  readonly updates: readonly UpdateRun[];
  readonly latency: readonly NewService[];
}

/** Milliseconds. */
export interface LatencySummary {
  readonly until: string;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface ClusterReport extends CommonReport, ClusterMeasured {
  readonly bench: "cluster";
  readonly options: ClusterOptions;
  readonly latencies: readonly LatencySummary[];
}

const WANTED = { allocatedSeconds: 30, residentMb: 130, share: 1 / 3, statusMs: 50, announcedMs: 100 };
export const REPLAYED_PER_SECOND = 1000;
/** A replay below this share of its rate was kept from the CPU. */
const WHOLE = 0.98;

export function createReport(options: ClusterOptions, measured: ClusterMeasured): ClusterReport {
  const { controllers, speaker, updates, latency } = measured;
  const latencies = [
    summarize("the write is answered", latency, ({ writtenMs }) => writtenMs),
    summarize("the address is on record", latency, ({ statusMs }) => statusMs),
    summarize("it is announced", latency, ({ announcedMs }) => announcedMs),
  ] as const;
  const [, status, announced] = latencies;
  const allocatedSeconds = (controllers[0]?.allocatedMs ?? Number.NaN) / 1000;
  const replayed = updates.find(({ from }) => from === "replay");
  const share = replayed === undefined ? Number.NaN : replayed.cpuSeconds / replayed.seconds;
  const targets = [
    below("Controller, from start to all allocated", WANTED.allocatedSeconds, allocatedSeconds, "s"),
    below("Speaker, resident at rest", WANTED.residentMb, speaker.residentBytes / 1e6, "MB"),
    {
      what: `Speaker, ${REPLAYED_PER_SECOND.toLocaleString("en-US")} endpoint updates/s`,
      wanted: `below ${formatPercent(WANTED.share)} of a core`,
      found: formatPercent(share),
      isMet: share < WANTED.share,
    },
    below("New Service, write to status, p50", WANTED.statusMs, status.p50, "ms"),
    below("New Service, write to announcement, p50", WANTED.announcedMs, announced.p50, "ms"),
  ];
  return {
    bench: "cluster",
    machine: describeMachine(),
    options,
    ...measured,
    latencies,
    figures: clusterFigures(measured),
    targets,
    notes: findNotes(measured),
  };
}

function summarize(until: string, latency: readonly NewService[], value: (one: NewService) => number): LatencySummary {
  const sorted = latency.map(value).sort((left, right) => left - right);
  const at = (share: number) => percentile(sorted, share);
  return { until, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

function below(what: string, most: number, found: number, unit: string): Target {
  return { what, wanted: `below ${formatNumber(most)} ${unit}`, found: `${formatNumber(found)} ${unit}`, isMet: found < most };
}

function findNotes({ controllers, updates }: ClusterMeasured): string[] {
  const warm = controllers.find(({ start }) => start === "warm");
  const replayed = updates.find(({ from }) => from === "replay");
  const rate = replayed === undefined ? REPLAYED_PER_SECOND : replayed.updates / replayed.seconds;
  return [
    ...(warm !== undefined && warm.changes > 0
      ? [`Wrong: a controller that found everything on record made ${warm.changes} changes of Services`]
      : []),
    ...(rate < REPLAYED_PER_SECOND * WHOLE
      ? [`Noise: the replay sent only ${formatNumber(rate)} updates/s, because others used the machine`]
      : []),
  ];
}
