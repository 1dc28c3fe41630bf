import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nextDueMs, type SessionInput } from "./session.ts";
import { step } from "./step.ts";
import { KEEPALIVE, REFUSAL, received, sessionIn, show, THEIR_OPEN, UPDATE, US } from "./test-situations.ts";

const machine = suite("bgp session step");

/** The connection that the situations talk over, or try to. */
const C = 1;
const error = { errorCode: 3, errorSubcode: 1, data: "", reason: "Malformed" };

const events: Readonly<Record<string, SessionInput>> = {
  start: { type: "start", restarting: false },
  shutdown: { type: "stop", why: "shutdown", communication: "Maintenance" },
  deconfigured: { type: "stop", why: "deconfigured" },
  replace: { type: "stop", why: "replace" },
  connected: { type: "connected", connection: C },
  connectFailed: { type: "connectFailed", connection: C, reason: "Connection refused" },
  accepted: { type: "accepted" },
  closed: { type: "closed", connection: C, reason: "Connection reset" },
  open: received(C, THEIR_OPEN),
  wrongOpen: received(C, { ...THEIR_OPEN, version: 3 }),
  keepalive: received(C, KEEPALIVE),
  update: received(C, UPDATE),
  routeRefresh: received(C, { type: "routeRefresh", afi: 1, safi: 1, messageSubtype: 0 }),
  notification: received(C, REFUSAL),
  malformed: { type: "malformed", connection: C, error: { ...error, verb: "resetSession" } },
  mildlyMalformed: { type: "malformed", connection: C, error: { ...error, verb: "treatAsWithdraw" } },
  sent: { type: "sent", connection: C },
  bfdDown: { type: "bfdDown", admin: false },
  bfdAdminDown: { type: "bfdDown", admin: true },
  sameConfig: { type: "configure", config: US, transportChanged: false },
  otherHoldTime: { type: "configure", config: { ...US, holdTimeSeconds: 90 }, transportChanged: false },
  otherPeerAs: { type: "configure", config: { ...US, peerAs: 65003 }, transportChanged: false },
  otherTransport: { type: "configure", config: US, transportChanged: true },
  /** At the moment that the session asked for. */
  timer: { type: "timer" },
};

/** What each event does in each state; what is not here has no effect at all. */
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  idle: { start: "connect: connect 1" },
  connect: {
    shutdown: "idle: close 1",
    deconfigured: "idle: close 1",
    replace: "idle: close 1",
    connected: "openSent: send 1 OPEN",
    connectFailed: "active: unreached 1",
    accepted: "openSent: adopt 2, send 2 OPEN",
    otherTransport: "connect: close 1, connect 2",
    timer: "active: close 1, unreached 1",
  },
  active: {
    shutdown: "idle:",
    deconfigured: "idle:",
    replace: "idle:",
    accepted: "openSent: adopt 2, send 2 OPEN",
    otherHoldTime: "connect: connect 2",
    otherPeerAs: "connect: connect 2",
    otherTransport: "connect: connect 2",
    timer: "connect: connect 2",
  },
  passive: {
    shutdown: "idle:",
    deconfigured: "idle:",
    replace: "idle:",
    accepted: "openSent: adopt 1, send 1 OPEN",
    // The configs are not passive.
    sameConfig: "connect: connect 1",
    otherHoldTime: "connect: connect 1",
    otherPeerAs: "connect: connect 1",
    otherTransport: "connect: connect 1",
  },
  damped: {
    shutdown: "idle:",
    deconfigured: "idle:",
    replace: "idle:",
    otherHoldTime: "connect: connect 3",
    otherPeerAs: "connect: connect 3",
    otherTransport: "connect: connect 3",
    timer: "connect: connect 3",
  },
  delayOpenOurs: {
    shutdown: "idle: close 1, ended 1",
    deconfigured: "idle: close 1, ended 1",
    replace: "idle: close 1, ended 1",
    accepted: "connect: adopt 2",
    closed: "active: close 1, ended 1",
    open: "openConfirm: send 1 OPEN, send 1 KEEPALIVE",
    wrongOpen: "active: send 1 OPEN, send 1 2/1, close 1, ended 1",
    keepalive: "active: close 1, ended 1",
    update: "active: close 1, ended 1",
    routeRefresh: "active: close 1, ended 1",
    notification: "active: close 1, ended 1",
    malformed: "active: close 1, ended 1",
    // Nothing has been said yet that the new config would say otherwise.
    otherTransport: "connect: close 1, ended 1, connect 2",
    timer: "openSent: send 1 OPEN",
  },
  delayOpenTheirs: {
    shutdown: "idle: close 1, ended 1",
    deconfigured: "idle: close 1, ended 1",
    replace: "idle: close 1, ended 1",
    accepted: "active: adopt 2, close 1, ended 1",
    closed: "active: close 1, ended 1",
    open: "openConfirm: send 1 OPEN, send 1 KEEPALIVE",
    wrongOpen: "active: send 1 OPEN, send 1 2/1, close 1, ended 1",
    keepalive: "active: close 1, ended 1",
    update: "active: close 1, ended 1",
    routeRefresh: "active: close 1, ended 1",
    notification: "active: close 1, ended 1",
    malformed: "active: close 1, ended 1",
    otherTransport: "connect: close 1, ended 1, connect 2",
    timer: "openSent: send 1 OPEN",
  },
  openSent: {
    shutdown: "idle: send 1 6/2, close 1, ended 1",
    deconfigured: "idle: send 1 6/3, close 1, ended 1",
    replace: "idle: send 1 6/4, close 1, ended 1",
    accepted: "openSent: adopt 2, send 2 OPEN",
    closed: "active: close 1, ended 1",
    open: "openConfirm: send 1 KEEPALIVE",
    wrongOpen: "active: send 1 2/1, close 1, ended 1",
    keepalive: "active: send 1 5/1, close 1, ended 1",
    update: "active: send 1 5/1, close 1, ended 1",
    routeRefresh: "active: send 1 5/1, close 1, ended 1",
    notification: "active: close 1, ended 1",
    malformed: "active: send 1 3/1, close 1, ended 1",
    otherHoldTime: "connect: send 1 6/6, close 1, ended 1, connect 2",
    otherTransport: "connect: send 1 6/6, close 1, ended 1, connect 2",
    timer: "active: send 1 4/0, close 1, ended 1",
  },
  openConfirm: {
    shutdown: "idle: send 1 6/2, close 1, ended 1",
    deconfigured: "idle: send 1 6/3, close 1, ended 1",
    replace: "idle: send 1 6/4, close 1, ended 1",
    accepted: "openConfirm: adopt 2, send 2 OPEN",
    closed: "active: close 1, ended 1",
    open: "active: send 1 5/2, close 1, ended 1",
    wrongOpen: "active: send 1 5/2, close 1, ended 1",
    keepalive: "established: established 1",
    update: "active: send 1 5/2, close 1, ended 1",
    routeRefresh: "active: send 1 5/2, close 1, ended 1",
    notification: "active: close 1, ended 1",
    malformed: "active: send 1 3/1, close 1, ended 1",
    otherHoldTime: "connect: send 1 6/6, close 1, ended 1, connect 2",
    otherPeerAs: "connect: send 1 6/6, close 1, ended 1, connect 2",
    otherTransport: "connect: send 1 6/6, close 1, ended 1, connect 2",
    timer: "openConfirm: send 1 KEEPALIVE",
  },
  established: {
    shutdown: "idle: send 1 6/2, close 1, ended 1 session",
    deconfigured: "idle: send 1 6/3, close 1, ended 1 session",
    replace: "idle: send 1 6/4, close 1, ended 1 session",
    accepted: "established: send 1 KEEPALIVE, adopt 2, send 2 OPEN",
    closed: "active: close 1, ended 1 session",
    open: "active: send 1 5/3, close 1, ended 1 session",
    wrongOpen: "active: send 1 5/3, close 1, ended 1 session",
    keepalive: "established:",
    update: "established:",
    routeRefresh: "established:",
    notification: "active: close 1, ended 1 session",
    malformed: "active: send 1 3/1, close 1, ended 1 session",
    sent: "established:",
    bfdDown: "active: send 1 6/10, close 1, ended 1 session",
    otherHoldTime: "connect: send 1 6/6, close 1, ended 1 session, connect 2",
    otherPeerAs: "connect: send 1 6/6, close 1, ended 1 session, connect 2",
    otherTransport: "connect: send 1 6/6, close 1, ended 1 session, connect 2",
    timer: "established: send 1 KEEPALIVE",
  },
};

/** A new config is kept where nothing else comes of it. */
const keepsConfig = ["sameConfig", "otherHoldTime", "otherPeerAs", "otherTransport"];

for (const [situation, effects] of Object.entries(table)) {
  for (const [name, input] of Object.entries(events)) {
    machine(`step() in ${situation} takes ${name}`, () => {
      const { session, nowMs } = sessionIn(situation);
      const before = JSON.stringify(session);
      const due = nextDueMs(session);
      const result = step(session, input, input.type === "timer" && Number.isFinite(due) ? due : nowMs);
      assert.is(JSON.stringify(session), before, "the session before is untouched");
      const expected = effects[name];
      if (expected !== undefined) assert.is(show(result), expected);
      else {
        assert.equal(result.actions, []);
        if (!keepsConfig.includes(name)) assert.equal(result.session, session);
      }
    });
  }
}

machine("step() knows no other situations and events than these", () => {
  for (const [situation, effects] of Object.entries(table)) {
    for (const name of Object.keys(effects)) assert.ok(name in events, `${situation} ${name}`);
  }
});

machine("step() ignores news of connections that have ended", () => {
  const { session, nowMs } = sessionIn("established");
  const news: SessionInput[] = [
    { type: "connected", connection: 7 },
    { type: "connectFailed", connection: 7, reason: "late" },
    { type: "closed", connection: 7, reason: "late" },
    { type: "sent", connection: 7 },
    received(7, REFUSAL),
    { type: "malformed", connection: 7, error: { ...error, verb: "resetSession" } },
  ];
  for (const input of news) assert.equal(step(session, input, nowMs), { session, actions: [] });
});

machine.run();
