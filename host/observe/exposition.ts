/** Metrics as the text that Prometheus reads. prom-client is loaded with the first of it: most of its 11 MB are for what we do not use. */

import type { Gauge } from "prom-client";
import type { HistogramCounts } from "./histogram.ts";
import type { Family, Sample } from "./metric-series.ts";

/** As `Content-Type` has it. */
export const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

interface Line {
  /** Absent: the family's. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export async function toText(families: readonly Family[]): Promise<string> {
  const { Registry } = await import("prom-client");
  const registry = new Registry();
  for (const { name, help, type, samples } of families) {
    const get = async () => ({ name, help, type, values: [...samples.values()].flatMap(linesOf) });
    // Its own kinds of metrics keep values themselves; the registry asks of them no more than this.
    registry.registerMetric({ name, get } as unknown as Gauge);
  }
  return registry.metrics();
}

function linesOf({ name, labels, value }: Sample): Line | Line[] {
  return typeof value === "number" ? { labels, value } : histogramLines(name, labels, value);
}

function histogramLines(name: string, labels: Sample["labels"], { bounds, counts, sum }: HistogramCounts): Line[] {
  let total = 0;
  const buckets = counts.map((count, at) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le: bounds[at] ?? "+Inf" },
    value: (total += count),
  }));
  return [...buckets, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: total }];
}
