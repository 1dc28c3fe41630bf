/** The event-loop driver with an engine that only counts, and the switchboard's hearts `PollDriver`: `poll-driver.test.ts`. */
import { stat } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventLoopDriver } from "./drivers.ts";
import type { PacketEngine } from "./engine.ts";
import { Switchboard } from "./switchboard.ts";

const DRIVERS = suite("drivers");

/** `turns`: when each turn was; `hasMore` answers them; `nextTickMs` may be set. */
function counting() {
  const turns: number[] = [];
  const engine = {
    nextTickMs: Infinity,
    hasMore: () => false,
    turn(nowMs: number) {
      turns.push(nowMs);
      return engine.hasMore();
    },
  };
  const driver = new EventLoopDriver(engine as unknown as PacketEngine, () => {});
  return { engine, driver, turns };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

DRIVERS("wake() turns at once, schedule() once in the next round, however often it is called", async () => {
  const { driver, turns } = counting();
  driver.wake();
  assert.is(turns.length, 1);
  for (let count = 0; count < 5; count++) driver.schedule();
  assert.is(turns.length, 1);
  await pause(5);
  assert.is(turns.length, 2);
});

DRIVERS("as long as there is more, turns follow, and messages get theirs in between", async () => {
  const { engine, driver, turns } = counting();
  let messages = 0;
  engine.hasMore = () => turns.length < 50;
  driver.wake();
  await new Promise<void>((resolve) => {
    const tell = (): void => {
      messages++;
      if (turns.length < 50) setImmediate(tell);
      else resolve();
    };
    tell();
  });
  assert.is(turns.length, 50);
  assert.ok(messages >= 40, `${messages} messages in 50 turns`);
});

DRIVERS("a timer that comes due earlier is not slept through, one that was put off costs nothing", async () => {
  const { engine, driver, turns } = counting();
  const startedMs = performance.now();
  engine.nextTickMs = startedMs + 1000;
  driver.wake();
  engine.nextTickMs = startedMs + 20;
  driver.wake();
  assert.is(turns.length, 2);
  await pause(40);
  assert.ok(turns.length >= 3, "it was woken for the earlier one");
  assert.ok(turns.slice(2).some((nowMs) => nowMs >= startedMs + 20));
  engine.nextTickMs = Infinity;
  driver.wake();
  const before = turns.length;
  await pause(20);
  assert.is(turns.length, before);
});

DRIVERS("after a pause sockets are asked before a timer falls due", async () => {
  const { engine, driver, turns } = counting();
  const startedMs = performance.now();
  engine.nextTickMs = startedMs + 10;
  driver.wake();
  const order: string[] = [];
  engine.hasMore = () => {
    order.push("turn");
    engine.nextTickMs = Infinity;
    return false;
  };
  stat(fileURLToPath(import.meta.url), () => order.push("input"));
  while (performance.now() < startedMs + 50); // the process is away, and both are waiting when it is back
  await pause(30);
  assert.is(turns.length, 2);
  assert.equal(order[0], "input");
});

DRIVERS("a timer beyond what Node's timers know is no busy loop", async () => {
  const { engine, driver, turns } = counting();
  engine.nextTickMs = performance.now() + 2 ** 40;
  driver.wake();
  await pause(20);
  assert.is(turns.length, 1);
  driver.stop();
});

DRIVERS("after stop() no timer wakes", async () => {
  const { engine, driver, turns } = counting();
  engine.nextTickMs = performance.now() + 5;
  driver.wake();
  driver.stop();
  await pause(20);
  assert.is(turns.length, 1);
});

DRIVERS("five beats without the other's are silence, one of the other's ends it", () => {
  const switchboard = new Switchboard();
  const [main, worker] = [switchboard.heart("main"), switchboard.heart("worker")];
  const silent = (beats: number) => Array.from({ length: beats }, () => worker().isOtherSilent);
  assert.equal(silent(4), [false, false, false, false]);
  main();
  assert.equal(silent(6), [false, false, false, false, false, true]);
  assert.equal(silent(2), [true, true]);
  main();
  assert.equal(silent(1), [false]);
  assert.not(main().isOtherSilent, "the worker has beaten all the time");
});

DRIVERS.run();
