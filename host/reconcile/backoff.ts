/** How long to wait before something that failed is tried again. */

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;

/**
 * Milliseconds before the next try after `failures` failures in a row (at least 1): 100 ms doubling up to 30 s, less up
 * to half of it by chance, so that what failed together does not come back together. `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(whole * (1 - random / 2));
}
