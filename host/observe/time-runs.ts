/** How long the runs of a role take: from what has changed to what is to be done. */

import type { MetricsRegistry } from "./metrics.ts";

/** Seconds: from one Service to all of a large cluster. */
const BOUNDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** To be called after each run. */
export function timeRuns(metrics: Pick<MetricsRegistry, "observe">): (tookMs: number) => void {
  return (tookMs) => metrics.observe("herald_reconcile_seconds", tookMs / 1000, BOUNDS);
}
