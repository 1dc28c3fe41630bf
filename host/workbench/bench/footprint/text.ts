/** The report of `herald bench footprint` for people. */

import { formatMachine } from "../harness/machine.ts";
import { summarize } from "../harness/statistics.ts";
import { type Column, formatInterval, formatNumber, formatTable } from "../harness/table.ts";
import { formatTargets } from "../harness/targets.ts";
import { type FootprintReport, quantities } from "./report.ts";
import { type Setting, settings } from "./settings.ts";

export function formatReport(report: FootprintReport): string {
  const { machine, options, measured, targets, notes } = report;
  const { rounds, idleSeconds } = options;
  const setting = [
    formatMachine(machine),
    `${rounds} interleaved rounds, medians, and where the true median lies with 90 % confidence; ${idleSeconds} s of rest each, child processes counted`,
  ].join("\n");
  const table = formatTable(
    columnsOf(measured),
    settings.filter(({ flag }) => options.settings.includes(flag)),
  );
  return `${[setting, table, formatTargets(targets), ...notes].join("\n\n")}\n`;
}

function columnsOf(measured: FootprintReport["measured"]): Column<Setting>[] {
  const of = (quantity: keyof typeof quantities, { name }: Setting) => {
    const values = measured.filter(({ contender }) => contender === name).map(quantities[quantity].value);
    return values.length === 0 ? undefined : summarize(values);
  };
  const median = (heading: string, quantity: keyof typeof quantities): Column<Setting> => ({
    heading,
    cell: (setting) => {
      const found = of(quantity, setting);
      return found === undefined ? null : formatNumber(found.median);
    },
  });
  const interval = (quantity: keyof typeof quantities): Column<Setting> => ({
    heading: "interval",
    cell: (setting) => {
      const found = of(quantity, setting);
      return found === undefined ? null : formatInterval(found);
    },
  });
  return [
    { heading: "speaker with", cell: ({ name }) => name, isText: true },
    ...[median("RSS MB", "rss"), median("PSS MB", "pss"), median("above an empty Node", "above"), interval("above")],
    ...[median("wake-ups/s", "wakeups"), interval("wakeups"), median("CPU %", "cpu")],
    ...[median("files", "files"), median("threads", "threads"), median("processes", "processes")],
  ];
}
