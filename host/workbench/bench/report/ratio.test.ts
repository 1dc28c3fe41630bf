import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom } from "../../testing/random.ts";
import { differenceOf, ratioOf } from "./ratio.ts";

const ratio = suite("ratio");

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

ratio("ratioOf() is the median of all ratios, whatever the order of the rounds", () => {
  const { median, low, high, isUnsure } = ratioOf([100, 102, 98], [55, 49, 51]);
  assert.is(median, 51 / 100);
  assert.equal([low, high], [49 / 102, 55 / 98]);
  assert.not.ok(isUnsure);
});

// Tables of the Mann–Whitney test list the largest U that is significant at 0.1, two-sided; one more pair is cut than that.
const critical: Readonly<Record<string, number>> = { "3 3": 0, "4 4": 1, "5 5": 4, "3 5": 1, "9 9": 21, "20 20": 138 };
for (const [sizes, most] of Object.entries(critical)) {
  ratio(`differenceOf() cuts ${most} pairs of each end with ${sizes} rounds`, () => {
    const [left = 0, right = 0] = sizes.split(" ").map(Number);
    // Each difference is another one, so ranks can be read from the interval.
    const a = upTo(left).map((one) => -one * 1000);
    const b = upTo(right);
    const all = a.flatMap((one) => b.map((other) => other - one)).sort((one, other) => one - other);
    const { low, high } = differenceOf(a, b);
    assert.equal([all.indexOf(low), all.length - 1 - all.indexOf(high)], [most, most]);
  });
}

ratio("ratioOf() is not sure of a few rounds", () => {
  assert.ok(ratioOf([1], [2]).isUnsure);
  assert.ok(ratioOf([1, 1], [2, 2, 2]).isUnsure);
  assert.not.ok(ratioOf([1], new Array(19).fill(2)).isUnsure);
});

ratio("ratioOf() holds what is true in nine of ten runs", () => {
  const random = randomFrom(7);
  const MOST = 1_000_000;
  const drawn = (scale: number) => Array.from({ length: 5 }, () => scale * (1 + (random(MOST) / MOST) ** 3));
  const RUNS = 2000;
  let held = 0;
  for (let run = 0; run < RUNS; run++) {
    const { low, high } = ratioOf(drawn(100), drawn(130));
    if (low <= 1.3 && 1.3 <= high) held++;
  }
  assert.ok(held > RUNS * 0.88 && held < RUNS * 0.97, `${held} of ${RUNS}`);
});

ratio("ratioOf() bears many rounds", () => {
  const many = upTo(50_000).map((at) => 1000 + (at % 100));
  const { median, low, high } = ratioOf(
    many,
    many.map((value) => value * 2),
  );
  assert.ok(low < 2 && 2 < high && high - low < 0.05, `${low} ${high}`);
  assert.ok(Math.abs(median - 2) < 0.001);
});

ratio("ratioOf() refuses to compare with nothing", () => {
  assert.throws(() => ratioOf([], [1]), /one has no values/);
});

ratio.run();
