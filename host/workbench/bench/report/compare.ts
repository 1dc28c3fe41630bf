/** Two runs of benches, figure by figure: what is better, what is worse, and what may be noise. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { Figure } from "../harness/figures.ts";
import { type Summary, summarize } from "../harness/statistics.ts";
import { type Change, differenceOf, ratioOf } from "./ratio.ts";
import type { ReportOfRun, RunFile } from "./read-run.ts";

/** "noise": nothing that these rounds can tell from no change. "few rounds": they could not have told any. */
export type Verdict = "better" | "worse" | "noise" | "few rounds";

export interface ComparedFigure extends Pick<Figure, "what" | "of" | "unit" | "better"> {
  readonly bench: string;
  readonly a: Summary;
  readonly b: Summary;
  /** Of B over A; "difference" (B less A, in the figure's unit) where a value is not above 0. */
  readonly by: "ratio" | "difference";
  readonly change: Change;
  readonly verdict: Verdict;
}

export interface MissingFigure extends Pick<Figure, "what" | "of"> {
  readonly bench: string;
  readonly missingIn: "A" | "B";
}

export interface Comparison {
  readonly a: Pick<RunFile, "file" | "herald">;
  readonly b: Pick<RunFile, "file" | "herald">;
  /** One line each: what of the machines or settings is not the same, so that figures may differ by it. */
  readonly differences: readonly string[];
  readonly figures: readonly ComparedFigure[];
  readonly missing: readonly MissingFigure[];
}

export function compareRuns(a: RunFile, b: RunFile): Comparison {
  const others = new Map(b.reports.map((report) => [report.bench, report]));
  const pairs = a.reports.flatMap((report) => {
    const other = others.get(report.bench);
    return other === undefined ? [] : [[report, other] as const];
  });
  return {
    a: { file: a.file, herald: a.herald },
    b: { file: b.file, herald: b.herald },
    differences: [...new Set([...heraldDifference(a, b), ...pairs.flatMap(([left, right]) => differencesOf(left, right))])],
    figures: pairs.flatMap(([left, right]) => compareReports(left, right)),
    missing: [...missingFrom(a, b, "B"), ...missingFrom(b, a, "A")],
  };
}

function heraldDifference(a: RunFile, b: RunFile): string[] {
  return a.herald === null || b.herald === null || a.herald === b.herald ? [] : [`Herald: ${a.herald} and ${b.herald}`];
}

/** Benches on one machine differ in no line, so each line of it is said once, without the bench. */
function differencesOf(a: ReportOfRun, b: ReportOfRun): string[] {
  return [
    ...unequal(a.machine, b.machine).map((line) => `machine, ${line}`),
    ...unequal(a.options, b.options).map((line) => `settings of ${a.bench}, ${line}`),
  ];
}

function unequal(a: object, b: object): string[] {
  const [left, right] = [new Map<string, unknown>(Object.entries(a)), new Map<string, unknown>(Object.entries(b))];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  return names
    .filter((name) => !isDeepStrictEqual(left.get(name), right.get(name)))
    .map((name) => `${name}: ${textOf(left.get(name))} and ${textOf(right.get(name))}`);
}

function textOf(value: unknown): string {
  return value === undefined ? "not said" : typeof value === "string" ? value : JSON.stringify(value);
}

function compareReports(a: ReportOfRun, b: ReportOfRun): ComparedFigure[] {
  const others = byName(b);
  return a.figures.flatMap((figure) => {
    const other = others.get(nameOf(figure));
    return other === undefined ? [] : compareFigures(a.bench, figure, other);
  });
}

function compareFigures(bench: string, figure: Figure, other: Figure): ComparedFigure[] {
  const [a, b] = [measured(figure), measured(other)];
  if (a.length === 0 || b.length === 0) return [];
  const by = [...a, ...b].every((value) => value > 0) ? "ratio" : "difference";
  const change = by === "ratio" ? ratioOf(a, b) : differenceOf(a, b);
  const { what, of, unit, better } = figure;
  const verdict = verdictOf(change, by === "ratio" ? 1 : 0, better);
  return [{ bench, what, of, unit, better, a: summarize(a), b: summarize(b), by, change, verdict }];
}

function verdictOf({ low, high, isUnsure }: Change, same: number, better: Figure["better"]): Verdict {
  if (low === same && high === same) return "noise";
  if (isUnsure) return "few rounds";
  if (low <= same && same <= high) return "noise";
  return high < same === (better === "less") ? "better" : "worse";
}

function missingFrom(from: RunFile, other: RunFile, missingIn: "A" | "B"): MissingFigure[] {
  const theirs = new Map(other.reports.map((report) => [report.bench, byName(report)]));
  return from.reports.flatMap(({ bench, figures }) =>
    figures
      .filter((figure) => {
        const found = theirs.get(bench)?.get(nameOf(figure));
        return measured(figure).length > 0 && (found === undefined || measured(found).length === 0);
      })
      .map(({ what, of }) => ({ bench, what, of, missingIn })),
  );
}

function byName({ figures }: ReportOfRun): Map<string, Figure> {
  return new Map(figures.map((figure) => [nameOf(figure), figure]));
}

/** Figures of another unit are others. */
function nameOf({ what, of, unit }: Figure): string {
  return JSON.stringify([what, of, unit]);
}

function measured({ values }: Figure): number[] {
  return values.filter((value) => value !== null);
}

/** Figures that are surely worse, and by more than `percent`. Of differences from 0 no share can be said: any that is sure counts. */
export function worseThan({ figures }: Comparison, percent: number): ComparedFigure[] {
  return figures.filter(({ verdict, by, better, change: { median } }) => {
    if (verdict !== "worse") return false;
    return by === "difference" || (better === "less" ? median : 1 / median) > 1 + percent / 100;
  });
}
