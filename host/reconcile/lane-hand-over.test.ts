import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Announcer } from "../announcer.ts";
import { FakeClock, settled } from "../workbench/testing/fake-clock.ts";
import { Lane } from "./lane.ts";

const HAND_OVER = suite("Lane.handOver");

const announce = (vip: string): Announcement => ({ vip, family: 4, links: null, services: ["default/web"], attributes: {} });
const A = announce("192.0.2.1");
const B = announce("192.0.2.2");

/** Notes what it is told, and answers when its gate opens, or at once. */
function announcerOf(name: string, calls: string[], gate?: { wait: Promise<void> }): Announcer {
  return {
    async apply({ added, changed, removed }) {
      const text = (sign: string, rows: readonly Announcement[]) => rows.map(({ vip }) => sign + vip.slice(-1));
      calls.push([name, ...text("+", added), ...text("~", changed), ...text("-", removed)].join(" "));
      await gate?.wait;
      return [];
    },
    stop: async (why) => void calls.push(`${name} stop ${why}`),
  };
}

function gateOf() {
  let open: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const wait = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { wait, open, fail };
}

async function start() {
  const calls: string[] = [];
  const clock = new FakeClock();
  const lane = new Lane({ name: "toy", clock, random: () => 0 });
  const desire = (row: Announcement, isThere = true) => {
    lane.desire(row.vip, isThere ? row : undefined);
    lane.run();
  };
  desire(A);
  await lane.start(announcerOf("old", calls));
  await settled();
  const take = async () => {
    await settled();
    return calls.splice(0);
  };
  assert.equal(await take(), ["old +1"]);
  return { calls, clock, lane, desire, take };
}

HAND_OVER("the other is told everything, and the one before nothing any more", async () => {
  const { calls, lane, desire, take, clock } = await start();
  await lane.handOver(announcerOf("new", calls), 1000);
  assert.equal(await take(), ["new +1"]);
  desire(B);
  desire(A, false);
  assert.equal(await take(), ["new +2", "new -1"]);
  assert.equal([lane.rows().map(({ state }) => state), clock.pending], [["told"], 0]);
});

HAND_OVER("resolves when all has been taken over; what changes meanwhile is the other's next turn", async () => {
  const { calls, lane, desire, take } = await start();
  const gate = gateOf();
  let isOver = false;
  const over = lane.handOver(announcerOf("new", calls, gate), 1000).then(() => (isOver = true));
  await take();
  desire(B);
  assert.equal([await take(), isOver], [[], false]);
  gate.open();
  await over;
  assert.equal(await take(), ["new +2"]);
});

HAND_OVER("where the other fails, the one before goes on from where it was", async () => {
  const { calls, lane, desire, take, clock } = await start();
  const gate = gateOf();
  const over = lane.handOver(announcerOf("new", calls, gate), 1000).then(String, String);
  assert.equal(await take(), ["new +1"]);
  desire(B);
  gate.fail(new Error("no such device"));
  assert.is(await over, "Error: no such device");
  assert.equal(await take(), ["old +2"]);
  assert.equal([lane.state().unsure, lane.state().untold, clock.pending], [0, 0, 0]);
});

HAND_OVER("where the other takes too long, the one before goes on, and is told what is gone", async () => {
  const { calls, lane, desire, take, clock } = await start();
  const over = lane.handOver(announcerOf("new", calls, gateOf()), 1000).then(String, String);
  await take();
  desire(A, false);
  desire(B);
  await clock.advance(1000);
  assert.is(await over, "Error: Nothing was taken over within 1000 ms");
  assert.equal(await take(), ["old +2 -1"]);
});

HAND_OVER("where what it holds cannot be asked for, the one before goes on", async () => {
  const { calls, lane, take } = await start();
  const other = { ...announcerOf("new", calls), held: () => Promise.reject(new Error("unreadable")) };
  assert.is(await lane.handOver(other, 1000).then(String, String), "Error: unreadable");
  assert.equal([await take(), lane.state().isStarted], [[], true]);
});

HAND_OVER("a stop meanwhile ends it, and the lane stays stopped", async () => {
  const { calls, lane, take, clock } = await start();
  const over = lane.handOver(announcerOf("new", calls, gateOf()), 10_000).then(String, String);
  await take();
  const stopped = lane.stop("replace");
  await clock.advance(2000);
  await stopped;
  assert.is(await over, "Error: Stopped meanwhile");
  assert.equal([await take(), lane.state().isStarted], [["new stop replace"], false]);
});

HAND_OVER("a lane without an announcer starts with the other", async () => {
  const { calls, lane, take } = await start();
  await lane.stop("replace");
  await lane.handOver(announcerOf("new", calls), 1000);
  assert.equal(await take(), ["old stop replace", "new +1"]);
});

HAND_OVER.run();
