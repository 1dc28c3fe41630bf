/** The report of a bench of neighbor answers for people. */

import { formatMachine } from "../harness/machine.ts";
import { summarize } from "../harness/statistics.ts";
import { type Column, formatCount, formatInterval, formatNumber, formatPercent, formatTable } from "../harness/table.ts";
import { formatTargets } from "../harness/targets.ts";
import { names } from "./contenders.ts";
import type { AnswersReport, OnWire } from "./report.ts";
import type { AnswersSummary } from "./summary.ts";

export function formatReport(report: AnswersReport): string {
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

function formatSetting({ machine, options, wire }: AnswersReport): string {
  const { vips, rounds, seconds } = options;
  const lines = [
    formatMachine(machine),
    `${formatNumber(vips)} VIPs, ${rounds} interleaved round${rounds === 1 ? "" : "s"}, ${seconds} s a load; medians, and where the true median lies with 90 % confidence`,
  ];
  if (wire?.pinning.ok) lines.push(`Generator on CPU ${wire.pinning.cpus[0]}, responder on CPU ${wire.pinning.cpus[1]}`);
  return lines.join("\n");
}

function formatLoads({ emptyNodeBytes }: OnWire, summaries: readonly AnswersSummary[]): string[] {
  const answering = summaries.filter(({ responder }) => responder !== names.nobody);
  const loads = [...new Set(answering.map(({ load }) => load))];
  return loads.map((load) => {
    const rows = answering.filter((summary) => summary.load === load);
    const [title, columns] =
      load === "flood" ? ["Flooded", floodColumns(emptyNodeBytes)] : [`At ${formatNumber(load)} requests/s`, pacedColumns];
    return `${title}\n${formatTable(columns, rows)}`;
  });
}

const costColumns: readonly Column<AnswersSummary>[] = [
  { heading: "responder", cell: ({ responder }) => responder, isText: true },
  { heading: "CPU ns/reply", cell: ({ cpuNs }) => cpuNs && formatNumber(cpuNs.median) },
  { heading: "interval", cell: ({ cpuNs }) => cpuNs && formatInterval(cpuNs) },
  { heading: "min", cell: ({ cpuNs }) => cpuNs && formatNumber(cpuNs.min) },
  { heading: "of C, batched", cell: ({ ofBatchedC }) => ofBatchedC && formatPercent(ofBatchedC.median, 1) },
  { heading: "of C, one call", cell: ({ ofSingleC }) => ofSingleC && formatPercent(ofSingleC.median, 1) },
];

function floodColumns(emptyNodeBytes: number): Column<AnswersSummary>[] {
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

const pacedColumns: readonly Column<AnswersSummary>[] = [
  ...costColumns,
  { heading: "requests", cell: ({ requests }) => formatCount(requests) },
  { heading: "lost", cell: ({ lost }) => formatCount(lost) },
  { heading: "quiet rounds", cell: ({ quietRounds }) => `${quietRounds}` },
  { heading: "lost in those", cell: ({ lostInQuietRounds }) => formatCount(lostInQuietRounds) },
  { heading: "p50 µs", cell: ({ latencyMicros }) => latencyMicros && formatNumber(latencyMicros.p50) },
  { heading: "p90 µs", cell: ({ latencyMicros }) => latencyMicros && formatNumber(latencyMicros.p90) },
  { heading: "p99 µs", cell: ({ latencyMicros }) => latencyMicros && formatNumber(latencyMicros.p99) },
];

function formatChecks(summaries: readonly AnswersSummary[]): string {
  const sum = (value: (summary: AnswersSummary) => number) => formatNumber(summaries.reduce((total, summary) => total + value(summary), 0));
  return `${sum(({ checked }) => checked)} replies checked field by field, ${sum(({ wrong }) => wrong)} wrong`;
}
