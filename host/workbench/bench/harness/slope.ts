/**
 * How fast something rises over time, and how sure that is, of samples that are not independent: memory has steps, saw teeth and long waves.
 *
 * - The samples are cut into blocks of equal time, and each block is its median: a saw tooth that is shorter than a block is gone.
 * - The slope is the median of the slopes of all pairs of blocks (Theil 1950, Sen 1968), which no single step or outlier moves far.
 * - Its interval is Sen's, from the variance of Kendall's score. That holds for independent values; where blocks follow one another,
 *   the score varies more, so its variance is multiplied by (1 + r) / (1 - r), r being the autocorrelation of what the line leaves from
 *   one block to the next (an AR(1) process; its usual underestimate in short series is corrected, Kendall 1954).
 *
 * Where so little is known that any slope is possible, the interval is endless: more time is needed, not another estimator.
 */
import { medianOf } from "./statistics.ts";

/** A value at a time; both in any unit. */
export type Sample = readonly [along: number, value: number];

export interface Slope {
  /** Value per unit of time. */
  readonly slope: number;
  /** Holds the true slope in 95 % of cases. */
  readonly low: number;
  readonly high: number;
  /** Between neighboring blocks, from 0. */
  readonly autocorrelation: number;
  readonly blocks: number;
}

const BLOCKS = 40;
const SAMPLES_A_BLOCK = 3;
const FEWEST_BLOCKS = 8;
/** Of the normal distribution, for an interval that holds 95 %. */
const DEVIATIONS = 1.96;
/** More would be a random walk, of which no series tells a slope. */
const MOST_AUTOCORRELATION = 0.95;

/** Undefined where there are not even samples for `FEWEST_BLOCKS`. */
export function estimateSlope(samples: readonly Sample[]): Slope | undefined {
  const blocks = cut(samples, Math.min(BLOCKS, Math.floor(samples.length / SAMPLES_A_BLOCK)));
  if (blocks.length < FEWEST_BLOCKS) return undefined;
  const slopes = pairSlopes(blocks);
  const slope = medianOf(slopes);
  const autocorrelation = correlateNeighbors(blocks.map(([along, value]) => value - slope * along));
  const count = blocks.length;
  const variance = (count * (count - 1) * (2 * count + 5)) / 18;
  const spread = DEVIATIONS * Math.sqrt((variance * (1 + autocorrelation)) / (1 - autocorrelation));
  const at = (rank: number, beyond: number) => slopes[rank] ?? beyond;
  return {
    slope,
    low: at(Math.floor((slopes.length - spread) / 2), Number.NEGATIVE_INFINITY),
    high: at(Math.ceil((slopes.length + spread) / 2), Number.POSITIVE_INFINITY),
    autocorrelation,
    blocks: count,
  };
}

/** Medians of so many spans of equal time; one without samples is left out. */
function cut(samples: readonly Sample[], count: number): Sample[] {
  const first = samples[0]?.[0] ?? 0;
  const span = ((samples.at(-1)?.[0] ?? 0) - first) / count;
  const blocks = Array.from({ length: Math.max(count, 0) }, (): Sample[] => []);
  for (const sample of samples) blocks[Math.min(Math.floor((sample[0] - first) / span), count - 1)]?.push(sample);
  return blocks
    .filter(({ length }) => length > 0)
    .map((block) => [medianOf(block.map(([along]) => along).sort(upwards)), medianOf(block.map(([, value]) => value).sort(upwards))]);
}

function pairSlopes(blocks: readonly Sample[]): number[] {
  const slopes = blocks.flatMap(([from, before], at) => blocks.slice(at + 1).map(([to, after]) => (after - before) / (to - from)));
  return slopes.sort(upwards);
}

function correlateNeighbors(values: readonly number[]): number {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const apart = values.map((value) => value - mean);
  const square = apart.reduce((sum, value) => sum + value * value, 0);
  if (square === 0) return 0;
  const found = apart.reduce((sum, value, at) => sum + value * (apart[at + 1] ?? 0), 0) / square;
  const corrected = (count * found + 1) / (count - 4);
  return Math.min(Math.max(corrected, 0), MOST_AUTOCORRELATION);
}

function upwards(left: number, right: number): number {
  return left - right;
}
