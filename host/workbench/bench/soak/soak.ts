/**
 * `herald bench soak`: whether a speaker under churn takes more and more memory.
 *
 * On one segment a speaker as the systemd unit starts it, giving out addresses too, with arp, ndp and bgp, and a router that takes its session. Services
 * of both families come, move, change and go, one file each, so many times a second; now and then every route is told anew. What arrives is
 * counted: routes learned and withdrawn by the router, and ARP announcements on the wire. Meanwhile memory is read, and the metrics as Prometheus
 * would.
 *
 * The start and the growth of V8's heap to its working size are no leak, so the first sixth (at most ten minutes) is left out. What the slope of
 * the rest is, and how sure, is for `harness/slope.ts`. No slope: its interval reaches below 1 MB/h, which at 50 changes/s are 6 bytes a
 * change, and is narrow enough to say so.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { Segment } from "../footprint/segment.ts";
import { defineBench, type Run } from "../harness/bench.ts";
import { number, type OptionsOf } from "../harness/flags.ts";
import { soak as runSoak } from "./measure.ts";
import { createReport, isClean, type SoakReport } from "./report.ts";
import { formatReport } from "./text.ts";
import { runWatcher, type WatcherSetup } from "./watcher.ts";

const START_SECONDS = 10;

const flags = {
  minutes: number("minutes", { usual: 30, most: 10_080, help: "how long" }, "M"),
  changesPerSecond: number("changes-per-second", { usual: 50, most: 1000, help: "changes of manifests" }, "N"),
};

export type SoakOptions = OptionsOf<typeof flags>;

export const soak = defineBench({
  summary: "whether a speaker takes more and more memory while Services and routes change all the time",
  network: "all",
  flags,
  estimateSeconds: ({ minutes }) => minutes * 60 + START_SECONDS,
  measure,
  format: formatReport,
  exitCode: (report) => (isClean(report) ? 0 : 1),
  part: (setup) => runWatcher(setup as WatcherSetup),
});

async function measure(options: SoakOptions, run: Run): Promise<SoakReport> {
  const directory = mkdtempSync("/run/herald-bench-");
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  run.onInterrupt(removeDirectory);
  try {
    const done = await runSoak({
      segment: new Segment(run.herald),
      directory,
      seconds: options.minutes * 60,
      changesPerSecond: options.changesPerSecond,
      watcher: run.part,
      random: Math.random,
      tell: run.tell,
    });
    return createReport(options, done);
  } finally {
    removeDirectory();
  }
}
