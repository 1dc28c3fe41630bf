/** What is due: attempts, waits, and the timers of each connection. */

import { endWithError } from "./endings.ts";
import { ErrorCode } from "./notification-words.ts";
import { dropAttempt, endAttempt, retryNow } from "./reach.ts";
import type { Talk } from "./session.ts";
import { sendOpen } from "./talking.ts";
import { keepaliveDelayMs } from "./timing.ts";
import { putTalk, random, type Turn } from "./turn.ts";

/** A packet with another password is dropped, as by a firewall. */
const NO_ANSWER = "Peer did not answer the attempt to connect: it is not there, something on the way drops it, or the password is another";
/** Later than that, the process itself stood still, and what came meanwhile has not been read yet. */
const OVERSLEPT_MS = 1_000;

/** Does all that is due, in an order of its own. */
export function runTimers(turn: Turn): void {
  const { nowMs } = turn;
  for (const talk of turn.session.talks) runTalk(turn, talk);
  const { attempt, wait } = turn.session;
  if (attempt !== undefined && attempt.dueMs <= nowMs) {
    dropAttempt(turn);
    endAttempt(turn, attempt.connection, { reason: NO_ANSWER });
  } else if (wait !== undefined && wait.dueMs <= nowMs) retryNow(turn);
}

function runTalk(turn: Turn, talk: Talk): void {
  const { nowMs, actions } = turn;
  const { connection } = talk;
  const expired = expiredTimer(talk, nowMs);
  if (expired !== undefined) {
    endWithError(turn, talk, { errorSubcode: 0, data: "", ...expired });
    return;
  }
  // While it waits to send OPEN, no other timer of a talk runs.
  if (talk.openDueMs <= nowMs) {
    sendOpen(turn, talk);
    return;
  }
  const holdDueMs = talk.holdDueMs <= nowMs ? nowMs + OVERSLEPT_MS : talk.holdDueMs;
  let { keepaliveDueMs } = talk;
  if (keepaliveDueMs <= nowMs) {
    actions.push({ type: "send", connection, message: { type: "keepalive" } });
    keepaliveDueMs = nowMs + keepaliveDelayMs(talk.negotiated?.keepaliveMs ?? 0, random(turn));
  }
  putTalk(turn, { ...talk, holdDueMs, keepaliveDueMs });
}

function expiredTimer({ phase, holdDueMs, sendHoldDueMs }: Talk, nowMs: number): { errorCode: number; reason: string } | undefined {
  if (holdDueMs <= nowMs && nowMs - holdDueMs <= OVERSLEPT_MS) {
    const awaited = phase === "openSent" ? "OPEN" : "message";
    return { errorCode: ErrorCode.holdTimerExpired, reason: `No ${awaited} came from the peer within the hold time` };
  }
  if (sendHoldDueMs > nowMs) return undefined;
  return { errorCode: ErrorCode.sendHoldTimerExpired, reason: "Peer took nothing that we sent within the send hold time" };
}
