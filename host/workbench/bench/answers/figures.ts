/** What two runs of a bench of neighbor answers are compared by. */
import type { Figure } from "../harness/figures.ts";
import type { Measured } from "../harness/interleave.ts";
import { figuresFrom, less, type Measure } from "../harness/measured-figures.ts";
import { formatCount } from "../harness/table.ts";
import { names } from "./contenders.ts";
import { type AnswersRun, costsOf } from "./summary.ts";

type Run = Measured<AnswersRun>;

export function readFigures(runs: readonly Run[], programNs: readonly number[]): Figure[] {
  const costs = costsOf(runs);
  const answering = runs.filter(({ contender }) => contender !== names.nobody);
  const loads = [...new Set(answering.map(({ load }) => load))];
  const ofLoads = loads.flatMap((load) => {
    const words = load === "flood" ? "flooded" : `${formatCount(load)} requests/s`;
    const measures: Measure<Run>[] = [
      less(`CPU per reply, ${words}`, "ns", (run) => costs.get(run) ?? null),
      ...(load === "flood" ? floodMeasures : latencyMeasures(words)),
    ];
    return figuresFrom(
      answering.filter((run) => run.load === load),
      ({ contender }) => contender,
      measures,
    );
  });
  const program: Figure = { what: "Packet program alone, a frame", of: "Herald", unit: "ns", better: "less", values: programNs };
  return [...ofLoads.filter(({ values }) => values.some((value) => value !== null)), program];
}

const floodMeasures: readonly Measure<Run>[] = [
  { what: "Replies, flooded", unit: "1/s", better: "more", value: ({ result }) => (result.replies / result.elapsedNs) * 1e9 },
  less("Resident memory, flooded", "MB", ({ responder }) => responder && responder.residentBytes / 1e6),
];

function latencyMeasures(words: string): Measure<Run>[] {
  return (["p50", "p90", "p99"] as const).map((which) =>
    less(`Latency ${which}, ${words}`, "µs", ({ result }) => result.latencyMicros?.[which] ?? null),
  );
}
