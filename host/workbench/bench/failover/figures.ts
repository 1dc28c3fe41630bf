/** What two runs of `herald bench failover` are compared by: a value for each trial. */
import type { Figure } from "../harness/figures.ts";
import { figuresFrom, less } from "../harness/measured-figures.ts";
import type { Trial } from "./trial.ts";

export function failoverFigures(trials: readonly Trial[]): Figure[] {
  const cases = [...new Set(trials.map((trial) => trial.case))];
  return cases.flatMap((name) => {
    const rows = trials.filter((trial) => trial.case === name).flatMap(({ nodes, vips }) => vips.map((vip) => ({ nodes, ...vip })));
    return figuresFrom(rows, ({ nodes, family }) => `Herald, ${nodes} nodes, IPv${family}`, [
      less(`Nobody answers, ${name}`, "ms", ({ warm }) => warm.outageMs),
      less(`Nobody answers who asks anew, ${name}`, "ms", ({ cold }) => cold.outageMs),
      less(`New connections lost, ${name}`, "", ({ warm, warmAfter }) => warm.connections.lost + warmAfter.connections.lost),
    ]);
  });
}
