/** The report of `herald bench failover` for people. */

import { formatMachine } from "../harness/machine.ts";
import { type Column, formatCount, formatNumber, formatTable } from "../harness/table.ts";
import { formatTargets } from "../harness/targets.ts";
import type { Calm } from "./calm.ts";
import { cases } from "./cases.ts";
import type { FailoverReport, FailoverSummary, Spread } from "./report.ts";

export function formatReport({ machine, options, summaries, calms, failures, targets, notes }: FailoverReport): string {
  const used = cases.filter(({ name }) => summaries.some((summary) => summary.case === name));
  const parts = [
    `${formatMachine(machine)}; ${options.trials} trials of each case`,
    ...(used.length > 0
      ? [used.map(({ name, summary }) => `${name}: ${summary}`).join("\n"), formatTable(columns, summaries), LEGEND]
      : []),
    ...(calms.length > 0 ? [`No fault, cores kept busy\n${formatTable(calmColumns, calms)}`] : []),
    ...summaries.flatMap(failuresOf),
    ...failures.map(({ case: name, nodes, trial, reason }) => `${nodes} nodes, ${name}, trial ${trial + 1} was not finished: ${reason}`),
    formatTargets(targets),
    ...notes,
  ];
  return `${parts.join("\n\n")}\n`;
}

const LEGEND =
  "warm ms: longest time without an answered probe (p50/p95/max of the trials), of a client that has the VIP in its neighbor table.\n" +
  "cold ms: the same of questions for the VIP by ARP or NDP. after: from the end of the fault until the first owner had its VIPs back.\n" +
  "lost: probes, during/after. stray: a node that had stood still spoke for its VIP within 3 s of its return.\n" +
  "waited: the speaker that took over was ready to run, and got no CPU, for so long of the time between fault and take-over. pause: the client's own.";

const spread = ({ p50, p95, max }: Spread): string => [p50, p95, max].map((ms) => ms.toFixed(0)).join("/");

const columns: readonly Column<FailoverSummary>[] = [
  { heading: "nodes", cell: ({ nodes }) => `${nodes}` },
  { heading: "case", cell: (summary) => summary.case, isText: true },
  { heading: "IPv", cell: ({ family }) => `${family}` },
  { heading: "trials", cell: ({ trials }) => `${trials}` },
  { heading: "warm ms", cell: ({ warmMs }) => spread(warmMs) },
  { heading: "cold ms", cell: ({ coldMs }) => spread(coldMs) },
  { heading: "warm after ms", cell: ({ afterMs }) => spread(afterMs) },
  { heading: "cold after ms", cell: ({ coldAfterMs }) => spread(coldAfterMs) },
  { heading: "lost", cell: ({ lost, lostAfter }) => `${formatCount(lost)}/${formatCount(lostAfter)}` },
  {
    heading: "connections lost",
    cell: ({ connections, lostConnections }) => connections && `${formatCount(lostConnections)} of ${formatCount(connections)}`,
  },
  { heading: "stray", cell: ({ stray }) => stray && `${stray}` },
  { heading: "healed ms", cell: ({ healMs }) => healMs && spread(healMs) },
  {
    heading: "took over",
    cell: ({ tookOver }) =>
      Object.entries(tookOver)
        .map(([node, times]) => `${node} ${times}`)
        .join(", "),
    isText: true,
  },
  { heading: "waited ms", cell: ({ waitedMs }) => spread(waitedMs) },
  { heading: "pause ms", cell: ({ pauseMs }) => formatNumber(pauseMs) },
];

const calmColumns: readonly Column<Calm>[] = [
  { heading: "nodes", cell: ({ nodes }) => `${nodes}` },
  { heading: "minutes", cell: ({ minutes }) => formatNumber(minutes) },
  { heading: "busy processes", cell: ({ busy }) => `${busy}` },
  { heading: "false take-overs", cell: ({ falseTakeOvers }) => `${falseTakeOvers}` },
  { heading: "probes lost", cell: ({ lost }) => formatCount(lost) },
  { heading: "longest outage ms", cell: ({ longestOutageMs }) => formatNumber(longestOutageMs) },
  { heading: "longest cold ms", cell: ({ longestColdMs }) => formatNumber(longestColdMs) },
  { heading: "client's pause ms", cell: ({ longestPauseMs }) => formatNumber(longestPauseMs) },
  { heading: "load average", cell: ({ loadAverage }) => formatNumber(loadAverage) },
];

function failuresOf({ nodes, case: name, family, failures }: FailoverSummary): string[] {
  const found = Object.entries(failures).map(([why, times]) => `${why} ${times}`);
  return found.length === 0 ? [] : [`${nodes} nodes, ${name}, IPv${family}: connections lost: ${found.join(", ")}`];
}
