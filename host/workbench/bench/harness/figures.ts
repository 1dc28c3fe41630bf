/**
 * What every report of a bench has, so that a page can draw it and two runs can be compared.
 *
 * A figure is one thing that was measured of one contender, a value a round. Figures that share `what` belong on one scale: they are what the
 * contenders of a bench are compared by.
 */
import type { Machine } from "./machine.ts";
import type { Target } from "./targets.ts";

export interface Figure {
  /** "CPU per reply, flooded": the same words in every run. */
  readonly what: string;
  /** The contender, or the case. */
  readonly of: string;
  /** "ns", "ms", "MB", "1/s", "%", or empty for a plain count. */
  readonly unit: string;
  readonly better: "less" | "more";
  /** Of each round in turn; null: the round has none. */
  readonly values: readonly (number | null)[];
}

/** A line over something that grows: routes, seconds, nodes. */
export interface Series {
  readonly what: string;
  readonly of: string;
  readonly unit: string;
  /** "routes", "s" */
  readonly along: string;
  /** Pairs, by rising first. */
  readonly points: readonly (readonly [along: number, value: number])[];
}

export interface CommonReport {
  readonly bench: string;
  readonly machine: Machine;
  /** Of every flag, as the run had it. */
  readonly options: object;
  readonly figures: readonly Figure[];
  readonly series?: readonly Series[];
  readonly targets: readonly Target[];
  /** What to doubt: a machine that was not quiet, contenders that did not run. */
  readonly notes: readonly string[];
}
