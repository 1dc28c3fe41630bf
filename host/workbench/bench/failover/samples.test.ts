import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ANSWER_LIMIT_MS, Samples } from "./samples.ts";

const samples = suite("failover samples");

/** One each 5 ms from 0 on; `by`: who answers the one of that time, a millisecond later. */
function play(untilMs: number, by: (sentMs: number) => string | null, tookMs = 1): Samples {
  const log = new Samples();
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 5) {
    const number = log.send(nowMs);
    const name = by(nowMs);
    if (name !== null) log.answer(number, name, nowMs + tookMs);
  }
  return log;
}

samples("an outage is from the last answered send to the next answered one", () => {
  const log = play(1000, (ms) => (ms < 200 ? "a" : ms < 600 ? null : "b"));
  const { sent, lost, outageMs, pauseMs, slowestMs, answeredBy } = log.window(0, 1000);
  assert.equal([sent, lost, outageMs, pauseMs, slowestMs], [201, 80, 405, 5, 1]);
  assert.equal(answeredBy, { a: { count: 40, firstMs: 1, lastMs: 196 }, b: { count: 80, firstMs: 601, lastMs: 996 } });
});

samples("nobody from some time on is an outage until the end, and from the start where nobody answered before", () => {
  assert.is(play(1000, (ms) => (ms < 200 ? "a" : null)).window(0, 1000).outageMs, 805);
  assert.is(play(1000, () => null).window(0, 1000).outageMs, 1000);
  assert.is(play(1000, (ms) => (ms < 400 ? null : "a")).window(0, 1000).outageMs, 400);
});

samples("a window knows nothing of what was sent before or behind it", () => {
  const log = play(1000, (ms) => (ms >= 200 && ms < 600 ? null : "a"));
  assert.equal([log.window(600, 1000).lost, log.window(600, 1000).outageMs], [0, 5]);
  assert.equal([log.window(0, 195).lost, log.window(0, 195).outageMs], [0, 5]);
});

samples("an answer that is too late is none, and a slow one is told", () => {
  assert.is(play(100, () => "a", ANSWER_LIMIT_MS + 1).window(0, 100).lost, 21);
  const slow = play(100, () => "a", 300).window(0, 100);
  assert.equal([slow.lost, slow.slowestMs], [0, 300]);
});

samples("a client that does not send has a pause, which is no loss", () => {
  const log = new Samples();
  for (const nowMs of [0, 5, 105, 110]) log.answer(log.send(nowMs), "a", nowMs + 1);
  const { lost, outageMs, pauseMs } = log.window(0, 110);
  assert.equal([lost, outageMs, pauseMs], [0, 100, 100]);
});

samples("a second answer to one question is heard, and changes nothing else", () => {
  const log = play(100, () => "a");
  log.answer(log.last, "b", 103);
  assert.equal(Object.keys(log.window(0, 110).answeredBy), ["a", "b"]);
  assert.is(log.window(0, 110).sent, 21);
});

samples("numbers that nobody sent are passed over", () => {
  const log = play(100, () => null);
  log.answer(1_000_000, "a", 50);
  assert.equal(log.window(0, 100).answeredBy, {});
});

samples.run();
