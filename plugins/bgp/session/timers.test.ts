import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeOpen } from "./negotiate.ts";
import { type Session, stateOf } from "./session.ts";
import { step } from "./step.ts";
import { KEEPALIVE, received, sessionIn, show, THEM, US } from "./test-situations.ts";
import { type Side, World } from "./test-world.ts";

const timers = suite("bgp session timers");

function joined(): World {
  const world = new World([US, THEM], 7);
  for (const side of [0, 1] as const) world.put(side, { type: "start", restarting: false });
  world.run(10_000);
  assert.ok(world.isJoined);
  world.story.length = 0;
  return world;
}

/** The first two things that happen after `side` hears no more, and when. */
function silence(world: World, side: Side): string[] {
  for (const { wires } of world.sides) for (const wire of wires.values()) wire.swallows[side] = true;
  const fromMs = world.nowMs;
  world.run(200_000);
  assert.ok(world.nowMs - fromMs === 200_000);
  return world.story.slice(0, 2).map((line) => line.replace(/^\d+ /, ""));
}

timers("the hold timer ends a session in which one side hears nothing, whichever it is", () => {
  for (const side of [0, 1] as const) {
    const world = joined();
    const fromMs = world.nowMs;
    assert.equal(silence(world, side), [
      `${side} ended No message came from the peer within the hold time`,
      `${1 - side} ended Peer ended the session: Hold timer expired (4/0)`,
    ]);
    const endedMs = Number(world.story[0]?.split(" ")[0]) - fromMs;
    assert.ok(endedMs > 120_000 && endedMs <= 180_000, `after ${endedMs} ms`);
  }
});

timers("keepalives keep a silent session up for ever", () => {
  const world = joined();
  world.run(24 * 3_600_000);
  assert.equal(world.story, []);
});

timers("the send hold timer ends a session whose peer takes nothing", () => {
  const world = joined();
  const connection = world.sides[0].session.talks[0]?.connection as number;
  const sentMs = world.nowMs;
  let { session } = step(world.sides[0].session, { type: "sent", connection }, sentMs);
  const at = (nowMs: number) => {
    session = step(session, received(connection, KEEPALIVE), nowMs).session;
    return step(session, { type: "timer" }, nowMs);
  };
  for (let nowMs = sentMs; nowMs < sentMs + 480_000; nowMs += 60_000) assert.is(stateOf(at(nowMs).session), "established");
  assert.match(show(at(sentMs + 480_000)), `send ${connection} 8/0, close ${connection}, ended ${connection} session`);
  world.stuck[0] = true;
  world.run(170_000);
  assert.equal(world.story, [], "the other side's hold timer comes before that");
});

timers("neither hold timer runs where a side wants none", () => {
  const { session, nowMs } = sessionIn("openSent");
  const open = makeOpen({ ...THEM, holdTimeSeconds: 0 }, false);
  let current: Session = session;
  for (const message of [open, KEEPALIVE]) current = step(current, received(1, message), nowMs).session;
  assert.is(stateOf(current), "established");
  assert.equal(step(current, { type: "timer" }, nowMs + 1e9).actions, []);
});

timers("a process that stood still reads what came before it calls the peer dead", () => {
  const { session, nowMs } = sessionIn("established");
  const late = step(session, { type: "timer" }, nowMs + 300_000);
  assert.is(stateOf(late.session), "established");
  const heard = step(late.session, received(1, KEEPALIVE), nowMs + 300_001).session;
  assert.is(stateOf(step(heard, { type: "timer" }, nowMs + 301_000).session), "established");
  assert.is(stateOf(step(late.session, { type: "timer" }, nowMs + 301_000).session), "active");
});

timers("an attempt that nobody answers is given up after ten seconds", () => {
  const { session, nowMs } = sessionIn("connect");
  assert.equal(step(session, { type: "timer" }, nowMs + 9999), { session, actions: [] });
  assert.is(show(step(session, { type: "timer" }, nowMs + 10_000)), "active: close 1, unreached 1");
});

timers("a peer that connects but never says OPEN is let go after four minutes", () => {
  const { session, nowMs } = sessionIn("openSent");
  assert.equal(step(session, { type: "timer" }, nowMs + 239_999), { session, actions: [] });
  assert.is(show(step(session, { type: "timer" }, nowMs + 240_000)), "active: send 1 4/0, close 1, ended 1");
});

timers.run();
