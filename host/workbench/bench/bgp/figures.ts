/** What two runs of `herald bench bgp` are compared by. Each table of routes is a scale of its own. */
import type { Figure } from "../harness/figures.ts";
import type { Measured } from "../harness/interleave.ts";
import { figuresFrom, less } from "../harness/measured-figures.ts";
import { percentile } from "../harness/statistics.ts";
import { formatCount } from "../harness/table.ts";
import type { Cell } from "./cell.ts";
import type { CodecRun } from "./codec.ts";
import type { RouteTable } from "./routes.ts";

export function bgpFigures(codec: readonly CodecRun[], cells: readonly Measured<Cell>[]): Figure[] {
  const names = [...new Set(cells.map(nameOf))];
  return [
    ...names.flatMap((name) =>
      tableFigures(
        name,
        cells.filter((cell) => nameOf(cell) === name),
      ),
    ),
    ...codec.flatMap(codecFigures),
  ];
}

function nameOf({ routes, sets }: Pick<RouteTable, "routes" | "sets">): string {
  return `${formatCount(routes)} routes, ${formatCount(sets)} attribute set${sets === 1 ? "" : "s"}`;
}

function tableFigures(name: string, cells: readonly Measured<Cell>[]): Figure[] {
  return figuresFrom(cells, ({ contender }) => contender, [
    less(`From Established to the last route, ${name}`, "ms", ({ announceMs }) => announceMs),
    less(`CPU of the sender until then, ${name}`, "ms", ({ cpuMs }) => cpuMs),
    less(`Withdrawal of all, ${name}`, "ms", ({ withdrawMs }) => withdrawMs),
    less(`One change, p50 of a round, ${name}`, "ms", ({ changeMs }) =>
      percentile(
        changeMs.toSorted((left, right) => left - right),
        0.5,
      ),
    ),
    less(`Most memory, ${name}`, "MB", ({ peakBytes }) => (peakBytes === null ? null : peakBytes / 1e6)),
  ]);
}

function codecFigures(run: CodecRun): Figure[] {
  const figure = (what: string, unit: string, values: readonly number[]): Figure => ({
    what,
    of: `Herald, ${nameOf(run)}`,
    unit,
    better: "less",
    values,
  });
  return [
    figure("Encoding a route, alone", "ns", run.encodeNs),
    figure("Encoding a route with copies in and out", "ns", run.packNs),
    figure("Finding that nothing changed", "ms", run.equalMs),
    figure("Finding that everything changed", "ms", run.changedMs),
  ];
}
