/** Random numbers as plain data, so that a step has the same result whenever it is repeated. */

/** A number from 0 up to, not including, 1, and the seed of the next: mulberry32 by T. Ettinger. */
export function draw(seed: number): { readonly value: number; readonly seed: number } {
  const next = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(next ^ (next >>> 15), next | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return { value: ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000, seed: next };
}
