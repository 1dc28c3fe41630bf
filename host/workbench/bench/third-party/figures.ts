/** What two runs of `herald bench plugins` are compared by. */
import type { Figure } from "../harness/figures.ts";
import type { Measured } from "../harness/interleave.ts";
import { figuresFrom, less } from "../harness/measured-figures.ts";
import { summarize } from "../harness/statistics.ts";
import { formatCount } from "../harness/table.ts";
import type { BesideRun } from "./beside.ts";
import type { CostRun } from "./cost.ts";

export const cpuNs = ({ runNs, result }: BesideRun): number => runNs / result.replies;
export const repliesPerSecond = ({ result }: BesideRun): number => result.replies / (result.elapsedNs / 1e9);

export function pluginsFigures(costs: readonly Measured<CostRun>[], beside: readonly Measured<BesideRun>[]): Figure[] {
  const ofCost = ({ mode, plugins }: CostRun) =>
    `${mode === "process" ? "a process each" : "cells"}, ${plugins} plugin${plugins === 1 ? "" : "s"}`;
  const loads = [...new Set(beside.map(({ load }) => load))];
  return [
    ...figuresFrom(costs, ofCost, [
      less("Start of an idle plugin", "ms", ({ startMs }) => summarize(startMs).median),
      less("Memory of an idle plugin", "MB", ({ memoryBytes, plugins }) => memoryBytes / 1e6 / plugins),
      less("Call to a plugin and back, p50", "µs", ({ callMicros }) => callMicros.p50),
      less("Call to a plugin and back, p99", "µs", ({ callMicros }) => callMicros.p99),
    ]),
    ...loads.flatMap((load) => {
      const words = load === "flood" ? "flooded" : `${formatCount(load)} requests/s`;
      return figuresFrom(
        beside.filter((run) => run.load === load),
        ({ contender }) => contender,
        [
          less<Measured<BesideRun>>(`CPU per ARP reply, ${words}`, "ns", cpuNs),
          { what: `ARP replies, ${words}`, unit: "1/s", better: "more" as const, value: repliesPerSecond },
          less(`Latency of ARP p99, ${words}`, "µs", ({ result }) => result.latencyMicros?.p99 ?? null),
        ],
      );
    }),
  ];
}
