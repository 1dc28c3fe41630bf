/** What two runs of `herald bench cluster` are compared by. */
import type { Figure } from "../harness/figures.ts";
import { figuresFrom, less } from "../harness/measured-figures.ts";
import type { ClusterMeasured } from "./report.ts";

export function clusterFigures({ controllers, speaker, updates, latency }: ClusterMeasured): Figure[] {
  const herald = () => "Herald";
  return [
    ...figuresFrom(latency, herald, [
      less("New Service, until the API server has it", "ms", ({ writtenMs }) => writtenMs),
      less("New Service, until its address is on record", "ms", ({ statusMs }) => statusMs),
      less("New Service, until it is announced", "ms", ({ announcedMs }) => announcedMs),
    ]),
    ...figuresFrom(controllers, ({ start }) => `Herald, ${start} start`, [
      less("Controller, until all have an address", "s", ({ allocatedMs }) => (allocatedMs === null ? null : allocatedMs / 1000)),
      less("Controller, CPU until it rests", "s", ({ restCpuSeconds }) => restCpuSeconds),
      less("Controller, resident", "MB", ({ residentBytes }) => residentBytes / 1e6),
    ]),
    ...figuresFrom([speaker], herald, [
      less("Speaker, until it rests", "s", ({ restMs }) => restMs / 1000),
      less("Speaker, resident at rest", "MB", ({ residentBytes }) => residentBytes / 1e6),
    ]),
    ...figuresFrom(updates, ({ from }) => `Herald, from ${from === "replay" ? "a replay" : "the API server"}`, [
      less("Speaker, CPU for an update of endpoints", "ms", ({ cpuSeconds, updates: count }) => (cpuSeconds * 1000) / count),
    ]),
  ];
}
