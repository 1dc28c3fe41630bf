/**
 * One run of a bench against another: how many times as much B took as A, and how sure that is.
 *
 * The rounds of two runs do not belong together, so each of B is set against each of A. The median of all these ratios is the estimate of
 * Hodges and Lehmann ("Estimates of Location Based on Rank Tests", 1963), and the interval goes by the ranks of the test of Mann and Whitney.
 * It was taken before a bootstrap because it assumes nothing of how rounds spread, holds for three of them, and has no seed: the same two
 * files give the same answer. It asks that the two runs spread alike, which a machine that was busy in one of them breaks.
 */
import { medianOf, type Summary } from "../harness/statistics.ts";

export interface Change extends Pick<Summary, "median" | "low" | "high"> {
  /** So few rounds that no interval holds with `CONFIDENCE`: it is then as wide as it can be. */
  readonly isUnsure: boolean;
}

export const CONFIDENCE = 0.9;
/** Of two such numbers of rounds the ranks are counted, above it their normal approximation is as good. */
const MOST_COUNTED = 400;
const NORMAL_90 = 1.645;
/** Of each run; more would make millions of pairs. */
const MOST_VALUES = 1000;

/** Every value of both must be above 0. Throws RangeError where one has no values. */
export function ratioOf(a: readonly number[], b: readonly number[]): Change {
  return pairs(a, b, (left, right) => right / left);
}

/** Of values that may be 0. Throws RangeError where one has no values. */
export function differenceOf(a: readonly number[], b: readonly number[]): Change {
  return pairs(a, b, (left, right) => right - left);
}

function pairs(a: readonly number[], b: readonly number[], of: (left: number, right: number) => number): Change {
  if (a.length === 0 || b.length === 0) throw new RangeError("Cannot compare runs: one has no values, expected at least one of each");
  const [lefts, rights] = [thin(a), thin(b)];
  const sorted = Float64Array.from(lefts.flatMap((left) => rights.map((right) => of(left, right)))).sort();
  const { cut, isUnsure } = cutOf(lefts.length, rights.length);
  const at = (index: number) => sorted[index] as number;
  return { median: medianOf(sorted), low: at(cut), high: at(sorted.length - 1 - cut), isUnsure };
}

/** Every so manieth by size where there are too many: what is left spreads as all did. */
function thin(values: readonly number[]): readonly number[] {
  if (values.length <= MOST_VALUES) return values;
  const sorted = values.toSorted((left, right) => left - right);
  return Array.from({ length: MOST_VALUES }, (_, at) => sorted[Math.floor(((at + 0.5) * sorted.length) / MOST_VALUES)] as number);
}

/** How many pairs may be cut from each end so that what is left still brackets the change with CONFIDENCE. */
function cutOf(a: number, b: number): { cut: number; isUnsure: boolean } {
  const count = a * b;
  if (count > MOST_COUNTED) {
    const spread = Math.sqrt((count * (a + b + 1)) / 12);
    return { cut: Math.max(0, Math.floor(count / 2 - NORMAL_90 * spread)), isUnsure: false };
  }
  const shares = rankShares(a, b);
  let outside = 0;
  for (let cut = 0; cut < shares.length; cut++) {
    outside += 2 * (shares[cut] as number);
    if (1 - outside < CONFIDENCE - 1e-9) return { cut: Math.max(cut - 1, 0), isUnsure: cut === 0 };
  }
  return { cut: 0, isUnsure: true };
}

/**
 * How likely it is that exactly 0, 1, 2, ... of all pairs are in the wrong order where nothing changed: coefficients of the Gaussian binomial
 * of `a + b` over `b`, up to the middle.
 */
function rankShares(a: number, b: number): number[] {
  const most = Math.floor((a * b) / 2);
  const ways = [1, ...new Array<number>(most).fill(0)];
  for (let factor = 1; factor <= b; factor++) {
    for (let at = most; at >= a + factor; at--) ways[at] = (ways[at] as number) - (ways[at - a - factor] as number);
    for (let at = factor; at <= most; at++) ways[at] = (ways[at] as number) + (ways[at - factor] as number);
  }
  let all = 1;
  for (let factor = 1; factor <= b; factor++) all = (all * (a + factor)) / factor;
  return ways.map((way) => way / all);
}
