/** Where values are on an axis, and which of it bear a number. Pure. */

export interface Scale {
  readonly isLog: boolean;
  /** By rising; the first and the last are the ends of the axis. */
  readonly ticks: readonly number[];
  /** 0 to 1. */
  at(value: number): number;
}

/** From there on small values would lie on one another near 0. */
const LOG_FROM = 30;
const MOST_STEPS = 5;
/** Below it numbers lose digits, and nothing was measured. */
const LEAST = 1e-100;

/** Throws RangeError on no values. */
export function scaleFor(values: readonly number[]): Scale {
  if (values.length === 0) throw new RangeError("Cannot scale an axis: found no values, expected at least one");
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low > LEAST && high / low >= LOG_FROM ? logScale(low, high) : linearScale(Math.min(low, 0), Math.max(high, 0));
}

/** From 0, so that twice as far is twice as much. */
function linearScale(low: number, high: number): Scale {
  const span = high - low < LEAST ? 1 : high - low;
  const step = niceStep(span / MOST_STEPS);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil((low + span) / step - 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
  return { isLog: false, ticks, at: (value) => (value / step - first) / (last - first) };
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((times) => times * power >= least * (1 - 1e-9)) ?? 10) * power;
}

/** Whole decades; of many every second, third, ... is left out. */
function logScale(low: number, high: number): Scale {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const decades = Math.ceil(Math.log10(high) - 1e-9) - first;
  const step = Math.ceil(decades / MOST_STEPS);
  const last = first + Math.ceil(decades / step) * step;
  const ticks = Array.from({ length: (last - first) / step + 1 }, (_, at) => Number(`1e${first + at * step}`));
  return { isLog: true, ticks, at: (value) => (Math.log10(value) - first) / (last - first) };
}

/** Short enough for an axis: `0.05`, `1,500`, `20K`. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) return value.toExponential();
  return value.toLocaleString(
    "en-US",
    size >= 10_000 ? { notation: "compact", maximumSignificantDigits: 3 } : { maximumSignificantDigits: 4 },
  );
}
