import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testSeed } from "../../../host/workbench/testing/random.ts";
import { newSession, nextDueMs, type Session, type SessionInput } from "./session.ts";
import { step } from "./step.ts";
import { received, THEIR_OPEN, US } from "./test-situations.ts";
import { connectTimeoutMs, keepaliveDelayMs, retryDelayMs, sendHoldMs } from "./timing.ts";

const timing = suite("bgp session timing");
const seed = testSeed();
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

timing("retryDelayMs() grows from 1 s to 120 s, less at most a quarter", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fraction, (failures, random) => {
      const full = Math.min(120_000, 1000 * 2 ** (failures - 1));
      const delay = retryDelayMs(failures, US, random);
      assert.ok(delay >= full * 0.75 && delay <= full, `${failures}: ${delay}`);
    }),
    { seed },
  );
  assert.equal(
    [1, 2, 3, 7, 8, 9].map((failures) => retryDelayMs(failures, US, 0)),
    [1000, 2000, 4000, 64_000, 120_000, 120_000],
  );
});

timing("retryDelayMs() stays what is configured", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fraction, fc.integer({ min: 1, max: 65_535 }), (failures, random, seconds) => {
      const delay = retryDelayMs(failures, { ...US, connectRetrySeconds: seconds }, random);
      assert.ok(delay >= seconds * 750 && delay <= seconds * 1000);
    }),
    { seed },
  );
  assert.is(connectTimeoutMs(US), 10_000);
  assert.is(connectTimeoutMs({ ...US, connectRetrySeconds: 2 }), 2000);
  assert.is(connectTimeoutMs({ ...US, connectRetrySeconds: 60 }), 10_000);
});

timing("keepaliveDelayMs() never comes late, nor more than once a second", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 22_000_000 }), fraction, (keepaliveMs, random) => {
      const delay = keepaliveDelayMs(keepaliveMs, random);
      assert.ok(delay <= keepaliveMs && delay >= Math.max(1000, Math.floor(keepaliveMs * 0.75)));
    }),
    { seed },
  );
  assert.is(keepaliveDelayMs(0, 0.5), Number.POSITIVE_INFINITY);
  assert.equal([0, 90_000, 600_000].map(sendHoldMs), [Number.POSITIVE_INFINITY, 480_000, 1_200_000]);
});

/** When the session connects, where the peer does `answers` each time. */
function attempts(answers: readonly ((connection: number) => readonly SessionInput[])[]): number[] {
  const times: number[] = [];
  let session: Session = newSession(US, seed);
  let nowMs = 0;
  const put = (input: SessionInput) => {
    const result = step(session, input, nowMs);
    session = result.session;
    return result.actions.find(({ type }) => type === "connect")?.connection;
  };
  let connection = put({ type: "start", restarting: false });
  for (const answer of answers) {
    times.push(nowMs);
    for (const input of answer(connection as number)) connection = put(input) ?? connection;
    for (let before = connection; connection === before; ) {
      nowMs = nextDueMs(session);
      connection = put({ type: "timer" }) ?? connection;
    }
  }
  return times.slice(1).map((time, at) => time - (times[at] as number));
}

const connected = (connection: number): SessionInput => ({ type: "connected", connection });
const refuse = (connection: number): SessionInput =>
  received(connection, { type: "notification", errorCode: 6, errorSubcode: 5, data: "" });

timing("step() asks ever more rarely a peer that answers and then refuses", () => {
  const refusals = {
    "the connection": (connection: number): SessionInput[] => [{ type: "connectFailed", connection, reason: "Connection refused" }],
    "after the connection": (connection: number): SessionInput[] => [
      connected(connection),
      { type: "closed", connection, reason: "Reset" },
    ],
    "after OPEN": (connection: number) => [connected(connection), received(connection, THEIR_OPEN), refuse(connection)],
    "when established": (connection: number) => [
      connected(connection),
      received(connection, THEIR_OPEN),
      received(connection, { type: "keepalive" }),
      refuse(connection),
    ],
    "with a lost collision": (connection: number) => [
      connected(connection),
      received(connection, { type: "notification", errorCode: 6, errorSubcode: 7, data: "" }),
    ],
  };
  for (const [when, answer] of Object.entries(refusals)) {
    const waits = attempts(Array<typeof answer>(12).fill(answer));
    for (const [at, wait] of waits.entries()) {
      const full = Math.min(120_000, 1000 * 2 ** at);
      assert.ok(wait >= full * 0.75 && wait <= full, `${when}, wait ${at}: ${wait}`);
    }
  }
});

timing("step() draws other waits for other seeds, and the same for the same", () => {
  const due = (drawSeed: number) => {
    const { session } = step(newSession(US, drawSeed), { type: "start", restarting: false }, 0);
    return nextDueMs(step(session, { type: "connectFailed", connection: 1, reason: "Refused" }, 0).session);
  };
  const dues = Array.from({ length: 100 }, (_, at) => due(at));
  assert.ok(new Set(dues).size > 60);
  assert.is(due(7), due(7));
});

timing.run();
