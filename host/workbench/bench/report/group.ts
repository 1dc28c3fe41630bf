/** Figures that belong on one scale, ready to be drawn: the contenders of one measured thing. Pure. */
import type { Figure } from "../harness/figures.ts";
import { type Summary, summarize } from "../harness/statistics.ts";

export interface GroupRow {
  readonly of: string;
  readonly isHerald: boolean;
  /** Of the rounds that have one. */
  readonly values: readonly number[];
  readonly summary: Summary;
  /** Median over the rounds of its value over that of the reference in the same round; null: it is the reference, or there is none. */
  readonly timesReference: number | null;
}

export interface FigureGroup extends Pick<Figure, "what" | "unit" | "better"> {
  /** The responder in C that the ratios are against; null: there is none. */
  readonly reference: string | null;
  /** Not empty. */
  readonly rows: readonly GroupRow[];
}

/** In the order in which each comes first; figures without any value are left out. */
export function groupFigures(figures: readonly Figure[]): FigureGroup[] {
  const groups = new Map<string, Figure[]>();
  for (const figure of figures) {
    if (figure.values.every((value) => value === null)) continue;
    const key = JSON.stringify([figure.what, figure.unit]);
    groups.set(key, [...(groups.get(key) ?? []), figure]);
  }
  return Array.from(groups.values(), groupOf);
}

function groupOf(figures: readonly Figure[]): FigureGroup {
  const { what, unit, better } = figures[0] as Figure;
  // The batched one is first in every bench that has both, and is the bound that the other is measured by, too.
  const reference = figures.find(({ of }) => of.startsWith("C, "));
  const hasRivals = figures.some(({ of }) => isHerald(of));
  return {
    ...{ what, unit, better },
    reference: reference?.of ?? null,
    rows: figures.map((figure) => {
      const values = figure.values.filter((value) => value !== null);
      return {
        of: figure.of,
        isHerald: !hasRivals || isHerald(figure.of),
        values,
        summary: summarize(values),
        timesReference: reference === undefined || reference === figure ? null : timesOf(figure, reference),
      };
    }),
  };
}

function isHerald(of: string): boolean {
  return /^herald\b/i.test(of);
}

function timesOf({ values }: Figure, reference: Figure): number | null {
  const times = values.flatMap((value, round) => {
    const other = reference.values[round];
    return value === null || other === null || other === undefined || other <= 0 ? [] : [value / other];
  });
  return times.length === 0 ? null : summarize(times).median;
}

/** `1.04 × C` */
export function formatTimes(times: number): string {
  return `${times >= 10 ? times.toFixed(1) : times.toFixed(2)} × C`;
}

/** At most so many letters, the last of which says that there are more. */
export function cut(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}
