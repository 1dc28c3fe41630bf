/** What two runs of `herald bench manifests` are compared by: a value for each start, and for each edit. */
import type { Figure } from "../harness/figures.ts";
import { figuresFrom, less } from "../harness/measured-figures.ts";
import type { OnWire } from "./report.ts";

export function manifestsFigures({ starts, edits, rests }: OnWire): Figure[] {
  const each = edits.flatMap(({ place, edits: own }) => own.map((edit) => ({ place, ...edit })));
  return [
    ...figuresFrom(starts, ({ contender }) => `Herald, ${contender} start`, [
      less("From the start to the first answer", "ms", ({ firstMs }) => firstMs),
      less("From the start to the last answer", "ms", ({ allMs }) => allMs),
      less("Resident after the start", "MB", ({ residentBytes }) => residentBytes / 1e6),
    ]),
    ...figuresFrom(each, ({ place, way }) => `Herald, ${place === "all" ? "beside all Services" : "the file alone"}, ${way}`, [
      less("From an edit to the wire", "ms", ({ tookMs }) => tookMs),
    ]),
    ...figuresFrom(rests, ({ services }) => `Herald, ${services} Services`, [
      less("Resident at rest", "MB", ({ residentBytes }) => residentBytes / 1e6),
    ]),
  ];
}
