// Randomness for jitter: xorshift (Marsaglia 2003, triple 13, 17, 5).

/** Of an interval that jitter leaves at the least. */
export const LEAST_SHARE: f64 = 0.75;

let state: u32 = 1;

export function seedRandom(value: u32): void {
  state = value === 0 ? 1 : value;
}

/** Of an interval: up to a quarter less; where one lost packet is too many, at least a tenth (RFC 5880 §6.8.7). */
export function jittered(multiplier: u32): f64 {
  const least = multiplier === 1 ? 0.1 : 0.0;
  return 1 - least - random() * (1 - LEAST_SHARE - least);
}

/** From 0 to below 1. */
export function random(): f64 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return <f64>state / 4294967296;
}
