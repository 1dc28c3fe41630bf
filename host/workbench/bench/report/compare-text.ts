/** A comparison of two runs, for people. */
import { visible } from "../../../observe/log.ts";
import { type Column, formatCount, formatNumber, formatTable } from "../harness/table.ts";
import type { ComparedFigure, Comparison, MissingFigure } from "./compare.ts";
import { CONFIDENCE } from "./ratio.ts";

/** With a newline at the end. */
export function formatComparison(comparison: Comparison): string {
  const { a, b, differences, figures, missing } = comparison;
  const side = (name: string, { file, herald }: Comparison["a"]) =>
    `${name}: ${visible(file)}${herald === null ? "" : `, Herald ${visible(herald)}`}`;
  const benches = [...new Set(figures.map(({ bench }) => bench))];
  const parts = [
    [side("A", a), side("B", b)].join("\n"),
    ...(differences.length === 0
      ? []
      : [["Not the same in A and B, so figures may differ by it:", ...differences.map((line) => `  ${visible(line)}`)].join("\n")]),
    ...benches.map((bench) => formatBench(bench, figures)),
    ...(missing.length === 0 ? [] : [formatMissing(missing)]),
    formatConclusion(figures),
  ];
  return `${parts.join("\n\n")}\n`;
}

function formatBench(bench: string, figures: readonly ComparedFigure[]): string {
  const own = figures.filter((figure) => figure.bench === bench);
  return `${visible(bench)}\n${formatTable(columns, own)}`;
}

const columns: readonly Column<ComparedFigure>[] = [
  { heading: "figure", cell: ({ what }) => visible(what), isText: true },
  { heading: "of", cell: ({ of }) => visible(of), isText: true },
  { heading: "unit", cell: ({ unit }) => visible(unit), isText: true },
  { heading: "A", cell: ({ a }) => formatNumber(a.median) },
  { heading: "B", cell: ({ b }) => formatNumber(b.median) },
  { heading: "B/A", cell: ({ by, change }) => formatChange(by, change.median) },
  { heading: "interval", cell: ({ by, change: { low, high } }) => `${formatChange(by, low)} to ${formatChange(by, high)}` },
  { heading: "", cell: ({ verdict }) => verdictTexts[verdict], isText: true },
];

const verdictTexts = { better: "better", worse: "WORSE", noise: "within noise", "few rounds": "too few rounds to tell" } as const;

/** A ratio with three digits behind the point; a difference with its sign. */
function formatChange(by: ComparedFigure["by"], value: number): string {
  if (by === "ratio") return value >= 100 ? formatNumber(value) : value.toFixed(3);
  return `${value > 0 ? "+" : value < 0 ? "−" : "±"}${formatNumber(Math.abs(value))}`;
}

function formatMissing(missing: readonly MissingFigure[]): string {
  return formatTable(
    [
      { heading: "only in one", cell: ({ bench }) => visible(bench), isText: true },
      { heading: "figure", cell: ({ what }) => visible(what), isText: true },
      { heading: "of", cell: ({ of }) => visible(of), isText: true },
      { heading: "", cell: ({ missingIn }) => `not in ${missingIn}`, isText: true },
    ],
    missing,
  );
}

function formatConclusion(figures: readonly ComparedFigure[]): string {
  const count = (verdict: ComparedFigure["verdict"]) => figures.filter((figure) => figure.verdict === verdict).length;
  const [better, worse, noise, few] = [count("better"), count("worse"), count("noise"), count("few rounds")];
  const told = better + worse + noise;
  const byChance = (told * (1 - CONFIDENCE)) / 2;
  return [
    `Of ${formatCount(figures.length)} figures ${better} are better, ${worse} worse, ${noise} within noise${few > 0 ? `, ${few} had too few rounds to tell` : ""}.`,
    ...(told > 0
      ? [
          `Intervals hold in ${CONFIDENCE * 100} of 100 runs: of so many, ${formatNumber(byChance)} would be called worse and as many better had nothing changed.`,
        ]
      : []),
  ].join("\n");
}
