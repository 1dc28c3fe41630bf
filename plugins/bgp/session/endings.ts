/** Ends connections, says why, and decides what becomes of the session then. */

import type { MessageError, NotificationMessage } from "../messages.ts";
import { Cease, describeNotification, ErrorCode } from "./notification-words.ts";
import { retryLater, retryNow } from "./reach.ts";
import type { Ending, Talk } from "./session.ts";
import { STABLE_MS } from "./timing.ts";
import type { Turn } from "./turn.ts";

/** What a connection's end says about the peer: `failure` and `collision` count against it, the latter without damping. */
export type EndKind = "failure" | "collision" | "ours";

/** Cease subcodes that leave no routes behind: RFC 8538 §5 has them sent as a hard reset. */
const HARD: readonly number[] = [Cease.administrativeShutdown, Cease.peerDeconfigured];

const LONGEST_COMMUNICATION = 255;

/** Ends a connection that the peer ended, or that broke. */
export function endTalk(turn: Turn, talk: Talk, ending: Ending, kind: EndKind): void {
  const { session, nowMs, actions } = turn;
  const { connection, phase } = talk;
  if (ending.sent !== undefined) actions.push({ type: "send", connection, message: ending.sent });
  actions.push({ type: "close", connection });
  actions.push({ type: "ended", connection, ending, wasEstablished: phase === "established", keepsRoutes: keepsRoutes(talk, ending) });
  const talks = session.talks.filter((other) => other.connection !== connection);
  turn.session = { ...session, talks };
  // One that lost a collision is no news as long as the winner lives.
  if (talks.length > 0) return;
  const wasStable = talk.establishedMs !== undefined && nowMs - talk.establishedMs >= STABLE_MS;
  turn.session = { ...turn.session, lastEnding: { ...ending, atMs: nowMs }, failures: wasStable ? 0 : session.failures };
  // RFC 4271 §8.1 lets a damped peer be refused. Not at once, as a peer that restarts may not come again for two minutes; and only one
  // that said OPEN: two that are damped would else refuse each other for being refused.
  const damps = kind === "failure" && talk.peerOpen !== undefined && turn.session.failures > 0;
  if (kind === "ours") retryNow(turn);
  else retryLater(turn, { damps });
}

/** Ends a connection with a NOTIFICATION about what the peer did. */
export function endWithError(turn: Turn, talk: Talk, { errorCode, errorSubcode, data, reason }: Omit<MessageError, "verb">): void {
  const sent: NotificationMessage = { type: "notification", errorCode, errorSubcode, data };
  // RFC 4271 §8.1.1 sends none before OPEN, and §6.4 none about a NOTIFICATION.
  const isSilent = talk.phase === "delayOpen" || errorCode === 0;
  endTalk(turn, talk, isSilent ? { reason } : { reason, sent }, "failure");
}

/** Ends a connection because we want to. */
export function endWithCease(turn: Turn, talk: Talk, errorSubcode: number, reason: string, kind: EndKind, communication?: string): void {
  const said = communication === undefined ? {} : { shutdownCommunication: clip(communication) };
  const plain: NotificationMessage = { type: "notification", errorCode: ErrorCode.cease, errorSubcode, data: "", ...said };
  const isWrapped = HARD.includes(errorSubcode) && talk.negotiated?.gracefulRestart?.notification === true;
  const sent: NotificationMessage = isWrapped
    ? { type: "notification", errorCode: ErrorCode.cease, errorSubcode: Cease.hardReset, data: "", hardReset: withoutType(plain) }
    : plain;
  endTalk(turn, talk, talk.phase === "delayOpen" ? { reason } : { reason, sent }, kind);
}

/** Ends a connection because the peer said so. */
export function endByPeer(turn: Turn, talk: Talk, received: NotificationMessage): void {
  const lost = received.errorCode === ErrorCode.cease && received.errorSubcode === Cease.connectionCollision;
  const reason = `Peer ended the session: ${describeNotification(received)}`;
  endTalk(turn, talk, { reason, received }, lost ? "collision" : "failure");
}

/** RFC 4724 §4.2, RFC 8538 §4: lost connections keep routes, NOTIFICATIONs only where both sides said so, hard ones never. */
function keepsRoutes({ phase, negotiated }: Talk, { sent, received }: Ending): boolean {
  const agreed = negotiated?.gracefulRestart;
  if (phase !== "established" || agreed === undefined) return false;
  const notification = sent ?? received;
  if (notification === undefined) return true;
  const isHard = notification.errorCode === ErrorCode.cease && notification.errorSubcode === Cease.hardReset;
  return agreed.notification && !isHard;
}

/** RFC 9003 §2: 255 octets at most. */
function clip(text: string): string {
  let end = text.length;
  while (new TextEncoder().encode(text.slice(0, end)).length > LONGEST_COMMUNICATION) end -= 1;
  return text.slice(0, end);
}

function withoutType({ type: _type, ...rest }: NotificationMessage): Omit<NotificationMessage, "type"> {
  return rest;
}
