import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom } from "../../testing/random.ts";
import { estimateSlope, type Sample } from "./slope.ts";

const slope = suite("slope");

const SAMPLES = 300;
const HOURS = 0.5;
const RUNS = 200;

/** MB over half an hour; `noise` is called once a sample, in their order. */
function series(noise: () => number, at: (hours: number) => number = () => 80): Sample[] {
  return Array.from({ length: SAMPLES }, (_, index) => {
    const hours = (index / SAMPLES) * HOURS;
    return [hours, at(hours) + noise()];
  });
}

/** From 0 to 1, without what the first numbers of neighboring seeds have in common. */
function evenFrom(seed: number): () => number {
  const random = randomFrom(seed * 7919);
  for (let at = 0; at < 20; at++) random(2);
  return () => random(2 ** 31) / 2 ** 31;
}

/** Standard normal (Box–Muller). */
function gaussFrom(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Each value keeps `share` of the one before. */
function wavesFrom(random: () => number, share: number): () => number {
  const gauss = gaussFrom(random);
  let last = 0;
  return () => (last = share * last + gauss());
}

/** In how many of the runs the interval holds what is true. */
function covered(make: (random: () => number) => Sample[], truth: number): number {
  let held = 0;
  for (let run = 0; run < RUNS; run++) {
    const found = estimateSlope(make(evenFrom(run + 1)));
    if (found !== undefined && found.low <= truth && truth <= found.high) held++;
  }
  return held / RUNS;
}

slope("a straight line is found exactly", () => {
  const found = estimateSlope(
    series(
      () => 0,
      (hours) => 80 + 6 * hours,
    ),
  );
  assert.ok(found !== undefined && Math.abs(found.slope - 6) < 1e-9 && found.low <= 6 && found.high >= found.low, JSON.stringify(found));
  assert.ok((found?.high ?? 0) - (found?.low ?? 0) < 1e-9);
});

slope("nine of ten intervals and more hold the truth, with noise and with long waves", () => {
  assert.ok(covered((random) => series(gaussFrom(random)), 0) > 0.9, "noise");
  const leaking = (hours: number) => 80 + 10 * hours;
  assert.ok(covered((random) => series(gaussFrom(random), leaking), 10) > 0.9, "noise on a slope");
  assert.ok(covered((random) => series(wavesFrom(random, 0.9)), 0) > 0.9, "waves of ten samples");
  assert.ok(covered((random) => series(wavesFrom(random, 0.97)), 0) > 0.88, "waves of thirty samples");
});

slope("waves would pass for a slope, were their blocks taken as independent", () => {
  const { low = 0, high = 0, autocorrelation = 0 } = estimateSlope(series(wavesFrom(evenFrom(4), 0.97))) ?? {};
  const quiet = estimateSlope(series(gaussFrom(evenFrom(4))));
  assert.ok(autocorrelation > 0.4 && (quiet?.autocorrelation ?? 1) < 0.3, `${autocorrelation} ${quiet?.autocorrelation}`);
  assert.ok(high - low > 3 * ((quiet?.high ?? 0) - (quiet?.low ?? 0)));
});

slope("a leak of 4 MB/h under 1 MB of noise and a saw tooth of 8 MB is told from none", () => {
  let at = 0;
  const gauss = gaussFrom(evenFrom(7));
  const toothed = () => (at++ % 7) + gauss();
  const { low = 0, high = 0 } = estimateSlope(series(toothed, (hours) => 80 + 4 * hours)) ?? {};
  assert.ok(low > 0 && low < 4 && high > 4 && high < 9, `${low} to ${high}`);
});

slope("a single step is no slope for sure, and outliers move nothing", () => {
  const gauss = gaussFrom(evenFrom(9));
  const step = estimateSlope(series(gauss, (hours) => (hours < 0.25 ? 80 : 88)));
  assert.ok((step?.low ?? 1) <= 0, JSON.stringify(step));
  const random = evenFrom(10);
  const { low = 1, high = -1 } = estimateSlope(series(() => gauss() + (random() < 0.1 ? 200 : 0))) ?? {};
  assert.ok(low < 0 && high > 0 && high - low < 12, `${low} to ${high}`);
});

slope("a constant has no slope and no doubt; too few samples have no slope at all", () => {
  assert.equal(estimateSlope(series(() => 0)), { slope: 0, low: 0, high: 0, autocorrelation: 0, blocks: 40 });
  assert.is(estimateSlope([]), undefined);
  assert.is(estimateSlope(series(() => 0).slice(0, 20)), undefined);
});

slope("a random walk says nothing, so its interval is wide", () => {
  assert.ok(covered((random) => series(wavesFrom(random, 1)), 0) > 0.8);
});

slope.run();
