/**
 * The BGP session machine: what happened goes in, what is to be done comes out. Pure; the host keeps the sockets and one timer.
 *
 * Follows RFC 4271 §8 with its optional attributes AllowAutomaticStart, PassiveTcpEstablishment, DelayOpen and DampPeerOscillations,
 * RFC 6608 (FSM error subcodes), 6286 (identifiers), 4724 and 8538 (graceful restart), 9003 (shutdown communication), 9384 (BFD Down) and
 * 9687 (send hold timer). Where the RFC's events went:
 *
 *   1-8   start and stop             `start`, `stop`; automatic restarts are timers of the session's own
 *   9-13  timers                     `timer`, for all that are due
 *   14-18 TCP                        `accepted`, `connected`, `connectFailed`, `closed`
 *   19-28 messages and their errors  `received`, `malformed`
 *
 * Deviation: an attempt that fails goes to Active, not Idle, so that the peer can connect meanwhile. Deviation: the connect retry timer
 * grows with each failure, from 1 s to 120 s, and starts over after a session that lived a minute, not after one that was merely
 * established: a peer that answers OPEN and then refuses would else be asked each second for ever. From the second such failure
 * in a row on, connections from that peer are closed while we wait (Idle).
 */

import type { SessionConfig } from "./config.ts";
import { endTalk, endWithCease, endWithError } from "./endings.ts";
import { makeOpen, negotiate, objectToOpen } from "./negotiate.ts";
import { Cease } from "./notification-words.ts";
import { dropAttempt, endAttempt, retryNow } from "./reach.ts";
import { receive } from "./receive.ts";
import { establishedTalk, type Session, type SessionAction, type SessionInput, type StopReason, type Talk } from "./session.ts";
import { beginTalk } from "./talking.ts";
import { runTimers } from "./timers.ts";
import { sendHoldMs } from "./timing.ts";
import { putTalk, type Turn, takeConnection, talkOf } from "./turn.ts";

/** What comes of an input. `nowMs` is monotonic and never before that of the last step. */
export function step(session: Session, input: SessionInput, nowMs: number): { session: Session; actions: readonly SessionAction[] } {
  const turn: Turn = { session, nowMs, actions: [] };
  take(turn, input);
  return { session: turn.session, actions: turn.actions };
}

function take(turn: Turn, input: SessionInput): void {
  switch (input.type) {
    case "start":
      start(turn, input.restarting);
      break;
    case "stop":
      stop(turn, input.why, input.communication);
      break;
    case "accepted":
      takeAccepted(turn);
      break;
    case "timer":
      runTimers(turn);
      break;
    case "bfdDown":
      if (!input.admin) takeBfdDown(turn);
      break;
    case "configure":
      configure(turn, input.config, input.transportChanged);
      break;
    default:
      takeNews(turn, input);
  }
}

type News = Extract<SessionInput, { readonly connection: number }>;

/** News of a connection; of one that has ended they are none. */
function takeNews(turn: Turn, input: News): void {
  const isAttempt = input.connection === turn.session.attempt?.connection;
  const talk = talkOf(turn, input.connection);
  if (isAttempt && input.type === "connected") takeConnected(turn, input.connection);
  else if (isAttempt && input.type === "connectFailed") endAttempt(turn, input.connection, { reason: input.reason });
  else if (talk !== undefined) takeNewsOfTalk(turn, talk, input);
}

function takeNewsOfTalk(turn: Turn, talk: Talk, input: News): void {
  switch (input.type) {
    case "closed":
      endTalk(turn, talk, { reason: input.reason }, "failure");
      break;
    case "received":
      receive(turn, talk, input.message);
      break;
    case "malformed":
      if (input.error.verb === "resetSession") endWithError(turn, talk, input.error);
      break;
    case "sent":
      if (talk.phase === "established")
        putTalk(turn, { ...talk, sendHoldDueMs: turn.nowMs + sendHoldMs(talk.negotiated?.holdTimeMs ?? 0) });
      break;
  }
}

function start(turn: Turn, restarting: boolean): void {
  const { session, nowMs } = turn;
  if (session.isRunning) return;
  const restartTimeSeconds = restarting ? (session.config.gracefulRestart?.restartTimeSeconds ?? 0) : 0;
  turn.session = { ...session, isRunning: true, failures: 0, restartingUntilMs: nowMs + restartTimeSeconds * 1000 };
  retryNow(turn);
}

function stop(turn: Turn, why: StopReason, communication: string | undefined): void {
  turn.session = { ...turn.session, isRunning: false, wait: undefined };
  dropAttempt(turn);
  for (const talk of turn.session.talks) {
    const reason = `Stopped: ${why}`;
    if (why === "replace" && talk.negotiated?.gracefulRestart !== undefined) endTalk(turn, talk, { reason }, "ours");
    else {
      const subcodes = { shutdown: Cease.administrativeShutdown, deconfigured: Cease.peerDeconfigured, replace: Cease.administrativeReset };
      // RFC 9003 §2 knows the communication with these two only.
      const said = why === "deconfigured" ? undefined : communication;
      endWithCease(turn, talk, subcodes[why], reason, "ours", said);
    }
  }
}

function takeConnected(turn: Turn, connection: number): void {
  turn.session = { ...turn.session, attempt: undefined };
  beginTalk(turn, connection, "us");
}

function takeAccepted(turn: Turn): void {
  const { isRunning, wait, talks } = turn.session;
  if (!isRunning || wait?.refuses === true) return;
  const older = talks.find(({ initiator, phase }) => initiator === "peer" && phase !== "established");
  const established = establishedTalk(turn.session);
  // A living peer does not connect again. Where it has died, this brings a TCP reset long before the hold timer is due.
  if (established !== undefined && older === undefined)
    turn.actions.push({ type: "send", connection: established.connection, message: { type: "keepalive" } });
  const connection = takeConnection(turn);
  turn.actions.push({ type: "adopt", connection });
  beginTalk(turn, connection, "peer");
  // A peer that connects twice has given the first one up. The new one is there before, so that this is no loss.
  if (older !== undefined) endWithCease(turn, older, Cease.connectionCollision, "Peer connected anew", "collision");
}

function takeBfdDown(turn: Turn): void {
  const talk = establishedTalk(turn.session);
  if (talk !== undefined) endWithCease(turn, talk, Cease.bfdDown, "BFD found the path to the peer down", "failure");
}

/** Resets what says or heard something else by the new config, and nothing more. */
function configure(turn: Turn, config: SessionConfig, transportChanged: boolean): void {
  const old = turn.session.config;
  turn.session = { ...turn.session, config };
  if (transportChanged || config.passive) dropAttempt(turn);
  const saysOther = JSON.stringify(makeOpen(old, false)) !== JSON.stringify(makeOpen(config, false));
  for (const talk of turn.session.talks) {
    const { phase, peerOpen } = talk;
    const refuses = peerOpen !== undefined && objectToOpen(config, peerOpen) !== undefined;
    if (transportChanged || refuses || (saysOther && phase !== "delayOpen")) {
      endWithCease(turn, talk, Cease.otherConfigurationChange, "Configuration of the peer changed", "ours");
    } else if (peerOpen !== undefined) putTalk(turn, { ...talk, negotiated: negotiate(config, peerOpen) });
  }
  // What went wrong before may go right now.
  const isOther = transportChanged || saysOther || config.peerAs !== old.peerAs;
  if (isOther) turn.session = { ...turn.session, failures: 0 };
  if (isOther || turn.session.wait === undefined) retryNow(turn);
}
