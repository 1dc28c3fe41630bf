// Randomness for jitter: xorshift (Marsaglia 2003, triple 13, 17, 5).

let state: u32 = 1;

export function seedRandom(value: u32): void {
  state = value === 0 ? 1 : value;
}

/** From 0 to below 1. */
export function random(): f64 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return <f64>state / 4294967296;
}
