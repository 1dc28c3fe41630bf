import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pace } from "./pace.ts";

const pace = suite("pace");

pace("Pace gives a steady rate, whenever it is asked", () => {
  const paced = new Pace(10_000, 64, 100);
  assert.is(paced.take(0), 0);
  assert.is(paced.take(0.05), 0);
  assert.is(paced.take(0.1), 1);
  assert.is(paced.take(0.15), 0);
  assert.is(paced.take(0.5), 4);
  assert.is(paced.take(0.4), 0); // a clock that stands still sends nothing twice
});

pace("Pace sends all in the end, and not one more", () => {
  const paced = new Pace(100_000, 64, 1000);
  let sent = 0;
  for (let elapsedMs = 0; elapsedMs < 20; elapsedMs += 0.003) sent += paced.take(elapsedMs);
  assert.is(sent, 1000);
  assert.ok(paced.isDone);
  assert.is(paced.take(1e6), 0);
});

pace("Pace leaves out what it is more than a batch behind", () => {
  const paced = new Pace(100_000, 64, 100_000);
  assert.is(paced.take(0.5), 50);
  assert.is(paced.take(50), 64); // 4950 were due: the generator had lost its CPU
  assert.is(paced.take(50.1), 10);
});

pace("Pace floods by whole batches up to its total", () => {
  const flood = new Pace(null, 64, 150);
  assert.equal([flood.take(0), flood.take(0), flood.isDone, flood.take(0), flood.isDone, flood.take(9)], [64, 64, false, 22, true, 0]);
});

pace.run();
