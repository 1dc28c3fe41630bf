/** What a message does, by the state of its connection: RFC 4271 §8.2.2, collisions by §6.8 and RFC 6286. */

import type { Message, OpenMessage } from "../messages.ts";
import { endOfRibOf } from "./end-of-rib.ts";
import { endByPeer, endTalk, endWithCease, endWithError } from "./endings.ts";
import { negotiate, objectToOpen } from "./negotiate.ts";
import { Cease, ErrorCode } from "./notification-words.ts";
import { dropAttempt } from "./reach.ts";
import type { Talk } from "./session.ts";
import { sendOpen } from "./talking.ts";
import { holdMs, keepaliveDelayMs, sendHoldMs } from "./timing.ts";
import { configOf, putTalk, random, type Turn, talkOf } from "./turn.ts";

/** Subcodes of RFC 6608 §3. */
const UNEXPECTED = {
  openSent: { subcode: 1, expected: "OPEN" },
  openConfirm: { subcode: 2, expected: "KEEPALIVE" },
  established: { subcode: 3, expected: "no second OPEN" },
} as const;

/** A connection that lost a collision is gone after that. */
const LEFTOVER_MS = 10_000;

/** Takes a message of a connection that talks. */
export function receive(turn: Turn, talk: Talk, message: Message): void {
  const { phase } = talk;
  const { type } = message;
  if (type === "notification") endByPeer(turn, talk, message);
  else if (type === "open" && (phase === "delayOpen" || phase === "openSent")) receiveOpen(turn, talk, message);
  else if (type === "keepalive" && phase === "openConfirm") establish(turn, talk);
  else if (type !== "open" && phase === "established") hear(turn, talk, message);
  else if (phase === "delayOpen") endTalk(turn, talk, { reason: `Peer sent ${nameOf(message)}, expected OPEN` }, "failure");
  else refuse(turn, talk, phase, message);
}

function refuse(turn: Turn, talk: Talk, phase: keyof typeof UNEXPECTED, message: Message): void {
  const { subcode, expected } = UNEXPECTED[phase];
  const reason = `Peer sent ${nameOf(message)}, expected ${expected}`;
  endWithError(turn, talk, { errorCode: ErrorCode.finiteStateMachine, errorSubcode: subcode, data: "", reason });
}

function receiveOpen(turn: Turn, talk: Talk, open: OpenMessage): void {
  const config = configOf(turn);
  // An OPEN that comes before ours brings ours out (RFC 4271 §8.2.2, event 20), also to be refused.
  const talking = talk.phase === "delayOpen" ? sendOpen(turn, talk) : talk;
  const objection = objectToOpen(config, open);
  if (objection === undefined) {
    const confirming: Talk = { ...talking, phase: "openConfirm", peerOpen: open, negotiated: negotiate(config, open) };
    putTalk(turn, confirming);
    if (survivesCollision(turn, confirming)) confirm(turn, confirming);
  } else endWithError(turn, talking, objection);
}

function confirm(turn: Turn, talk: Talk): void {
  const { holdTimeMs = 0, keepaliveMs = 0 } = talk.negotiated ?? {};
  // A second connection would only collide with this one.
  dropAttempt(turn);
  turn.actions.push({ type: "send", connection: talk.connection, message: { type: "keepalive" } });
  const keepaliveDueMs = turn.nowMs + keepaliveDelayMs(keepaliveMs, random(turn));
  putTalk(turn, { ...talk, holdDueMs: turn.nowMs + holdMs(holdTimeMs), keepaliveDueMs });
}

/**
 * Leaves one connection of two, now that an OPEN says who the peer is. False: not this one.
 * RFC 4271 §6.8 allows to look at connections without an OPEN, too, where the peer is known otherwise: here it is, by its address. That
 * way both sides choose as soon as they see both connections, and a session is hardly ever lost to a collision.
 */
function survivesCollision(turn: Turn, talk: Talk): boolean {
  const rival = turn.session.talks.find(({ connection }) => connection !== talk.connection);
  if (rival === undefined) return true;
  if (talk.initiator === "peer" && isStale(turn, rival)) {
    endTalk(turn, rival, { reason: "Peer connected anew: it has restarted" }, "collision");
    return true;
  }
  const loser = rival.phase === "established" || rival.initiator === preferred(turn, talk) ? talk : rival;
  endWithCease(turn, loser, Cease.connectionCollision, "Closed in favor of another connection with the same peer", "collision");
  return loser !== talk;
}

/**
 * RFC 4724 §4.2: with graceful restart, a peer that connects anew has restarted, and what is left of its old connection goes without a
 * word. Just after the start of the session, the new one may also be what a collision has left over.
 */
function isStale({ nowMs }: Turn, { negotiated, establishedMs }: Talk): boolean {
  return negotiated?.gracefulRestart !== undefined && establishedMs !== undefined && nowMs - establishedMs > LEFTOVER_MS;
}

/** Whose connection stays: that of the higher identifier, and among equals of the higher AS (RFC 6286 §2.3). */
function preferred(turn: Turn, { negotiated }: Talk): Talk["initiator"] {
  const { localIdentifier, localAs } = configOf(turn);
  const { peerIdentifier = "", peerAs = 0 } = negotiated ?? {};
  const difference = identifierNumber(localIdentifier) - identifierNumber(peerIdentifier);
  return (difference === 0 ? localAs - peerAs : difference) > 0 ? "us" : "peer";
}

function identifierNumber(identifier: string): number {
  return identifier.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}

function establish(turn: Turn, talk: Talk): void {
  const { negotiated } = talk;
  if (negotiated === undefined) throw new Error("Cannot establish a session before OPEN");
  for (const other of turn.session.talks) {
    if (other.connection === talk.connection) continue;
    endWithCease(turn, other, Cease.connectionCollision, "Closed in favor of the established connection", "collision");
  }
  putTalk(turn, {
    ...talk,
    phase: "established",
    establishedMs: turn.nowMs,
    holdDueMs: turn.nowMs + holdMs(negotiated.holdTimeMs),
    sendHoldDueMs: turn.nowMs + sendHoldMs(negotiated.holdTimeMs),
  });
  // The R bit is for the first session after a restart.
  turn.session = { ...turn.session, restartingUntilMs: Number.NEGATIVE_INFINITY };
  turn.actions.push({ type: "established", connection: talk.connection, negotiated });
}

/**
 * Any message shows that the peer lives. Deviation: RFC 4271 §8.2.2 restarts the hold timer for KEEPALIVE and UPDATE only, and knows no
 * ROUTE-REFRESH.
 */
function hear(turn: Turn, { connection }: Talk, message: Message): void {
  const talk = talkOf(turn, connection);
  if (talk?.negotiated === undefined) return;
  const family = message.type === "update" ? endOfRibOf(message) : undefined;
  const isNews = family !== undefined && !talk.endOfRib.includes(family);
  putTalk(turn, {
    ...talk,
    holdDueMs: turn.nowMs + holdMs(talk.negotiated.holdTimeMs),
    endOfRib: isNews ? [...talk.endOfRib, family] : talk.endOfRib,
  });
}

function nameOf({ type }: Message): string {
  return type === "routeRefresh" ? "ROUTE-REFRESH" : type.toUpperCase();
}
