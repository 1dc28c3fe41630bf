import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatTick, scaleFor } from "./scale.ts";

const scale = suite("scale");

scale("scaleFor() begins at 0, and ends at a round number", () => {
  const found = scaleFor([1580, 2411]);
  assert.equal(found.ticks, [0, 500, 1000, 1500, 2000, 2500]);
  assert.equal([found.at(0), found.at(1250), found.at(2500), found.isLog], [0, 0.5, 1, false]);
  assert.equal(scaleFor([0.07, 0.3]).ticks, [0, 0.1, 0.2, 0.3]);
  assert.equal(scaleFor([0, 0]).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.equal(scaleFor([-3, 5]).ticks, [-4, -2, 0, 2, 4, 6]);
});

scale("scaleFor() counts decades where values lie far apart", () => {
  const found = scaleFor([0.2, 913]);
  assert.equal(found.ticks, [0.1, 1, 10, 100, 1000]);
  assert.ok(found.isLog);
  assert.ok(Math.abs(found.at(10) - 0.5) < 1e-12);
  assert.equal(scaleFor([1e-7, 9]).ticks, [1e-7, 1e-5, 1e-3, 0.1, 10]);
});

scale("scaleFor() takes whatever number there is, and never more than a few ticks", () => {
  const numbers = [0, 1e-300, 5e-324, 1, 0.1 + 0.2, 29.999, 31, 1e15, 2 ** 53, 1e300, -1, -1e300];
  for (const low of numbers)
    for (const high of numbers) {
      const { ticks, at } = scaleFor([low, high]);
      assert.ok(ticks.length >= 2 && ticks.length <= 8, `${low} ${high}: ${ticks}`);
      for (const value of [low, high]) assert.ok(at(value) > -1e-6 && at(value) < 1 + 1e-6, `${low} ${high}: ${value} is at ${at(value)}`);
      for (const tick of ticks) assert.ok(at(tick) > -1e-6 && at(tick) < 1 + 1e-6, `${low} ${high}: ${tick}`);
    }
  assert.throws(() => scaleFor([]), /found no values/);
});

scale("formatTick() is short", () => {
  assert.equal([0, 0.3, 1500, 20_000, 1.5e6, 1e-7, 1e300].map(formatTick), ["0", "0.3", "1,500", "20K", "1.5M", "1e-7", "1e+300"]);
});

scale.run();
