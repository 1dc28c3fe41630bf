/** Module `bfd`: Poll Sequences, timers that wait for them, and how a session says farewell. RFC 5880 §6.5, §6.8.3, §6.8.16. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BfdStation, baseSession, bfdPacket } from "../../host/workbench/testing/bfd-station.ts";

const POLL = suite("bfd poll sequences");
const MINE = baseSession.discriminator;
const [ADMIN_DOWN, DOWN, INIT, UP] = [0, 1, 2, 3] as const;

const known = (state: number, fields = {}) => ({ bytes: bfdPacket({ state, yourDiscriminator: MINE, ...fields }) });
const polls = (sent: readonly { fields: Readonly<Record<string, unknown>> }[]) =>
  sent.map(({ fields }) => [fields["poll"], fields["final"], fields["desiredMinTxInterval"], fields["requiredMinRxInterval"]]);

/** Up since time 0, its first Poll Sequence over. */
function settled(): BfdStation {
  const made = new BfdStation();
  made.put();
  made.receive([known(INIT)], 0);
  made.receive([known(UP, { final: 1 })], 0);
  made.tick(0);
  return made;
}

POLL("a session that comes up polls until the neighbor has heard of its quick timers", () => {
  const made = new BfdStation();
  made.put();
  made.receive([known(INIT)], 0);
  assert.equal(polls(made.tick(0)), [[1, 0, 100_000, 100_000]]);
  made.receive([known(UP)], 50);
  assert.equal(polls(made.tick(100)), [[1, 0, 100_000, 100_000]], "again, at the quick pace");
  made.receive([known(UP, { final: 1 })], 110);
  assert.equal(polls(made.tick(200)), [[0, 0, 100_000, 100_000]]);
});

POLL("a Poll is answered at once with a Final, which never has both bits", () => {
  const made = new BfdStation();
  made.put();
  made.receive([known(INIT)], 0);
  const answers = made.receive([known(UP, { poll: 1 }), known(UP), known(UP, { poll: 1 })], 0);
  assert.equal(polls(answers), [
    [0, 1, 100_000, 100_000],
    [0, 1, 100_000, 100_000],
  ]);
  assert.equal(polls(made.tick(0)), [[1, 0, 100_000, 100_000]], "our own sequence goes on");
});

POLL("a Final is an answer outside of the session's own times", () => {
  const made = settled();
  const before = made.program.nextTickMs;
  made.receive([known(UP, { poll: 1 })], 10);
  assert.is(made.program.nextTickMs, before);
});

POLL("a state that a Final has told is not told again", () => {
  const made = settled();
  const [final, ...more] = made.receive([known(DOWN, { poll: 1 })], 10);
  assert.equal([final?.fields["state"], final?.fields["final"], more.length], [DOWN, 1, 0]);
  assert.equal(made.tick(10), []);
});

POLL("quicker sending begins at once, quicker detection when the neighbor knows", () => {
  const made = settled();
  made.put({ transmitIntervalMs: 20, receiveIntervalMs: 20 });
  assert.equal(polls(made.tick(1)), [[1, 0, 20_000, 20_000]]);
  made.receive([known(UP, { desiredMinTxInterval: 10_000, requiredMinRxInterval: 10_000 })], 2);
  assert.is(made.tick(22).length, 1, "at the new pace");
  made.tick(301);
  assert.is(made.state()?.state, "up", "3 × 100 ms still");
  made.receive([known(UP, { desiredMinTxInterval: 10_000, requiredMinRxInterval: 10_000, final: 1 })], 301);
  made.tick(360.9);
  assert.is(made.state()?.state, "up");
  made.tick(361);
  assert.is(made.state()?.state, "down", "3 × 20 ms now");
});

POLL("slower sending begins when the neighbor knows, slower detection at once", () => {
  const made = settled();
  made.put({ transmitIntervalMs: 1000, receiveIntervalMs: 1000 });
  made.tick(1);
  made.receive([known(UP)], 1);
  assert.equal(polls(made.tick(101)), [[1, 0, 1_000_000, 1_000_000]], "at the old pace");
  made.receive([known(UP, { final: 1 })], 110);
  made.tick(201);
  assert.equal(made.tick(900), [], "at the new one");
  made.tick(3109);
  assert.is(made.state()?.state, "up");
  made.tick(3110);
  assert.is(made.state()?.state, "down");
});

POLL("what is wanted while a sequence runs is the next one's", () => {
  const made = settled();
  made.put({ receiveIntervalMs: 200 });
  assert.equal(polls(made.tick(1)), [[1, 0, 100_000, 200_000]]);
  made.put({ receiveIntervalMs: 300 });
  made.put({ receiveIntervalMs: 400 });
  made.receive([known(UP)], 50);
  assert.equal(polls(made.tick(101)), [[1, 0, 100_000, 200_000]]);
  made.receive([known(UP, { final: 1 })], 102);
  assert.equal(polls(made.tick(102)), [[1, 0, 100_000, 400_000]]);
  made.receive([known(UP, { final: 1 })], 103);
  assert.equal(polls(made.tick(203)), [[0, 0, 100_000, 400_000]]);
});

POLL("a Final that nobody asked for changes nothing", () => {
  const made = settled();
  made.receive([known(UP, { final: 1 })], 1);
  assert.is(made.state()?.state, "up");
  assert.equal(polls(made.tick(101)), [[0, 0, 100_000, 100_000]]);
});

POLL("a session that is not up takes new timers without a Poll", () => {
  const made = new BfdStation();
  made.put();
  made.tick(0);
  made.put({ transmitIntervalMs: 5000, receiveIntervalMs: 50 });
  assert.equal(polls(made.tick(1000)), [[0, 0, 5_000_000, 50_000]]);
});

POLL("a neighbor that has become quicker is not kept waiting", () => {
  const made = new BfdStation();
  made.put();
  made.receive([known(INIT, { requiredMinRxInterval: 10_000_000 })], 0);
  made.receive([known(UP, { requiredMinRxInterval: 10_000_000, final: 1 })], 0);
  made.tick(0);
  assert.ok(made.program.nextTickMs > 5000 || made.program.nextTickMs === 300);
  made.receive([known(UP, { requiredMinRxInterval: 50_000, poll: 1 })], 100);
  assert.ok(made.program.nextTickMs <= 200);
});

POLL("a session that ends says AdminDown at once, a few times more, and no more", () => {
  const made = settled();
  made.put({ isActive: false });
  const farewells = [];
  for (let nowMs = 1; made.program.nextTickMs !== Infinity; nowMs = made.program.nextTickMs) {
    for (const { fields } of made.tick(nowMs)) farewells.push({ nowMs, state: fields["state"], diagnostic: fields["diagnostic"] });
  }
  assert.equal(
    farewells.map(({ state, diagnostic }) => [state, diagnostic]),
    Array.from({ length: 4 }, () => [ADMIN_DOWN, 7]),
  );
  assert.is(farewells[0]?.nowMs, 1);
  const lastMs = farewells.at(-1)?.nowMs ?? 0;
  assert.ok(lastMs > 2250 && lastMs < 3050, `over ${lastMs} ms, which is the slow detection time`);
  assert.is(made.state()?.state, "adminDown");
});

POLL("a session that is wanted again while it ends comes up again", () => {
  const made = settled();
  made.put({ isActive: false });
  made.tick(1);
  made.receive([known(DOWN)], 2);
  made.put();
  assert.is(made.tick(3)[0]?.fields["state"], DOWN);
  made.receive([known(DOWN)], 4);
  made.receive([known(INIT)], 5);
  assert.is(made.state()?.state, "up");
});

POLL("a neighbor that went by AdminDown has not failed when it falls silent", () => {
  const made = settled();
  made.receive([known(ADMIN_DOWN, { diagnostic: 7 })], 1);
  made.tick(60_000);
  assert.equal(made.state(), { state: "down", diagnostic: 3, remoteState: "adminDown", remoteDiagnostic: 7, isEchoing: false });
});

POLL.run();
