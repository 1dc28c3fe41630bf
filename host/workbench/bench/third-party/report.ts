/** The report of `herald bench plugins`. */
import type { CommonReport } from "../harness/figures.ts";
import { type Measured, ratio } from "../harness/interleave.ts";
import { formatMachine } from "../harness/machine.ts";
import { type Summary, summarize } from "../harness/statistics.ts";
import { type Column, formatCount, formatInterval, formatNumber, formatPercent, formatTable } from "../harness/table.ts";
import { formatTargets, type Target } from "../harness/targets.ts";
import { type BesideRun, besideNames } from "./beside.ts";
import type { CostRun } from "./cost.ts";
import { cpuNs, repliesPerSecond } from "./figures.ts";
import type { PluginsOptions } from "./plugins.ts";

export interface PluginsReport extends CommonReport {
  readonly bench: "plugins";
  readonly options: PluginsOptions;
  readonly hostile: number;
  readonly costs: readonly Measured<CostRun>[];
  /** Null: no private network could be made. */
  readonly beside: readonly Measured<BesideRun>[] | null;
}

const MOST_CPU = 1.05;
const LEAST_REPLIES = 0.9;

export function pluginsTargets(beside: PluginsReport["beside"], hostile: number): Target[] {
  const floods = (beside ?? []).filter(({ load }) => load === "flood");
  const names = [besideNames.hostile, besideNames.alone] as const;
  const cpu = ratio(floods, names, cpuNs);
  const replies = ratio(floods, names, repliesPerSecond);
  const target = (what: string, wanted: string, found: Summary | undefined, isMet: (median: number) => boolean): Target => ({
    what: `${what}, ${hostile} hostile plugins beside it`,
    wanted,
    found: found === undefined ? null : `${formatPercent(found.median, 1)} (${formatInterval(found)})`,
    isMet: found === undefined ? null : isMet(found.median),
  });
  return [
    target("arp's CPU per reply", `at most ${formatPercent(MOST_CPU)} of that alone`, cpu, (median) => median <= MOST_CPU),
    target("arp's replies/s", `at least ${formatPercent(LEAST_REPLIES)} of those alone`, replies, (median) => median >= LEAST_REPLIES),
  ];
}

/** Of one mode and number of plugins, over the rounds. */
interface Cost {
  readonly mode: string;
  readonly plugins: number;
  readonly startMs: Summary;
  readonly memoryBytes: Summary;
  readonly p50: Summary;
  readonly p99: Summary;
}

const costColumns: readonly Column<Cost>[] = [
  { heading: "isolation", cell: ({ mode }) => mode, isText: true },
  { heading: "plugins", cell: ({ plugins }) => formatCount(plugins) },
  { heading: "start of one, ms", cell: ({ startMs }) => formatNumber(startMs.median) },
  { heading: "interval", cell: ({ startMs }) => formatInterval(startMs) },
  { heading: "resident, MB", cell: ({ memoryBytes }) => formatNumber(memoryBytes.median / 1e6) },
  { heading: "a plugin", cell: ({ memoryBytes, plugins }) => formatNumber(memoryBytes.median / plugins / 1e6) },
  { heading: "call, p50 µs", cell: ({ p50 }) => formatNumber(p50.median) },
  { heading: "p99 µs", cell: ({ p99 }) => formatNumber(p99.median) },
];

const besideColumns: readonly Column<Measured<BesideRun>[]>[] = [
  { heading: "", cell: ([run]) => run?.contender ?? null, isText: true },
  { heading: "load", cell: ([run]) => (typeof run?.load === "number" ? `${formatNumber(run.load)}/s` : (run?.load ?? null)), isText: true },
  { heading: "CPU ns/reply", cell: (runs) => formatNumber(summarize(runs.map(cpuNs)).median) },
  { heading: "interval", cell: (runs) => formatInterval(summarize(runs.map(cpuNs))) },
  { heading: "replies/s", cell: (runs) => formatNumber(summarize(runs.map(repliesPerSecond)).median) },
  { heading: "p50 µs", cell: (runs) => latency(runs, "p50") },
  { heading: "p99 µs", cell: (runs) => latency(runs, "p99") },
];

function latency(runs: readonly BesideRun[], which: "p50" | "p99"): string | null {
  const micros = runs.flatMap(({ result }) => result.latencyMicros?.[which] ?? []);
  return micros.length === 0 ? null : formatNumber(summarize(micros).median);
}

/** With a newline at the end. */
export function formatReport({ machine, options: { rounds }, costs, beside, targets }: PluginsReport): string {
  const isThread = beside?.every((run) => run.isThread) ?? true;
  return `${[
    `${formatMachine(machine)}; medians of ${rounds} interleaved rounds`,
    formatTable(costColumns, costsOf(costs)),
    "Idle plugins. Resident: shared pages are divided among those that share them (PSS), without the host's process.",
    ...(beside === null
      ? []
      : [
          formatTable(
            besideColumns,
            groups(beside, ({ contender, load }) => `${load} ${contender}`),
          ),
        ]),
    ...(isThread ? [] : ["CPU: of all threads of Herald, as the packet worker's could not be told from others here"]),
    formatTargets(targets),
  ].join("\n\n")}\n`;
}

function costsOf(runs: readonly Measured<CostRun>[]): Cost[] {
  return groups(runs, ({ contender }) => contender).flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return {
      ...{ mode: first.mode, plugins: first.plugins },
      startMs: summarize(group.flatMap(({ startMs }) => startMs)),
      memoryBytes: summarize(group.map(({ memoryBytes }) => memoryBytes)),
      p50: summarize(group.map(({ callMicros }) => callMicros.p50)),
      p99: summarize(group.map(({ callMicros }) => callMicros.p99)),
    };
  });
}

/** In the order in which each key comes first. */
function groups<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  const found = new Map<string, Item[]>();
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item]);
  return [...found.values()];
}
