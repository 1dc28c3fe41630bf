import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NotificationMessage } from "../messages.ts";
import type { SessionConfig } from "./config.ts";
import { makeOpen } from "./negotiate.ts";
import { establishedTalk, newSession, nextDueMs, type Session, type SessionAction, type SessionInput, stateOf } from "./session.ts";
import { step } from "./step.ts";
import { KEEPALIVE, REFUSAL, received, sessionIn, show, THEIR_OPEN, THEM, UPDATE, US } from "./test-situations.ts";

const rules = suite("bgp session rules");

const GRACEFUL: Partial<SessionConfig> = { gracefulRestart: { restartTimeSeconds: 120, notification: true } };
const NO_N_BIT: Partial<SessionConfig> = { gracefulRestart: { restartTimeSeconds: 120, notification: false } };
const closed: SessionInput = { type: "closed", connection: 1, reason: "Connection reset" };

/** Puts inputs in one after the other; shows what each does. */
function play(
  session: Session,
  nowMs: number,
  inputs: readonly SessionInput[],
): { session: Session; shown: string[]; actions: SessionAction[] } {
  const shown: string[] = [];
  const actions: SessionAction[] = [];
  let current = session;
  for (const input of inputs) {
    const result = step(current, input, nowMs);
    current = result.session;
    shown.push(show(result));
    actions.push(...result.actions);
  }
  return { session: current, shown, actions };
}

/** An established session, on connection 1, of two that are configured like that. */
function established(ours: Partial<SessionConfig>, theirs: Partial<SessionConfig>): { session: Session; nowMs: number } {
  const { session, nowMs } = sessionIn("openSent", ours);
  const open = makeOpen({ ...THEM, ...theirs }, false);
  return { session: play(session, nowMs, [received(1, open), received(1, KEEPALIVE)]).session, nowMs };
}

/** Both sides connected: 1 is ours, 2 is the peer's. */
function collide(ours: Partial<SessionConfig>, first: 1 | 2, theirs: Partial<SessionConfig> = {}): string[] {
  const { session, nowMs } = sessionIn("openSent", ours);
  const open = makeOpen({ ...THEM, ...theirs }, false);
  const order = first === 1 ? [1, 2] : [2, 1];
  return play(session, nowMs, [{ type: "accepted" }, ...order.map((connection) => received(connection, open))]).shown.slice(1);
}

rules("a collision leaves the connection of the higher identifier, whichever speaks first", () => {
  const theirs = "openConfirm: send 2 KEEPALIVE";
  assert.equal(collide({}, 1), ["openSent: send 1 6/7, close 1, ended 1", theirs], "192.0.2.2 is higher than 192.0.2.1");
  assert.equal(collide({}, 2), ["openConfirm: send 1 6/7, close 1, ended 1, send 2 KEEPALIVE", "openConfirm:"]);
  const higher = { localIdentifier: "192.0.10.1" };
  assert.equal(collide(higher, 1), ["openConfirm: send 2 6/7, close 2, ended 2, send 1 KEEPALIVE", "openConfirm:"], "10 is more than 2");
  assert.equal(collide(higher, 2), ["openSent: send 2 6/7, close 2, ended 2", "openConfirm: send 1 KEEPALIVE"]);
});

rules("a collision of equal identifiers leaves the connection of the higher AS", () => {
  const equal = { localIdentifier: THEM.localIdentifier };
  assert.equal(collide(equal, 1)[0], "openSent: send 1 6/7, close 1, ended 1");
  assert.equal(collide({ ...equal, localAs: 4_200_000_000 }, 1)[0], "openConfirm: send 2 6/7, close 2, ended 2, send 1 KEEPALIVE");
});

rules("a collision with an established session closes the newcomer", () => {
  const { session, nowMs } = established({}, {});
  const { shown } = play(session, nowMs + 20_000, [{ type: "accepted" }, received(2, THEIR_OPEN)]);
  assert.equal(shown, ["established: send 1 KEEPALIVE, adopt 2, send 2 OPEN", "established: send 2 6/7, close 2, ended 2"]);
});

rules("with graceful restart a peer that connects anew takes the place of its old connection", () => {
  const { session, nowMs } = established(GRACEFUL, GRACEFUL);
  const open = makeOpen({ ...THEM, ...GRACEFUL }, true);
  const anew: SessionInput[] = [{ type: "accepted" }, received(2, open), received(2, KEEPALIVE)];
  assert.equal(play(session, nowMs + 20_000, anew).shown.slice(1), [
    "openConfirm: close 1, ended 1 session keeping routes, send 2 KEEPALIVE",
    "established: established 2",
  ]);
  assert.is(play(session, nowMs + 5000, anew).shown[1], "established: send 2 6/7, close 2, ended 2", "just then it is a collision's");
});

rules("the R bit is in OPEN until the first session after a restart, and no longer than the restart time", () => {
  const bitAfter = (input: SessionInput, inputs: readonly SessionInput[], afterMs: number) => {
    const { session } = play(newSession({ ...US, ...GRACEFUL, passive: true }, 1), 0, [input, ...inputs]);
    const send = step(session, { type: "accepted" }, afterMs).actions.find(({ type }) => type === "send");
    const open = send?.type === "send" && send.message.type === "open" ? send.message : undefined;
    return open?.capabilities.find(({ name }) => name === "gracefulRestart");
  };
  const bit = (...args: Parameters<typeof bitAfter>) => {
    const capability = bitAfter(...args);
    return capability?.name === "gracefulRestart" && capability.restartState;
  };
  const restart: SessionInput = { type: "start", restarting: true };
  assert.is(bit(restart, [], 119_999), true);
  assert.is(bit(restart, [], 120_000), false);
  assert.is(bit({ type: "start", restarting: false }, [], 1), false);
  const session: SessionInput[] = [{ type: "accepted" }, received(1, THEIR_OPEN), received(1, KEEPALIVE), closed];
  assert.is(bit(restart, session, 1), false);
});

rules("routes are kept where both sides agreed on it, by how the session ends", () => {
  const refusal = received(1, REFUSAL);
  const hardReset: NotificationMessage = { ...REFUSAL, errorSubcode: 9, hardReset: { errorCode: 6, errorSubcode: 2, data: "" } };
  const stop = (why: "shutdown" | "deconfigured" | "replace"): SessionInput => ({ type: "stop", why });
  const bfdDown: SessionInput = { type: "bfdDown", admin: false };
  const cases: readonly (readonly [SessionInput, string, string, string])[] = [
    // The end, without graceful restart, with it, and with the N bit of both.
    [closed, "close 1, ended 1 session", "close 1, ended 1 session keeping routes", "close 1, ended 1 session keeping routes"],
    [refusal, "close 1, ended 1 session", "close 1, ended 1 session", "close 1, ended 1 session keeping routes"],
    [received(1, hardReset), "close 1, ended 1 session", "close 1, ended 1 session", "close 1, ended 1 session"],
    [
      bfdDown,
      "send 1 6/10, close 1, ended 1 session",
      "send 1 6/10, close 1, ended 1 session",
      "send 1 6/10, close 1, ended 1 session keeping routes",
    ],
    [
      stop("replace"),
      "send 1 6/4, close 1, ended 1 session",
      "close 1, ended 1 session keeping routes",
      "close 1, ended 1 session keeping routes",
    ],
    [
      stop("shutdown"),
      "send 1 6/2, close 1, ended 1 session",
      "send 1 6/2, close 1, ended 1 session",
      "send 1 6/9 of 6/2, close 1, ended 1 session",
    ],
    [
      stop("deconfigured"),
      "send 1 6/3, close 1, ended 1 session",
      "send 1 6/3, close 1, ended 1 session",
      "send 1 6/9 of 6/3, close 1, ended 1 session",
    ],
  ];
  for (const [input, without, graceful, withBit] of cases) {
    const after = (ours: Partial<SessionConfig>, theirs: Partial<SessionConfig>) => {
      const { session, nowMs } = established(ours, theirs);
      return show(step(session, input, nowMs)).replace(/^\w+: /, "");
    };
    assert.is(after({}, GRACEFUL), without);
    assert.is(after(GRACEFUL, {}), without);
    assert.is(after(GRACEFUL, NO_N_BIT), graceful);
    assert.is(after(GRACEFUL, GRACEFUL), withBit);
  }
});

rules("a stop says why, in at most 255 octets", () => {
  const said = (communication: string, why: "shutdown" | "deconfigured" | "replace" = "shutdown") => {
    const { session, nowMs } = sessionIn("established");
    const send = step(session, { type: "stop", why, communication }, nowMs).actions[0];
    return send?.type === "send" && send.message.type === "notification" ? send.message.shutdownCommunication : undefined;
  };
  assert.is(said("Maintenance until six"), "Maintenance until six");
  assert.is(said("Maintenance", "replace"), "Maintenance");
  assert.is(said("Maintenance", "deconfigured"), undefined);
  assert.is(said("ü".repeat(200)), "ü".repeat(127));
});

rules("a stopped session stays stopped, and starts afresh", () => {
  const { session, nowMs } = sessionIn("damped");
  const stopped = step(session, { type: "stop", why: "shutdown" }, nowMs).session;
  assert.is(nextDueMs(stopped), Number.POSITIVE_INFINITY);
  const started = step(stopped, { type: "start", restarting: false }, nowMs);
  assert.is(show(started), "connect: connect 3");
  assert.is(started.session.failures, 0);
});

rules("a session that lived a minute clears the record, a shorter one does not", () => {
  for (const [livedMs, failures] of [
    [59_999, 2],
    [60_000, 1],
  ] as const) {
    const failed = step(sessionIn("connect").session, { type: "connectFailed", connection: 1, reason: "Refused" }, 1000).session;
    const inputs: SessionInput[] = [{ type: "accepted" }, received(2, THEIR_OPEN), received(2, KEEPALIVE)];
    const { session } = play(failed, 1000, inputs);
    assert.is(step(session, { ...closed, connection: 2 } as SessionInput, 1000 + livedMs).session.failures, failures);
  }
});

rules("what is lost to a collision is no failure while the other connection lives", () => {
  const { session, nowMs } = sessionIn("openSent");
  const lost: NotificationMessage = { ...REFUSAL, errorSubcode: 7 };
  const { session: after } = play(session, nowMs, [{ type: "accepted" }, received(1, lost)]);
  assert.equal([after.failures, after.lastEnding, nextDueMs(after) - nowMs], [0, undefined, 240_000]);
  const connecting = sessionIn("connect");
  const failed: SessionInput = { type: "connectFailed", connection: 1, reason: "Refused" };
  const { session: heard } = play(connecting.session, connecting.nowMs, [{ type: "accepted" }, failed]);
  assert.equal([heard.failures, heard.lastEnding, stateOf(heard)], [0, undefined, "openSent"]);
});

rules("a peer that closes connections for their collision is not damped", () => {
  const { session, nowMs } = sessionIn("damped");
  const { session: again } = play(session, nextDueMs(session), [
    { type: "timer" },
    { type: "connected", connection: 3 },
    received(3, THEIR_OPEN),
  ]);
  assert.is(stateOf(step(again, received(3, { ...REFUSAL, errorSubcode: 7 }), nowMs).session), "active");
  assert.is(stateOf(step(again, received(3, REFUSAL), nowMs).session), "idle");
});

rules("a passive session waits for nothing but the end of damping", () => {
  const { session, nowMs } = sessionIn("passive");
  const once = play(session, nowMs, [{ type: "accepted" }, received(1, THEIR_OPEN), received(1, REFUSAL)]).session;
  assert.equal([stateOf(once), nextDueMs(once)], ["active", Number.POSITIVE_INFINITY]);
  const twice = play(once, nowMs, [{ type: "accepted" }, received(2, THEIR_OPEN), received(2, REFUSAL)]).session;
  assert.is(stateOf(twice), "idle");
  const { session: after, actions } = step(twice, { type: "timer" }, nextDueMs(twice));
  assert.equal([stateOf(after), nextDueMs(after), actions], ["active", Number.POSITIVE_INFINITY, []]);
});

rules("another config starts the record anew", () => {
  const { session, nowMs } = sessionIn("damped");
  assert.is(session.failures, 2);
  assert.is(step(session, { type: "configure", config: { ...US, peerAs: 65003 }, transportChanged: false }, nowMs).session.failures, 0);
  assert.is(
    step(session, { type: "configure", config: { ...US, keepaliveSeconds: 7 }, transportChanged: false }, nowMs).session.failures,
    2,
  );
});

rules("configure resets nothing that means the same to both", () => {
  const { session, nowMs } = sessionIn("established");
  const configured = (config: Partial<SessionConfig>) =>
    step(session, { type: "configure", config: { ...US, ...config }, transportChanged: false }, nowMs);
  assert.is(show(configured({ passive: true })), "established:");
  assert.is(show(configured({ connectRetrySeconds: 7, delayOpenSeconds: 7 })), "established:");
  assert.is(show(configured({ peerAs: "external" })), "established:");
  assert.is(establishedTalk(configured({ keepaliveSeconds: 7 }).session)?.negotiated?.keepaliveMs, 7000);
  assert.is(show(configured({ localIdentifier: "192.0.2.9" })), "connect: send 1 6/6, close 1, ended 1 session, connect 2");
  assert.is(show(configured(GRACEFUL)), "connect: send 1 6/6, close 1, ended 1 session, connect 2");
  const retimed = step(
    established(GRACEFUL, {}).session,
    { type: "configure", config: { ...US, ...GRACEFUL, passive: true }, transportChanged: false },
    nowMs,
  );
  assert.is(stateOf(retimed.session), "established");
});

rules("configure drops an attempt that a passive session would not make", () => {
  const { session, nowMs } = sessionIn("connect");
  const result = step(session, { type: "configure", config: { ...US, passive: true }, transportChanged: false }, nowMs);
  assert.is(show(result), "active: close 1");
  assert.is(nextDueMs(result.session), Number.POSITIVE_INFINITY);
});

rules("an error that is not to be answered ends the session without a word", () => {
  const { session, nowMs } = established({}, {});
  const error = { verb: "resetSession", errorCode: 0, errorSubcode: 0, data: "", reason: "NOTIFICATION is cut short" } as const;
  const result = step(session, { type: "malformed", connection: 1, error }, nowMs);
  assert.is(show(result), "active: close 1, ended 1 session");
  assert.is(result.session.lastEnding?.reason, "NOTIFICATION is cut short");
});

rules("End-of-RIB is noted for each family, once", () => {
  const { session, nowMs } = established({}, {});
  const ends = (messages: readonly (typeof UPDATE)[]) =>
    establishedTalk(
      play(
        session,
        nowMs,
        messages.map((message) => received(1, message)),
      ).session,
    )?.endOfRib;
  const ipv4 = { ...UPDATE, withdrawnRoutes: [] };
  const ipv6 = { ...ipv4, pathAttributes: { mpUnreachNlri: { afi: 2, safi: 1, withdrawnRoutes: [] } } };
  assert.equal(ends([UPDATE]), []);
  assert.equal(ends([{ ...ipv6, pathAttributes: { mpUnreachNlri: { afi: 2, safi: 1, withdrawnRoutes: ["2001:db8::/32"] } } }]), []);
  assert.equal(ends([{ ...ipv6, pathAttributes: { ...ipv6.pathAttributes, origin: "igp" } }]), []);
  assert.equal(ends([ipv4, ipv6, ipv4]), ["1/1", "2/1"]);
});

rules("what ended last is remembered in words", () => {
  const { session, nowMs } = established({}, {});
  const received6 = { ...REFUSAL, errorSubcode: 2, shutdownCommunication: "Maintenance" };
  const { lastEnding } = step(session, received(1, received6), nowMs).session;
  assert.equal(lastEnding, {
    atMs: nowMs,
    reason: 'Peer ended the session: Cease, administrative shutdown (6/2): "Maintenance"',
    received: received6,
  });
});

rules.run();
