/** Figures out of what was measured. */
import type { Figure } from "./figures.ts";

export type Measure<Item> = Pick<Figure, "what" | "unit" | "better"> & {
  /** In the figure's unit; null or NaN: it has none. */
  value(item: Item): number | null;
};

/** For each measure a figure of each of `of`, in the order in which each comes first, with a value for each item in turn. */
export function figuresFrom<Item>(items: readonly Item[], of: (item: Item) => string, measures: readonly Measure<Item>[]): Figure[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(of(item), [...(groups.get(of(item)) ?? []), item]);
  return measures.flatMap(({ value, ...measure }) =>
    Array.from(groups, ([name, own]) => ({
      ...measure,
      of: name,
      values: own.map((item) => {
        const found = value(item);
        return found === null || !Number.isFinite(found) ? null : found;
      }),
    })),
  );
}

/** A thing of which less is better, as most are. */
export function less<Item>(what: string, unit: string, value: Measure<Item>["value"]): Measure<Item> {
  return { what, unit, better: "less", value };
}
