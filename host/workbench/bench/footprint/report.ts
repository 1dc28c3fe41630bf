/** The report of `herald bench footprint`, as `--json` prints it. */
import { FOOTPRINT } from "../../budget.ts";
import type { CommonReport } from "../harness/figures.ts";
import { insideRounds, type Measured } from "../harness/interleave.ts";
import { describeMachine } from "../harness/machine.ts";
import { figuresFrom, less } from "../harness/measured-figures.ts";
import { summarize } from "../harness/statistics.ts";
import { formatNumber, formatPercent } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import type { FootprintOptions } from "./footprint.ts";
import type { Footprint } from "./measure.ts";
import { BGP, settings } from "./settings.ts";

export interface FootprintReport extends CommonReport {
  readonly bench: "footprint";
  readonly options: FootprintOptions;
  readonly measured: readonly Measured<Footprint>[];
}

export const quantities = {
  rss: { what: "Resident memory", unit: "MB", value: (one: Footprint) => one.residentBytes / 1e6 },
  pss: { what: "Proportional memory", unit: "MB", value: (one: Footprint) => one.proportionalBytes / 1e6 },
  above: { what: "Resident above an empty Node", unit: "MB", value: (one: Footprint) => (one.residentBytes - one.emptyNodeBytes) / 1e6 },
  wakeups: { what: "Wake-ups at rest", unit: "1/s", value: (one: Footprint) => one.wakeupsPerSecond },
  cpu: { what: "CPU at rest", unit: "%", value: (one: Footprint) => one.cpuShare * 100 },
  files: { what: "File descriptors", unit: "", value: (one: Footprint) => one.files },
  threads: { what: "Threads", unit: "", value: (one: Footprint) => one.threads },
  processes: { what: "Processes", unit: "", value: (one: Footprint) => one.processes },
} as const;

const QUIET_WAIT = 0.1;
/** RFC 5880 §6.8.7: packets come at 75 to 100 % of 100 ms. */
const FEWEST_BFD_A_SECOND = 8;

export function createReport(options: FootprintOptions, measured: readonly Measured<Footprint>[]): FootprintReport {
  return {
    bench: "footprint",
    machine: describeMachine(),
    options,
    measured,
    figures: figuresFrom<Measured<Footprint>>(
      measured,
      ({ contender }) => contender,
      Object.values(quantities).map(({ what, unit, value }) => less(what, unit, value)),
    ),
    targets: judge(measured),
    notes: findNotes(measured),
  };
}

export function judge(measured: FootprintReport["measured"]): Target[] {
  const { above, wakeups, cpu } = quantities;
  const of = (value: (one: Footprint) => number) => medianOf(measured.filter(({ contender }) => contender === BGP).map(value));
  const sessions = settings.flatMap((setting) => (setting.peers > 0 ? (wakeupsOfSession(measured, setting) ?? []) : []));
  const most = sessions.length === 0 ? undefined : Math.max(...sessions);
  return [
    target("Resident above an empty Node", ["at most", FOOTPRINT.aboveEmptyNodeMb, of(above.value), "MB"]),
    target("Wake-ups at rest", ["below", FOOTPRINT.wakeupsPerSecond, of(wakeups.value), "/s"]),
    target("CPU at rest", ["at most", FOOTPRINT.cpuPercent, of(cpu.value), "%"]),
    target("Wake-ups more with each BFD session", ["at most", FOOTPRINT.wakeupsPerBfdSession, most, "/s"]),
  ];
}

function target(what: string, [how, most, found, unit]: readonly ["at most" | "below", number, number | undefined, string]): Target {
  const isMet = found === undefined ? null : how === "below" ? found < most : found <= most;
  return { what, wanted: `${how} ${most} ${unit}`, found: found === undefined ? null : `${formatNumber(found)} ${unit}`, isMet };
}

/** Compared inside a round. */
export function wakeupsOfSession(measured: FootprintReport["measured"], { name, peers }: (typeof settings)[number]): number | undefined {
  const differences = insideRounds(measured, [name, BGP], quantities.wakeups.value).map(([more, without]) => (more - without) / peers);
  return medianOf(differences);
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : summarize(values).median;
}

function findNotes(measured: FootprintReport["measured"]): string[] {
  const worst = Math.max(0, ...measured.map(({ waitShare }) => waitShare));
  const silent = settings.filter(({ name, peers }) =>
    measured.some(({ contender, bfdPerSecond }) => contender === name && bfdPerSecond < peers * FEWEST_BFD_A_SECOND),
  );
  return [
    ...(worst > QUIET_WAIT
      ? [
          `Noise: a speaker waited for a CPU up to ${formatPercent(worst)} of the time that it wanted one; CPU at rest is more on such a machine, memory and wake-ups are not`,
        ]
      : []),
    ...silent.map(({ name }) => `Not as named: with ${name}, fewer BFD packets came than so many sessions send`),
  ];
}
