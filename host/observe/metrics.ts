/** Counters and gauges by name and labels, kept until somebody reads them. */

import type { Metrics } from "../announcer.ts";

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricsRegistry extends Metrics {
  samples(): readonly Sample[];
}

export function createMetrics(): MetricsRegistry {
  const samples = new Map<string, Sample & { value: number }>();
  const sample = (name: string, labels: Readonly<Record<string, string>>): { value: number } => {
    const key = JSON.stringify([name, ...Object.entries(labels).sort()]);
    let found = samples.get(key);
    if (found === undefined) samples.set(key, (found = { name, labels: { ...labels }, value: 0 }));
    return found;
  };
  return {
    count(name, labels = {}, by = 1) {
      sample(name, labels).value += by;
    },
    gauge(name, value, labels = {}) {
      sample(name, labels).value = value;
    },
    samples: () => Array.from(samples.values(), (sample) => ({ ...sample })),
  };
}
