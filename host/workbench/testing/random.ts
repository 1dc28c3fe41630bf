/** Random numbers that are the same for the same seed, on every machine. */

/** Whole numbers from 0 up to, not including, `below`: xorshift32, G. Marsaglia, "Xorshift RNGs". The seed is not 0. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The seed of this run: `SEED=7` repeats one. Printed, so that a failure can be repeated. */
export function testSeed(): number {
  const seed = Number(process.env["SEED"] ?? 1 + Math.floor(Math.random() * 0x7fff_fffe));
  process.stdout.write(`SEED=${seed}\n`);
  return seed;
}
