/**
 * What is told of the process itself. prom-client's own defaults are not used: they wake a small board a hundred times a second to measure
 * the event loop, and walk its handles, heap spaces and /proc at every reading. These cost 0.1 ms a reading and nothing between them.
 */

import type { Close } from "../announcer.ts";
import type { MetricsRegistry, TellMetric } from "./metrics.ts";

export function collectProcess(metrics: Pick<MetricsRegistry, "collect">, version: string): Close {
  const startedAt = Date.now() / 1000 - process.uptime();
  return metrics.collect((tell: TellMetric) => {
    const { user, system } = process.cpuUsage();
    const { rss, heapTotal, heapUsed } = process.memoryUsage();
    tell("herald_build_info", 1, { version, nodejs: process.version });
    tell("process_cpu_seconds_total", (user + system) / 1e6);
    tell("process_start_time_seconds", startedAt);
    tell("process_resident_memory_bytes", rss);
    tell("nodejs_heap_size_total_bytes", heapTotal);
    tell("nodejs_heap_size_used_bytes", heapUsed);
    tell("herald_event_loop_busy_seconds_total", performance.eventLoopUtilization().active / 1000);
  });
}
