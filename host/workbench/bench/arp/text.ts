/** The report of `herald bench arp` for people. */

import { summarize } from "../harness/statistics.ts";
import { type Column, formatInterval, formatNumber, formatPercent, formatTable } from "../harness/table.ts";
import { formatTargets } from "../harness/targets.ts";
import type { ArpReport, OnWire } from "./report.ts";
import { names } from "./responders.ts";
import type { ArpSummary } from "./summary.ts";

export function formatReport(report: ArpReport): string {
  const { wire, programNs, summaries, targets, notes } = report;
  const program = summarize(programNs);
  const parts = [
    formatSetting(report),
    `Packet program alone: ${formatNumber(program.median)} ns a frame (${formatInterval(program)})`,
    ...(wire === null ? [] : [...formatLoads(wire, summaries), formatChecks(summaries)]),
    formatTargets(targets),
    ...notes,
  ];
  return `${parts.join("\n\n")}\n`;
}

function formatSetting({ machine, options, wire }: ArpReport): string {
  const { vips, rounds, seconds } = options;
  const lines = [
    `${machine.cpu}, ${machine.cores} CPUs, ${machine.kernel}, Node ${machine.node}`,
    `${formatNumber(vips)} VIPs, ${rounds} interleaved round${rounds === 1 ? "" : "s"}, ${seconds} s a load; medians, and where the true median lies with 90 % confidence`,
  ];
  if (wire?.pinning.ok) lines.push(`Generator on CPU ${wire.pinning.cpus[0]}, responder on CPU ${wire.pinning.cpus[1]}`);
  return lines.join("\n");
}

function formatLoads({ notRun, emptyNodeBytes }: OnWire, summaries: readonly ArpSummary[]): string[] {
  const answering = summaries.filter(({ responder }) => responder !== names.nobody);
  const loads = [...new Set(answering.map(({ load }) => load))];
  const absent = notRun.map(({ name, reason }) => `\n${name}: not run: ${reason}`).join("");
  return loads.map((load) => {
    const rows = answering.filter((summary) => summary.load === load);
    const [title, columns] =
      load === "flood" ? ["Flooded", floodColumns(emptyNodeBytes)] : [`At ${formatNumber(load)} requests/s`, pacedColumns];
    return `${title}\n${formatTable(columns, rows)}${absent}`;
  });
}

const costColumns: readonly Column<ArpSummary>[] = [
  { heading: "responder", cell: ({ responder }) => responder, isText: true },
  { heading: "CPU ns/reply", cell: ({ cpuNs }) => cpuNs && formatNumber(cpuNs.median) },
  { heading: "interval", cell: ({ cpuNs }) => cpuNs && formatInterval(cpuNs) },
  { heading: "min", cell: ({ cpuNs }) => cpuNs && formatNumber(cpuNs.min) },
  { heading: "of C, batched", cell: ({ ofBatchedC }) => ofBatchedC && formatPercent(ofBatchedC.median, 1) },
  { heading: "of C, one call", cell: ({ ofSingleC }) => ofSingleC && formatPercent(ofSingleC.median, 1) },
];

function floodColumns(emptyNodeBytes: number): Column<ArpSummary>[] {
  return [
    ...costColumns,
    { heading: "replies/s", cell: ({ repliesPerSecond }) => formatNumber(repliesPerSecond.median) },
    { heading: "answered", cell: ({ lost, requests }) => formatPercent(1 - lost / requests, 1) },
    { heading: "generator ns/request", cell: ({ generatorNs }) => formatNumber(generatorNs.median) },
    { heading: "RSS MB", cell: ({ residentBytes }) => residentBytes && formatNumber(residentBytes / 1e6) },
    {
      heading: "above an empty Node",
      cell: ({ residentBytes, responder }) =>
        residentBytes && responder.startsWith("Herald") ? formatNumber((residentBytes - emptyNodeBytes) / 1e6) : null,
    },
  ];
}

const pacedColumns: readonly Column<ArpSummary>[] = [
  ...costColumns,
  { heading: "requests", cell: ({ requests }) => formatNumber(requests) },
  { heading: "lost", cell: ({ lost }) => formatNumber(lost) },
  { heading: "quiet rounds", cell: ({ quietRounds }) => `${quietRounds}` },
  { heading: "lost in those", cell: ({ lostInQuietRounds }) => formatNumber(lostInQuietRounds) },
  { heading: "p50 µs", cell: ({ latencyMicros }) => latencyMicros && formatNumber(latencyMicros.p50) },
  { heading: "p99 µs", cell: ({ latencyMicros }) => latencyMicros && formatNumber(latencyMicros.p99) },
];

function formatChecks(summaries: readonly ArpSummary[]): string {
  const sum = (value: (summary: ArpSummary) => number) => formatNumber(summaries.reduce((total, summary) => total + value(summary), 0));
  return `${sum(({ checked }) => checked)} replies checked field by field, ${sum(({ wrong }) => wrong)} wrong`;
}
