/** The report of `herald bench bgp` for people. */

import { formatMachine } from "../harness/machine.ts";
import { summarize } from "../harness/statistics.ts";
import { type Column, formatCount, formatInterval, formatNumber, formatPercent, formatTable } from "../harness/table.ts";
import { formatTargets } from "../harness/targets.ts";
import { type BgpReport, type BgpSummary, limitMsOf } from "./report.ts";
import { REPLAY } from "./senders.ts";

export function formatReport(report: BgpReport): string {
  const { wire, summaries, targets, notes } = report;
  const parts = [
    formatSetting(report),
    formatCodec(report),
    ...formatTables(report),
    ...(wire?.notRun ?? []).map(({ name, reason }) => `${name}: not run: ${reason}`),
    ...(summaries.length > 0 ? [LEGEND] : []),
    formatTargets(targets),
    ...notes,
  ];
  return `${parts.join("\n\n")}\n`;
}

const LEGEND =
  "to last: from Established until the receiver has every route. withdraw: from the order to the last withdrawal. change: from the order\n" +
  "to change one route until it is there. CPU: of the sender until the last route. loaded: resident memory with all routes and no session.\n" +
  `${REPLAY}: the same UPDATEs written from memory, which is what the receiver can take. routers have their routes from a feeder,\n` +
  "so what they withdraw or change they hear of first; Herald is told by apply, exabgp through a pipe.";

function formatSetting({ machine, options }: BgpReport): string {
  const { rounds } = options;
  return [
    formatMachine(machine),
    `${rounds} interleaved round${rounds === 1 ? "" : "s"}; medians, and where the true median lies with 90 % confidence`,
  ].join("\n");
}

function formatCodec({ codec }: BgpReport): string {
  const columns: readonly Column<BgpReport["codec"][number]>[] = [
    { heading: "routes", cell: ({ routes }) => formatCount(routes) },
    { heading: "attribute sets", cell: ({ sets }) => formatCount(sets) },
    { heading: "encode ns/route", cell: ({ encodeNs }) => formatNumber(summarize(encodeNs).median) },
    { heading: "interval", cell: ({ encodeNs }) => formatInterval(summarize(encodeNs)) },
    { heading: "min", cell: ({ encodeNs }) => formatNumber(summarize(encodeNs).min) },
    { heading: "with copies ns/route", cell: ({ packNs }) => formatNumber(summarize(packNs).median) },
    { heading: "diff of equals ms", cell: ({ equalMs }) => formatNumber(summarize(equalMs).median) },
    { heading: "interval", cell: ({ equalMs }) => formatInterval(summarize(equalMs)) },
    { heading: "every row changed ms", cell: ({ changedMs }) => formatNumber(summarize(changedMs).median) },
  ];
  return `Encoding and diffing alone, in WebAssembly memory\n${formatTable(columns, codec)}`;
}

function formatTables({ summaries, options }: BgpReport): string[] {
  const titles = [...new Set(summaries.map(titleOf))];
  return titles.map((title) => {
    const rows = summaries.filter((summary) => titleOf(summary) === title);
    const failures = rows.flatMap(({ sender, failures }) => failures.map((failure) => `\n${sender}: ${failure.split("\n")[0]}`));
    return `${title}\n${formatTable(columnsFor(limitMsOf(options)), rows)}${failures.join("")}`;
  });
}

function titleOf({ routes, sets }: BgpSummary): string {
  return `${formatCount(routes)} routes, ${formatCount(sets)} attribute set${sets === 1 ? "" : "s"}`;
}

function columnsFor(limitMs: number): readonly Column<BgpSummary>[] {
  const late = `> ${limitMs / 1000} s`;
  return [
    { heading: "sender", cell: ({ sender }) => sender, isText: true },
    { heading: "to last ms", cell: ({ announceMs }) => (announceMs === null ? late : formatNumber(announceMs.median)) },
    { heading: "interval", cell: ({ announceMs }) => announceMs && formatInterval(announceMs) },
    { heading: "routes/s", cell: ({ announceMs, routes }) => announceMs && formatNumber((routes / announceMs.median) * 1000) },
    { heading: "Herald's of it", cell: ({ heraldOver }) => heraldOver && formatPercent(heraldOver.median, 1) },
    {
      heading: "withdraw ms",
      cell: ({ sender, announceMs, withdrawMs }) => {
        if (withdrawMs !== null) return formatNumber(withdrawMs.median);
        return sender === REPLAY || announceMs === null ? null : late;
      },
    },
    { heading: "change p50 ms", cell: ({ changeMs }) => changeMs && formatNumber(changeMs.p50) },
    { heading: "p99 ms", cell: ({ changeMs }) => changeMs && formatNumber(changeMs.p99) },
    { heading: "CPU ms", cell: ({ cpuMs }) => cpuMs && formatNumber(cpuMs.median) },
    { heading: "receiver CPU ms", cell: ({ receiverCpuMs }) => receiverCpuMs && formatNumber(receiverCpuMs.median) },
    { heading: "messages", cell: ({ messages }) => messages && formatCount(messages) },
    {
      heading: "loaded MB",
      cell: ({ loadedBytes, sender }) => (sender === REPLAY ? null : loadedBytes && formatNumber(loadedBytes.median / 1e6)),
    },
    { heading: "peak MB", cell: ({ peakBytes, sender }) => (sender === REPLAY ? null : peakBytes && formatNumber(peakBytes.median / 1e6)) },
  ];
}
