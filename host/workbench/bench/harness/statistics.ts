/** What a bench says about repeated measurements on a machine that is never quiet: the median, and how sure it is. */

export interface Summary {
  readonly median: number;
  readonly min: number;
  /** Holds the true median in at least 90 % of cases where there are five values or more; all of them where there are fewer. */
  readonly low: number;
  readonly high: number;
}

const CONFIDENCE = 0.9;

/** Throws RangeError on no values. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError("Cannot summarize measurements: found none, expected at least one");
  const sorted = values.toSorted((left, right) => left - right);
  const cut = trimmed(sorted.length);
  const at = (index: number) => sorted[index] as number;
  return { median: medianOf(sorted), min: at(0), low: at(cut), high: at(sorted.length - 1 - cut) };
}

/**
 * How many values may be cut from each end so that what is left still brackets the median with CONFIDENCE. It assumes nothing of how the
 * values spread: each of them is above the median with probability 1/2, so the count of those above is binomial.
 */
function trimmed(count: number): number {
  let outside = 0;
  let ways = 1;
  for (let cut = 0; cut < count / 2; cut++) {
    outside += (2 * ways) / 2 ** count;
    if (1 - outside < CONFIDENCE) return Math.max(cut - 1, 0);
    ways = (ways * (count - cut)) / (cut + 1);
  }
  return 0;
}

/** Of rising values; NaN where there are none. */
export function medianOf(sorted: ArrayLike<number>): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** The value below which `share` of the sorted values lie: the nearest rank. NaN where there are none. */
export function percentile(sorted: Float32Array | readonly number[], share: number): number {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN;
}
