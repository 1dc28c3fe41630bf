/** One step while it is being made: the session as it is so far, and what is to be done about it. */

import type { SessionConfig } from "./config.ts";
import { draw } from "./random.ts";
import type { ConnectionId, Session, SessionAction, Talk } from "./session.ts";

/** The only thing in this folder that changes; it does not outlive the step. */
export interface Turn {
  session: Session;
  readonly nowMs: number;
  readonly actions: SessionAction[];
}

/** The next random number of the session, 0 to 1. */
export function random(turn: Turn): number {
  const { value, seed } = draw(turn.session.seed);
  turn.session = { ...turn.session, seed };
  return value;
}

/** A connection id that nothing had before. */
export function takeConnection(turn: Turn): ConnectionId {
  const connection = turn.session.nextConnection;
  turn.session = { ...turn.session, nextConnection: connection + 1 };
  return connection;
}

/** Undefined where the connection has ended. */
export function talkOf({ session }: Turn, connection: ConnectionId): Talk | undefined {
  return session.talks.find((talk) => talk.connection === connection);
}

/** Puts a talk in, in the place of the one that it was. */
export function putTalk(turn: Turn, talk: Talk): void {
  const { talks } = turn.session;
  const isNew = talks.every(({ connection }) => connection !== talk.connection);
  const changed = talks.map((other) => (other.connection === talk.connection ? talk : other));
  turn.session = { ...turn.session, talks: isNew ? [...talks, talk] : changed };
}

/** The config in force. */
export function configOf({ session }: Turn): SessionConfig {
  return session.config;
}
