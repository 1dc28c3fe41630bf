import { suite } from "uvu";
import * as assert from "uvu/assert";
import { percentile, summarize } from "./statistics.ts";

const statistics = suite("statistics");

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

statistics("summarize() gives the middle value, or the mean of the middle two, in any order", () => {
  assert.is(summarize([9, 1, 5]).median, 5);
  assert.is(summarize([4, 1, 3, 2]).median, 2.5);
  assert.is(summarize([7]).median, 7);
  assert.is(summarize([30, 4, 200]).min, 4);
});

statistics("summarize() leaves its input as it was", () => {
  const values = [3, 1, 2];
  summarize(values);
  assert.equal(values, [3, 1, 2]);
});

// Coverage of the interval between the k-th value from below and from above is 1 − 2·P(Binomial(n, ½) < k); tables of the sign test list it.
const intervals: Readonly<Record<number, readonly [number, number]>> = {
  1: [1, 1],
  4: [1, 4],
  5: [1, 5], // 93.75 %
  7: [1, 7], // the second value: 87.5 %
  8: [2, 7], // 92.97 %
  10: [2, 9], // 97.85 %; the third: 89.06 %
  11: [3, 9], // 93.46 %
  20: [6, 15], // 95.86 %; the seventh: 88.47 %
};

for (const [count, [low, high]] of Object.entries(intervals)) {
  statistics(`summarize() brackets the median of ${count} values from ${low} to ${high}`, () => {
    const summary = summarize(upTo(Number(count)));
    assert.equal([summary.low, summary.high], [low, high]);
  });
}

statistics("summarize() refuses to say anything of nothing", () => {
  assert.throws(() => summarize([]), /found none/);
});

statistics("percentile() is the nearest rank", () => {
  const sorted = upTo(200);
  assert.is(percentile(sorted, 0.5), 100);
  assert.is(percentile(sorted, 0.99), 198);
  assert.is(percentile([5], 0.99), 5);
  assert.is(percentile(Float32Array.of(1, 2, 3), 0), 1);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

statistics.run();
