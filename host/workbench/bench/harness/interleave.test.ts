import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Contender, interleave, ratio, rotate } from "./interleave.ts";

const harness = suite("harness");

harness("rotate() begins one later each round", () => {
  const orders = [0, 1, 2, 3].map((round) => rotate(["a", "b", "c"], round).join(""));
  assert.equal(orders, ["abc", "bca", "cab", "abc"]);
  assert.equal(rotate([], 3), []);
});

harness("interleave() measures every contender once a round, one at a time, in rotated order", async () => {
  const order: string[] = [];
  let running = 0;
  const contender = (name: string): Contender<{ value: number }> => ({
    name,
    async measure() {
      assert.is(running++, 0);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      order.push(name);
      return [{ value: 1 }, { value: 2 }];
    },
  });
  const measured = await interleave(2, [contender("a"), contender("b")]);
  assert.is(order.join(""), "abba");
  assert.is(measured.length, 8);
  assert.equal(measured.at(-1), { value: 2, round: 1, contender: "a" });
});

harness("interleave() ends with the first failure", async () => {
  const failing: Contender<object> = {
    name: "failing",
    measure: async () => {
      throw new Error("no socket");
    },
  };
  let message = "";
  await interleave(3, [failing]).catch((error: Error) => (message = error.message));
  assert.is(message, "no socket");
});

harness("ratio() compares inside a round, so a slow round changes nothing", () => {
  const measured = [
    { contender: "c", round: 0, ns: 100 },
    { contender: "herald", round: 0, ns: 125 },
    { contender: "herald", round: 1, ns: 1250 }, // everything took ten times as long
    { contender: "c", round: 1, ns: 1000 },
    { contender: "c", round: 2, ns: 7 }, // the other is missing
  ];
  const found = ratio(measured, ["c", "herald"], ({ ns }) => ns);
  assert.equal([found?.low, found?.median, found?.high], [0.8, 0.8, 0.8]);
  assert.is(
    ratio(measured, ["c", "kernel"], ({ ns }) => ns),
    undefined,
  );
});

harness.run();
