/** The report of `herald bench manifests` for people. */

import { formatMachine } from "../harness/machine.ts";
import { type Summary, summarize } from "../harness/statistics.ts";
import { type Column, formatInterval, formatNumber, formatTable } from "../harness/table.ts";
import { formatTargets } from "../harness/targets.ts";
import type { EditSummary, ManifestsReport, OnWire, Rest, StartSummary } from "./report.ts";
import { places } from "./report.ts";

export function formatReport(report: ManifestsReport): string {
  const { wire, starts, edits, targets, notes } = report;
  const onWire =
    wire === null
      ? []
      : [
          `From the start of the process to answers\n${formatTable(startColumns(wire), starts)}`,
          `At rest\n${formatTable(restColumns(wire), wire.rests)}`,
          `From an edit to the announcement of its VIP\n${formatTable(editColumns(wire), edits)}`,
        ];
  return `${[formatSetting(report), ...onWire, formatCosts(report), formatTargets(targets), ...notes].join("\n\n")}\n`;
}

function formatSetting({ machine, options }: ManifestsReport): string {
  const { services, rounds, edits, directory } = options;
  return [
    formatMachine(machine),
    `${services.toLocaleString("en-US")} Services, manifests in ${directory ?? "memory"}; ${rounds} interleaved rounds, medians, and where the true median`,
    `lies with 90 % confidence; ${edits} edits of a file of 100 KB`,
  ].join("\n");
}

function startColumns(wire: OnWire): Column<StartSummary>[] {
  const time = (heading: string, value: (summary: StartSummary) => Summary): Column<StartSummary>[] => [
    { heading, cell: (summary) => formatNumber(value(summary).median) },
    { heading: "interval", cell: (summary) => formatInterval(value(summary)) },
  ];
  return [
    { heading: "start", cell: ({ start }) => start, isText: true },
    ...time("first answer ms", ({ firstMs }) => firstMs),
    ...time("first and last VIP ms", ({ endsMs }) => endsMs),
    ...time("all VIPs ms", ({ allMs }) => allMs),
    ...memoryColumns(wire, ({ residentBytes }: StartSummary) => residentBytes.median),
  ];
}

function memoryColumns<Row>({ emptyNodeBytes }: OnWire, bytes: (row: Row) => number): Column<Row>[] {
  return [
    { heading: "RSS MB", cell: (row) => formatNumber(bytes(row) / 1e6) },
    { heading: "above an empty Node", cell: (row) => formatNumber((bytes(row) - emptyNodeBytes) / 1e6) },
  ];
}

const restColumns = (wire: OnWire): Column<Rest>[] => [
  { heading: "Services", cell: ({ services }) => services.toLocaleString("en-US") },
  ...memoryColumns(wire, ({ residentBytes }: Rest) => residentBytes),
];

const editColumns = (wire: OnWire): Column<EditSummary>[] => [
  { heading: "file", cell: ({ place }) => places[place], isText: true },
  { heading: "saved", cell: ({ way }) => way, isText: true },
  { heading: "edits", cell: ({ edits }) => `${edits}` },
  { heading: "p50 ms", cell: ({ p50 }) => formatNumber(p50) },
  { heading: "p90 ms", cell: ({ p90 }) => formatNumber(p90) },
  { heading: "p99 ms", cell: ({ p99 }) => formatNumber(p99) },
  { heading: "max ms", cell: ({ max }) => formatNumber(max) },
  ...memoryColumns(wire, ({ residentBytes }: EditSummary) => residentBytes),
];

function formatCosts({ costs: { parse, reconcile }, options }: ManifestsReport): string {
  const median = (values: readonly number[]) => formatNumber(summarize(values).median);
  return [
    "In this process, median ms",
    `  parsing after an edit, ${parse.parsedAgain} of ${parse.documents} documents parsed again: ${median(parse.tookMs)}`,
    `  one run of the reconciler, ${options.services.toLocaleString("en-US")} Services on 3 nodes, after a change`,
    `    of one Service: ${median(reconcile.serviceMs)}`,
    `    of one Node: ${median(reconcile.nodeMs)} (from nothing: ${formatNumber(reconcile.firstMs)})`,
  ].join("\n");
}
