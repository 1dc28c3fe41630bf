import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pace } from "./pace.ts";

const pace = suite("pace");

pace("three turns that are two intervals late within a minute double it, up to 250 ms", () => {
  const subject = new Pace();
  const heard = [1000, 2000, 3000].map((nowMs) => subject.hear(220, nowMs));
  assert.equal(heard, [false, false, true]);
  assert.is(subject.intervalMs, 200);
  for (let nowMs = 4000; nowMs < 40_000; nowMs += 1000) subject.hear(900, nowMs);
  assert.is(subject.intervalMs, 250, "more would make every failover slow");
  assert.is(subject.hear(900, 41_000), false);
});

pace("single late turns, those that are not late enough, and a process that was stopped change nothing", () => {
  const subject = new Pace();
  for (let minute = 0; minute < 10; minute++) assert.is(subject.hear(250, minute * 61_000), false);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1000) assert.is(subject.hear(190, 1_000_000 + nowMs), false);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1000) assert.is(subject.hear(1300, 2_000_000 + nowMs), false);
  assert.is(subject.intervalMs, 100);
});

pace("after a minute without a late turn it goes back by halves", () => {
  const subject = new Pace();
  for (const nowMs of [0, 1, 2, 3, 4, 5]) subject.hear(450, nowMs);
  assert.is(subject.intervalMs, 250);
  assert.is(subject.rest(59_000), false);
  assert.is(subject.rest(61_000), true);
  assert.is(subject.intervalMs, 125);
  assert.is(subject.rest(62_000), false);
  assert.is(subject.rest(122_000), true);
  assert.is(subject.intervalMs, 100);
  assert.is(subject.rest(999_000), false);
});

pace.run();
