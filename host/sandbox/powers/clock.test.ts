import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeClock } from "../../workbench/testing/fake-clock.ts";
import { Opened } from "../opened.ts";
import { createClock } from "./clock.ts";

const clock = suite("clock");

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function plugin() {
  const opened = new Opened("x");
  return { clock: createClock(opened), opened };
}

clock("after() calls once, every() until it is closed", async () => {
  const { clock, opened } = plugin();
  const calls: string[] = [];
  clock.after(5, () => calls.push("after"));
  const close = clock.every(5, () => calls.push("every") === 4 && close());
  await pause(100);
  assert.is(calls.filter((call) => call === "after").length, 1);
  assert.is(calls.length, 4);
  assert.is(opened.size, 0);
});

clock("after() is closed before it calls", async () => {
  const { clock } = plugin();
  let called = false;
  const close = clock.after(5, () => (called = true));
  close();
  close();
  await pause(20);
  assert.is(called, false);
});

clock("now() never goes back", () => {
  const { clock } = plugin();
  const first = clock.now();
  assert.ok(clock.now() >= first);
});

clock("wallMs() is what this machine's clock says", () => {
  const { clock } = plugin();
  assert.ok(Math.abs(clock.wallMs() - Date.now()) < 1000);
});

for (const delayMs of [Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40]) {
  clock(`after(${delayMs}) does not come at once`, async () => {
    const { clock, opened } = plugin();
    let called = false;
    clock.after(delayMs, () => (called = true));
    clock.every(delayMs, () => (called = true));
    await pause(20);
    assert.is(called, false);
    assert.is(opened.size, 2);
    opened.end();
  });
}

clock("no timer outlives the plugin, and none is started afterwards", async () => {
  const { clock, opened } = plugin();
  const calls: number[] = [];
  clock.after(5, () => calls.push(1));
  clock.every(5, () => calls.push(2));
  opened.end();
  clock.after(5, () => calls.push(3))();
  clock.every(5, () => calls.push(4))();
  assert.is(opened.size, 0);
  await pause(30);
  assert.equal(calls, []);
});

clock("a host may have another time than this machine", async () => {
  const opened = new Opened("x");
  const time = new FakeClock();
  const clock = createClock(opened, time);
  const calls: string[] = [];
  clock.after(60_000, () => calls.push("after"));
  clock.every(40_000, () => calls.push("every"));
  await time.advance(60_000);
  assert.equal(calls, ["every", "after"]);
  assert.is(clock.now(), 60_000);
  assert.is(opened.size, 1);
  opened.end();
  assert.is(time.pending, 0);
});

clock("what a callback closes or starts while the plugin ends does no harm", () => {
  const opened = new Opened("x");
  const ended: string[] = [];
  opened.add(() => ended.push("first"));
  const second = opened.add(() => ended.push("second"));
  opened.add(() => {
    second();
    ended.push("third");
    assert.throws(() => opened.add(() => ended.push("too late")), /Cannot open anything for plugin x: it has stopped/);
  });
  opened.end();
  opened.end();
  assert.equal(ended, ["second", "third", "too late", "first"]);
});

clock.run();
