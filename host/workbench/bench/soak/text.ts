/** The report of `herald bench soak` for people. */

import { formatMachine } from "../harness/machine.ts";
import { type Column, formatCount, formatNumber, formatTable } from "../harness/table.ts";
import { formatTargets } from "../harness/targets.ts";
import type { MemorySlope, SoakReport } from "./report.ts";

export function formatReport(report: SoakReport): string {
  const { slopes, targets, notes } = report;
  const memory = `Memory\n${formatTable(columns, slopes)}`;
  return `${[formatSetting(report), memory, formatArrivals(report), formatTargets(targets), ...notes].join("\n\n")}\n`;
}

const columns: readonly Column<MemorySlope>[] = [
  { heading: "memory", cell: ({ of }) => of, isText: true },
  { heading: "first MB", cell: ({ firstMb }) => formatNumber(firstMb) },
  { heading: "last MB", cell: ({ lastMb }) => formatNumber(lastMb) },
  { heading: "slope MB/h", cell: ({ mbPerHour }) => mbPerHour && formatNumber(mbPerHour.slope) },
  { heading: "95 % interval", cell: ({ mbPerHour }) => mbPerHour && `${formatNumber(mbPerHour.low)} to ${formatNumber(mbPerHour.high)}` },
  { heading: "autocorrelation", cell: ({ mbPerHour }) => mbPerHour?.autocorrelation.toFixed(2) ?? null },
];

function formatSetting({ machine, options, run, warmUpSeconds, slopes }: SoakReport): string {
  return [
    formatMachine(machine),
    `${formatNumber(run.seconds / 60)} min of ${formatNumber(options.changesPerSecond)} changes/s, ${run.samples.length} samples; slopes are of what comes after ${formatNumber(warmUpSeconds / 60)} min,`,
    `of the medians of ${slopes[0]?.mbPerHour?.blocks ?? 0} spans, with intervals that are wider the more each span is like the one before`,
  ].join("\n");
}

function formatArrivals({ run: { changes, arrivals, waitMs } }: SoakReport): string {
  const made = Object.entries(changes).map(([kind, count]) => `${formatCount(count)} ${kind}`);
  const of = ({ arrived, expected }: { arrived: number; expected: number }) => `${formatCount(arrived)} of ${formatCount(expected)}`;
  return [
    `Changes made: ${made.join(", ")}`,
    `Arrived: at the router ${of(arrivals.learned)} routes learned and ${of(arrivals.withdrawn)} withdrawn; on the wire ${of(arrivals.announced)} VIPs announced by ARP`,
    ...(waitMs === null
      ? []
      : [
          `From a change to the router: p50 ${formatNumber(waitMs.p50)}, p99 ${formatNumber(waitMs.p99)}, at most ${formatNumber(waitMs.max)} ms`,
        ]),
  ].join("\n");
}
