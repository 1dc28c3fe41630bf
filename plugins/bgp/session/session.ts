/**
 * What a session remembers, what comes in and what goes out: the nouns of the state machine in `step.ts`.
 *
 * One session is one configured peer. It is what RFC 4271 §8 calls an FSM, together with the second FSM that a connection from the peer
 * would get (§8.2.1): at most two connections talk at a time, and `step` leaves one. Everything is plain data: no clock, no socket.
 */

import type { Message, MessageError, NotificationMessage, OpenMessage } from "../messages.ts";
import type { SessionConfig } from "./config.ts";
import type { Negotiated } from "./negotiate.ts";

/** Handed out by the session, never twice. */
export type ConnectionId = number;

/** The states of RFC 4271 §8.2.2. */
export type SessionState = "idle" | "connect" | "active" | "openSent" | "openConfirm" | "established";

/** One TCP connection that is up. Times are absolute milliseconds, infinite where the timer is off. */
export interface Talk {
  readonly connection: ConnectionId;
  readonly initiator: "us" | "peer";
  /** `delayOpen`: connected, and waiting for the peer's OPEN before ours goes out. */
  readonly phase: "delayOpen" | "openSent" | "openConfirm" | "established";
  /** When to stop waiting for the peer's OPEN; only in `delayOpen`. */
  readonly openDueMs: number;
  readonly holdDueMs: number;
  readonly keepaliveDueMs: number;
  readonly sendHoldDueMs: number;
  /** Both since it came. */
  readonly peerOpen?: OpenMessage;
  readonly negotiated?: Negotiated;
  readonly establishedMs?: number;
  /** `afi/safi` of the families whose End-of-RIB came (RFC 4724 §2). */
  readonly endOfRib: readonly string[];
}

/** How a connection ended. */
export interface Ending {
  /** In words, for humans. */
  readonly reason: string;
  readonly sent?: NotificationMessage;
  readonly received?: NotificationMessage;
}

/** All that is remembered of one peer's session. */
export interface Session {
  readonly config: SessionConfig;
  readonly isRunning: boolean;
  /** At most one from each side. */
  readonly talks: readonly Talk[];
  /** The connection being made. */
  readonly attempt: { readonly connection: ConnectionId; readonly dueMs: number } | undefined;
  /** Until the next attempt. `refuses`: connections from the peer, too (RFC 4271 §8.1 DampPeerOscillations). */
  readonly wait: { readonly dueMs: number; readonly refuses: boolean } | undefined;
  /** Attempts and sessions in a row that came to nothing, or not to a stable session. */
  readonly failures: number;
  /** Until then, the R bit is set in OPEN messages (RFC 4724 §4.1). */
  readonly restartingUntilMs: number;
  readonly nextConnection: ConnectionId;
  readonly seed: number;
  /** The last one that mattered. */
  readonly lastEnding: (Ending & { readonly atMs: number }) | undefined;
}

/** What happened. Inputs for connections that have ended are without effect, so that late news do no harm. */
export type SessionInput =
  /** `restarting`: a speaker before us may have left routes at the peer. */
  | { readonly type: "start"; readonly restarting: boolean }
  | { readonly type: "stop"; readonly why: StopReason; readonly communication?: string }
  /** The attempt of action `connect` came through, or did not. */
  | { readonly type: "connected"; readonly connection: ConnectionId }
  | { readonly type: "connectFailed"; readonly connection: ConnectionId; readonly reason: string }
  /** The peer connected. Action `adopt` gives the connection its id; without it, it is to be closed. */
  | { readonly type: "accepted" }
  /** The connection is gone. */
  | { readonly type: "closed"; readonly connection: ConnectionId; readonly reason: string }
  | { readonly type: "received"; readonly connection: ConnectionId; readonly message: Message }
  /** The peer sent something wrong; errors that do not reset the session are without effect. */
  | { readonly type: "malformed"; readonly connection: ConnectionId; readonly error: MessageError }
  /** The kernel has taken something of what was to be sent (RFC 9687). */
  | { readonly type: "sent"; readonly connection: ConnectionId }
  /** The moment that `nextDueMs` gave, or any other. */
  | { readonly type: "timer" }
  /** `admin`: the other end says so itself (AdminDown), which is no news about the path. */
  | { readonly type: "bfdDown"; readonly admin: boolean }
  /** `transportChanged`: what connections are made with (address, port, source, password, TTL, …). */
  | { readonly type: "configure"; readonly config: SessionConfig; readonly transportChanged: boolean };

/** `shutdown` and `deconfigured` are for good, `replace`: a successor follows, and takes over by graceful restart where it can. */
export type StopReason = "shutdown" | "deconfigured" | "replace";

/** What is to be done, in this order. */
export type SessionAction =
  /** Connect, and answer with `connected` or `connectFailed`. */
  | { readonly type: "connect"; readonly connection: ConnectionId }
  /** The accepted connection is this one from now on. */
  | { readonly type: "adopt"; readonly connection: ConnectionId }
  | { readonly type: "send"; readonly connection: ConnectionId; readonly message: Message }
  /** What was sent before should still arrive. Ends an attempt, too. No answer is expected. */
  | { readonly type: "close"; readonly connection: ConnectionId }
  /** Routes may flow; nothing has been told to this peer. */
  | { readonly type: "established"; readonly connection: ConnectionId; readonly negotiated: Negotiated }
  /** An attempt came to nothing, and no other connection is there. */
  | { readonly type: "unreached"; readonly connection: ConnectionId; readonly reason: string }
  /** A connection that talked is no more. */
  | {
      readonly type: "ended";
      readonly connection: ConnectionId;
      readonly ending: Ending;
      readonly wasEstablished: boolean;
      /** Both sides keep the routes of the other for the restart time (RFC 4724, RFC 8538). */
      readonly keepsRoutes: boolean;
    };

/** A session that has not been started. `seed` makes its jitter; different peers and nodes want different ones. */
export function newSession(config: SessionConfig, seed: number): Session {
  return {
    config,
    isRunning: false,
    talks: [],
    attempt: undefined,
    wait: undefined,
    failures: 0,
    restartingUntilMs: Number.NEGATIVE_INFINITY,
    nextConnection: 1,
    seed,
    lastEnding: undefined,
  };
}

/** The session's state in the RFC's words: that of the connection that got furthest. */
export function stateOf({ isRunning, talks, attempt, wait }: Session): SessionState {
  for (const phase of ["established", "openConfirm", "openSent"] as const) {
    if (talks.some((talk) => talk.phase === phase)) return phase;
  }
  // RFC 4271 §8.2.2 waits with DelayOpen in Connect or Active, by who connected.
  if (attempt !== undefined || talks.some(({ initiator }) => initiator === "us")) return "connect";
  return isRunning && wait?.refuses !== true ? "active" : "idle";
}

/** When `timer` is to be put in next; infinite: never. */
export function nextDueMs({ talks, attempt, wait }: Session): number {
  const dues = talks.flatMap((talk) => [talk.openDueMs, talk.holdDueMs, talk.keepaliveDueMs, talk.sendHoldDueMs]);
  return Math.min(attempt?.dueMs ?? Number.POSITIVE_INFINITY, wait?.dueMs ?? Number.POSITIVE_INFINITY, ...dues);
}

/** The connection that routes go over. */
export function establishedTalk({ talks }: Session): Talk | undefined {
  return talks.find(({ phase }) => phase === "established");
}
