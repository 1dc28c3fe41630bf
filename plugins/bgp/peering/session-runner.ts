/**
 * A session with its connections and its one timer: the edge where the pure machine of `session/` meets sockets and the clock.
 *
 * What happens to a connection becomes an input of the machine, and its actions are done here, in order. Bytes become messages by the
 * host's codec. Whoever owns the session hears of it through `SessionHooks`: routes may flow, they may not any more, a message came.
 */

import type { Clock, Close, Connection } from "../../../host/announcer.ts";
import type { Codec, DecodedMessage, Framer, Message, MessageError } from "../messages.ts";
import type { SessionConfig } from "../session/config.ts";
import type { Ended, Established, SessionHooks } from "../session/hooks.ts";
import type { Negotiated } from "../session/negotiate.ts";
import {
  type ConnectionId,
  newSession,
  nextDueMs,
  type Session,
  type SessionAction,
  type SessionInput,
  type StopReason,
} from "../session/session.ts";
import { step } from "../session/step.ts";
import { MessageCounter, type MessageCounts } from "./message-counts.ts";

export interface SessionParts {
  readonly clock: Clock;
  readonly codec: Codec;
  readonly hooks: SessionHooks;
  /** Rejects where the peer is not reached; the session has a time limit of its own. */
  connect(): Promise<Connection>;
}

/** One end of a connection that talks. */
interface Line {
  readonly connection: Connection;
  readonly framer: Framer;
}

export class SessionRunner {
  readonly #parts: SessionParts;
  readonly #lines = new Map<ConnectionId, Line>();
  /** Attempts that are still wanted. */
  readonly #attempts = new Set<ConnectionId>();
  /** Connections that are there, also those that only have to say goodbye. */
  readonly #open = new Set<Connection>();
  #idleCalls: (() => void)[] = [];
  #accepted: Connection | undefined;
  #session: Session;
  #timer: { readonly atMs: number; readonly close: Close } | undefined;
  readonly #received = new MessageCounter();
  readonly #sent = new MessageCounter();

  constructor(config: SessionConfig, seed: number, parts: SessionParts) {
    this.#parts = parts;
    this.#session = newSession(config, seed);
  }

  /** As it is now, for reading. */
  get session(): Session {
    return this.#session;
  }

  /** Messages since the session began to run. */
  get counts(): { readonly received: MessageCounts; readonly sent: MessageCounts } {
    return { received: this.#received.counts, sent: this.#sent.counts };
  }

  /** `restarting`: a speaker before us may have left routes at the peer (RFC 4724). */
  start(restarting: boolean): void {
    this.#input({ type: "start", restarting });
  }

  stop(why: StopReason, communication?: string): void {
    this.#input({ type: "stop", why, ...(communication === undefined ? {} : { communication }) });
  }

  /** Sends over the session, if it is established. */
  send(message: Message): void {
    const talk = this.#session.talks.find(({ phase }) => phase === "established");
    if (talk !== undefined) this.#send(talk.connection, message);
  }

  /** Resolves when no connection is left. */
  async idle(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#idleCalls.push(resolve));
  }

  /** A connection from the peer. It is closed where the session has no use for it. */
  accept(connection: Connection): void {
    this.#accepted = connection;
    this.#input({ type: "accepted" });
    const unwanted = this.#accepted;
    this.#accepted = undefined;
    unwanted?.close();
  }

  configure(config: SessionConfig, transportChanged: boolean): void {
    this.#input({ type: "configure", config, transportChanged });
  }

  bfdDown(admin: boolean): void {
    this.#input({ type: "bfdDown", admin });
  }

  #input(input: SessionInput): void {
    const { session, actions } = step(this.#session, input, this.#parts.clock.now());
    this.#session = session;
    for (const action of actions) this.#act(action);
    this.#setTimer();
  }

  #act(action: SessionAction): void {
    switch (action.type) {
      case "connect":
        void this.#connect(action.connection);
        break;
      case "adopt":
        if (this.#accepted !== undefined) this.#begin(action.connection, this.#accepted);
        this.#accepted = undefined;
        break;
      case "send":
        this.#send(action.connection, action.message);
        break;
      case "close":
        this.#close(action.connection);
        break;
      case "established":
        this.#tellEstablished(action.connection, action.negotiated);
        break;
      case "unreached":
        this.#parts.hooks.unreached?.(action.reason);
        break;
      case "ended":
        this.#parts.hooks.ended(action satisfies Ended);
        break;
      default:
        action satisfies never;
    }
  }

  async #connect(id: ConnectionId): Promise<void> {
    let connection: Connection;
    this.#attempts.add(id);
    try {
      connection = await this.#parts.connect();
    } catch (error) {
      if (!this.#attempts.delete(id)) return;
      this.#input({ type: "connectFailed", connection: id, reason: (error as Error).message });
      return;
    }
    if (!this.#attempts.delete(id)) return connection.close();
    this.#begin(id, connection);
    this.#input({ type: "connected", connection: id });
  }

  #begin(id: ConnectionId, connection: Connection): void {
    const line = { connection, framer: this.#parts.codec.createFramer() };
    this.#lines.set(id, line);
    this.#open.add(connection);
    connection.onData((bytes) => this.#read(id, line, bytes));
    connection.onClose((error) => {
      this.#open.delete(connection);
      if (this.#open.size === 0) for (const call of this.#idleCalls.splice(0)) call();
      if (this.#lines.delete(id)) this.#input({ type: "closed", connection: id, reason: reasonOf(error) });
    });
  }

  #read(id: ConnectionId, { framer }: Line, bytes: Uint8Array): void {
    const { codec, hooks } = this.#parts;
    const { messages, error } = framer.push(bytes, this.#formatOf(id));
    for (const each of messages) {
      // One before it may have ended the connection.
      if (!this.#lines.has(id)) return;
      const decoded = codec.decode(each, this.#formatOf(id));
      this.#received.add(each);
      this.#take(id, decoded);
      if (decoded.message !== undefined && this.#isEstablished(id)) hooks.received(decoded.message, decoded.errors);
    }
    if (error !== undefined) this.#input({ type: "malformed", connection: id, error });
  }

  #take(id: ConnectionId, { message, errors }: DecodedMessage): void {
    const isFatal = ({ verb }: MessageError) => verb === "resetSession";
    const fatal = errors.find(isFatal);
    if (fatal !== undefined) this.#input({ type: "malformed", connection: id, error: fatal });
    else if (message !== undefined) this.#input({ type: "received", connection: id, message });
  }

  #send(id: ConnectionId, message: Message): void {
    this.#write(id, this.#parts.codec.encode(message, this.#formatOf(id)));
  }

  #write(id: ConnectionId, bytes: Uint8Array, taken?: () => void): void {
    this.#sent.add(bytes);
    this.#lines.get(id)?.connection.write(bytes, () => {
      this.#input({ type: "sent", connection: id });
      if (this.#lines.has(id)) taken?.();
    });
  }

  #close(id: ConnectionId): void {
    this.#attempts.delete(id);
    const line = this.#lines.get(id);
    this.#lines.delete(id);
    line?.connection.close();
  }

  #tellEstablished(id: ConnectionId, negotiated: Negotiated): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    const established: Established = {
      connection: line.connection,
      negotiated,
      send: (message) => this.#send(id, message),
      write: (bytes, taken) => this.#write(id, bytes, taken),
    };
    this.#parts.hooks.established(established);
  }

  #formatOf(id: ConnectionId): Negotiated["format"] | undefined {
    return this.#session.talks.find(({ connection }) => connection === id)?.negotiated?.format;
  }

  #isEstablished(id: ConnectionId): boolean {
    return this.#session.talks.some(({ connection, phase }) => connection === id && phase === "established");
  }

  #setTimer(): void {
    const atMs = nextDueMs(this.#session);
    if (this.#timer?.atMs === atMs) return;
    this.#timer?.close();
    this.#timer = undefined;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#parts;
    const close = clock.after(Math.max(0, Math.ceil(atMs - clock.now())), () => {
      this.#timer = undefined;
      this.#input({ type: "timer" });
    });
    this.#timer = { atMs, close };
  }
}

/** How a connection came to its end, in words. */
function reasonOf(error: Error | undefined): string {
  if (error === undefined) return "Peer closed the connection";
  return /ECONNRESET|EPIPE/.test(error.message) ? "Peer reset the connection" : error.message;
}
