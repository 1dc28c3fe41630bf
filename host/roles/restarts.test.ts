import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Restarts } from "./restarts.ts";

const RESTARTS = suite("Restarts");
const MINUTE_MS = 60_000;

RESTARTS("the delay doubles from 1 s up to 60 s, and begins again after 5 minutes in which it was well", () => {
  const restarts = new Restarts(false, () => 0.5);
  const delays = Array.from({ length: 8 }, () => restarts.ended(0, 0).delayMs / 1000);
  assert.equal(delays, [1, 2, 4, 8, 16, 32, 60, 60]);
  assert.equal(restarts.ended(0, 5 * MINUTE_MS - 1).delayMs, 60_000);
  assert.equal(restarts.ended(0, 5 * MINUTE_MS).delayMs, 1000);
});

RESTARTS("a fifth more or less by chance", () => {
  assert.equal(
    [0, 0.999_999].map((random) => new Restarts(false, () => random).ended(0, 0).delayMs),
    [800, 1200],
  );
});

RESTARTS("five ends in ten minutes park it, until it was well or is another", () => {
  const restarts = new Restarts(true, () => 0.5);
  const isParked = [0, 1, 2, 3].map((minute) => restarts.ended(minute * MINUTE_MS, 0).isParked);
  assert.equal(isParked, [false, false, false, false]);
  assert.equal(restarts.ended(4 * MINUTE_MS, 0), { delayMs: 5 * MINUTE_MS, isParked: true });
  assert.equal(restarts.ended(40 * MINUTE_MS, 1000), { delayMs: 5 * MINUTE_MS, isParked: true }, "one end in a long time is no recovery");
  assert.equal(restarts.ended(50 * MINUTE_MS, 6 * MINUTE_MS), { delayMs: 1000, isParked: false });
  for (let at = 0; at < 5; at++) restarts.ended(50 * MINUTE_MS, 0);
  restarts.forget();
  assert.equal(restarts.ended(50 * MINUTE_MS, 0), { delayMs: 1000, isParked: false });
});

RESTARTS("ends that are further apart park nothing", () => {
  const restarts = new Restarts(true, () => 0.5);
  for (let at = 0; at < 20; at++) assert.not(restarts.ended(at * 3 * MINUTE_MS, 0).isParked, String(at));
});

RESTARTS.run();
