/** How a session comes to a connection: attempts, waits between them, and listening. */

import type { ConnectionId, Ending } from "./session.ts";
import { connectTimeoutMs, retryDelayMs } from "./timing.ts";
import { configOf, random, type Turn, takeConnection } from "./turn.ts";

/** Connects at once, or only listens where the session is passive. Nothing where something is under way. */
export function retryNow(turn: Turn): void {
  const { session, nowMs, actions } = turn;
  if (!session.isRunning || session.attempt !== undefined || session.talks.length > 0) return;
  turn.session = { ...session, wait: undefined };
  if (session.config.passive) return;
  const connection = takeConnection(turn);
  turn.session = { ...turn.session, attempt: { connection, dueMs: nowMs + connectTimeoutMs(session.config) } };
  actions.push({ type: "connect", connection });
}

/** Counts a failure and waits, the longer the more there were in a row. */
export function retryLater(turn: Turn, { damps }: { readonly damps: boolean }): void {
  const failures = turn.session.failures + 1;
  turn.session = { ...turn.session, failures };
  const { isRunning, attempt, talks, config } = turn.session;
  if (!isRunning || attempt !== undefined || talks.length > 0) return;
  // Who only listens has nothing to wait for but the end of damping.
  if (config.passive && !damps) return;
  const delayMs = retryDelayMs(failures, configOf(turn), random(turn));
  turn.session = { ...turn.session, wait: { dueMs: turn.nowMs + delayMs, refuses: damps } };
}

/** The attempt came to nothing. */
export function endAttempt(turn: Turn, connection: ConnectionId, ending: Ending): void {
  const { nowMs } = turn;
  turn.session = { ...turn.session, attempt: undefined };
  // A connection from the peer goes on; what became of ours does not matter.
  if (turn.session.talks.length > 0) return;
  turn.actions.push({ type: "unreached", connection, reason: ending.reason });
  turn.session = { ...turn.session, lastEnding: { ...ending, atMs: nowMs } };
  retryLater(turn, { damps: false });
}

/** Gives the attempt up, because it is not wanted any more. */
export function dropAttempt(turn: Turn): void {
  const { attempt } = turn.session;
  if (attempt === undefined) return;
  turn.session = { ...turn.session, attempt: undefined };
  turn.actions.push({ type: "close", connection: attempt.connection });
}
