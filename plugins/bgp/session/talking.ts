/** The first words on a connection. */

import { makeOpen } from "./negotiate.ts";
import type { ConnectionId, Talk } from "./session.ts";
import { OPEN_HOLD_MS } from "./timing.ts";
import { configOf, putTalk, type Turn } from "./turn.ts";

/** A connection is up: we speak first, unless we are to wait for the peer's OPEN. */
export function beginTalk(turn: Turn, connection: ConnectionId, initiator: Talk["initiator"]): void {
  const { delayOpenSeconds } = configOf(turn);
  const never = Number.POSITIVE_INFINITY;
  const talk: Talk = {
    connection,
    initiator,
    phase: "delayOpen",
    openDueMs: turn.nowMs + delayOpenSeconds * 1000,
    holdDueMs: never,
    keepaliveDueMs: never,
    sendHoldDueMs: never,
    endOfRib: [],
  };
  turn.session = { ...turn.session, wait: undefined };
  if (delayOpenSeconds > 0) putTalk(turn, talk);
  else sendOpen(turn, talk);
}

/** Sends our OPEN; gives the talk as it is then. */
export function sendOpen(turn: Turn, talk: Talk): Talk {
  const isRestarting = turn.nowMs < turn.session.restartingUntilMs;
  turn.actions.push({ type: "send", connection: talk.connection, message: makeOpen(configOf(turn), isRestarting) });
  const sent: Talk = { ...talk, phase: "openSent", openDueMs: Number.POSITIVE_INFINITY, holdDueMs: turn.nowMs + OPEN_HOLD_MS };
  putTalk(turn, sent);
  return sent;
}
