import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Rates } from "./rates.ts";

const rates = suite("rates");

rates("one has 25 at once, then one each five minutes, and no other pays for it", () => {
  const some = new Rates({ burst: 25, eachMs: 300_000 });
  const taken = (who: string, nowMs: number, times: number) =>
    Array.from({ length: times }, () => some.take(who, nowMs)).filter((isThere) => isThere).length;
  assert.equal([taken("a", 0, 100), taken("b", 0, 1)], [25, 1]);
  assert.equal([taken("a", 299_999, 5), taken("a", 300_001, 5), taken("a", 900_001, 5)], [0, 1, 2]);
});

rates.run();
