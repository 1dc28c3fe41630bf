/**
 * For tests: two session machines joined by a network that delays, refuses, resets, forgets and swallows, all by one seed.
 *
 * Connections behave as TCP's do: messages of one direction stay in order, a connection is open for who made it before the other
 * program has taken it, and an end that is gone answers data with a reset, or, where the network swallows, not at all.
 */

import type { Message } from "../messages.ts";
import type { SessionConfig } from "./config.ts";
import { draw } from "./random.ts";
import {
  type ConnectionId,
  establishedTalk,
  newSession,
  nextDueMs,
  type Session,
  type SessionAction,
  type SessionInput,
} from "./session.ts";
import { step } from "./step.ts";

export type Side = 0 | 1;

/** A TCP connection; what an end that is undefined is sent is lost. */
interface Wire {
  readonly ends: [ConnectionId | undefined, ConnectionId | undefined];
  /** When the last of what was sent arrives at each side. */
  readonly busyUntilMs: [number, number];
  /** To this side nothing arrives any more, and nobody is told. */
  readonly swallows: [boolean, boolean];
}

interface Machine {
  session: Session;
  readonly wires: Map<ConnectionId, Wire>;
}

/** Probabilities, 0 to 1. */
export interface Faults {
  readonly refuse: number;
  readonly loseConnect: number;
  readonly loseClose: number;
}

export const NO_FAULTS: Faults = { refuse: 0, loseConnect: 0, loseClose: 0 };
const MOST_STEPS = 200_000;

export class World {
  nowMs = 0;
  faults = NO_FAULTS;
  longestDelayMs = 50;
  /** Nothing that this side sends is taken by its kernel. */
  readonly stuck: [boolean, boolean] = [false, false];
  readonly sides: [Machine, Machine];
  /** `side: action`, with the time, for what is worth telling. */
  readonly story: string[] = [];
  readonly configs: readonly [SessionConfig, SessionConfig];
  #seed: number;
  #events: { readonly atMs: number; readonly run: () => void }[] = [];
  #steps = 0;

  constructor(configs: readonly [SessionConfig, SessionConfig], seed: number) {
    this.configs = configs;
    this.#seed = seed;
    this.sides = [
      { session: newSession(configs[0], seed), wires: new Map() },
      { session: newSession(configs[1], seed + 1), wires: new Map() },
    ];
  }

  random(below: number): number {
    const { value, seed } = draw(this.#seed);
    this.#seed = seed;
    return Math.floor(value * below);
  }

  /** Gives a machine news, and does what it says. */
  put(side: Side, input: SessionInput): void {
    if ((this.#steps += 1) > MOST_STEPS) throw new Error(`Too many steps by ${this.nowMs} ms`);
    const machine = this.sides[side];
    const { session, actions } = step(machine.session, input, this.nowMs);
    machine.session = session;
    for (const action of actions) this.#do(side, action, input);
    this.#check(machine.session);
  }

  /** Lets time pass. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      const dues = this.sides.map(({ session }) => nextDueMs(session));
      const next = this.#events[0]?.atMs ?? Number.POSITIVE_INFINITY;
      const atMs = Math.min(next, ...dues);
      if (atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (next <= atMs) this.#events.shift()?.run();
      else {
        const side: Side = dues[0] === atMs ? 0 : 1;
        this.put(side, { type: "timer" });
        if (nextDueMs(this.sides[side].session) <= this.nowMs) throw new Error("A timer is due again at once");
      }
    }
    this.nowMs = untilMs;
  }

  /** The program of a side dies and comes again; where `silently`, nobody tells the other side. */
  crash(side: Side, silently: boolean): void {
    const machine = this.sides[side];
    for (const [connection, wire] of machine.wires) {
      wire.ends[side] = undefined;
      if (!silently) this.#tell(wire, other(side), "Connection reset");
      machine.wires.delete(connection);
    }
    machine.session = newSession(this.configs[side], this.random(1 << 30));
    this.put(side, { type: "start", restarting: true });
  }

  /** Breaks a connection that is there: for both sides, one, or from one side to the other without a word. */
  break(how: "both" | "one" | "swallow"): void {
    const wires = [...this.sides[0].wires.values(), ...this.sides[1].wires.values()];
    const wire = wires[this.random(Math.max(1, wires.length))];
    if (wire === undefined) return;
    const side = this.random(2) as Side;
    if (how === "swallow") wire.swallows[side] = true;
    else for (const end of how === "both" ? ([0, 1] as const) : [side]) this.#tell(wire, end, "Connection reset");
  }

  /** Both are established, over one and the same connection. */
  get isJoined(): boolean {
    const [a, b] = this.sides.map(({ session, wires }) => wires.get(establishedTalk(session)?.connection ?? -1));
    return a !== undefined && a === b;
  }

  #do(side: Side, action: SessionAction, input: SessionInput): void {
    const { type, connection } = action;
    const machine = this.sides[side];
    if (type === "connect") this.#connect(side, connection);
    else if (type === "adopt") (input as { wire?: Wire }).wire?.ends.splice(side, 1, connection);
    else if (type === "send") this.#send(side, connection, action.message);
    else if (type === "close") {
      const wire = machine.wires.get(connection);
      machine.wires.delete(connection);
      if (wire === undefined) return;
      wire.ends[side] = undefined;
      if (this.random(1000) >= this.faults.loseClose * 1000) this.#tell(wire, other(side), "Peer closed the connection");
    } else this.story.push(`${this.nowMs} ${side} ${type === "ended" ? `ended ${action.ending.reason}` : type}`);
    if (type === "adopt") machine.wires.set(connection, (input as { wire?: Wire }).wire as Wire);
  }

  #connect(side: Side, connection: ConnectionId): void {
    const roll = this.random(1000);
    const { refuse, loseConnect } = this.faults;
    if (roll < loseConnect * 1000) return;
    if (roll < (loseConnect + refuse) * 1000) {
      this.#later(() => this.put(side, { type: "connectFailed", connection, reason: "Connection refused" }));
      return;
    }
    const wire: Wire = { ends: [undefined, undefined], busyUntilMs: [0, 0], swallows: [false, false] };
    wire.ends[side] = connection;
    // From here on, `close` finds it; before that, the attempt ends without one.
    this.#later(() => {
      if (this.sides[side].session.attempt?.connection !== connection) return;
      this.sides[side].wires.set(connection, wire);
      this.#arrive(wire, other(side), () => this.#accept(other(side), wire));
      this.put(side, { type: "connected", connection });
    });
  }

  #accept(side: Side, wire: Wire): void {
    this.put(side, { type: "accepted", wire } as SessionInput);
    if (wire.ends[side] === undefined) this.#tell(wire, other(side), "Peer closed the connection");
  }

  #send(side: Side, connection: ConnectionId, message: Message): void {
    const wire = this.sides[side].wires.get(connection);
    if (wire === undefined) throw new Error(`Sends on connection ${connection}, which it has not`);
    if (this.stuck[side]) return;
    this.#later(() => this.put(side, { type: "sent", connection }));
    const to = other(side);
    this.#arrive(wire, to, () => {
      const end = wire.ends[to];
      if (end !== undefined) this.put(to, { type: "received", connection: end, message });
      else if (this.random(2) === 0) this.#tell(wire, side, "Connection reset");
    });
  }

  /** An end hears that the connection is gone, after all that was sent to it. */
  #tell(wire: Wire, side: Side, reason: string): void {
    this.#arrive(wire, side, () => {
      const connection = wire.ends[side];
      if (connection === undefined) return;
      wire.ends[side] = undefined;
      this.sides[side].wires.delete(connection);
      this.put(side, { type: "closed", connection, reason });
    });
  }

  #arrive(wire: Wire, side: Side, run: () => void): void {
    wire.busyUntilMs[side] = Math.max(wire.busyUntilMs[side], this.nowMs + 1 + this.random(this.longestDelayMs));
    this.#at(wire.busyUntilMs[side], () => {
      if (!wire.swallows[side]) run();
    });
  }

  #later(run: () => void): void {
    this.#at(this.nowMs + 1 + this.random(this.longestDelayMs), run);
  }

  /** Of two events at one moment, the one that was planned first comes first. */
  #at(atMs: number, run: () => void): void {
    const after = this.#events.findIndex((event) => event.atMs > atMs);
    this.#events.splice(after === -1 ? this.#events.length : after, 0, { atMs, run });
  }

  #check({ talks, attempt, nextConnection }: Session): void {
    const established = talks.filter(({ phase }) => phase === "established");
    const ids = [...talks.map(({ connection }) => connection), ...(attempt === undefined ? [] : [attempt.connection])];
    if (established.length > 1) throw new Error("Two connections are established");
    if (new Set(talks.map(({ initiator }) => initiator)).size < talks.length && established.length === 0)
      throw new Error("Two of one side");
    if (talks.length > 2 || new Set(ids).size < ids.length || ids.some((id) => id >= nextConnection)) throw new Error(`Connections ${ids}`);
    if (established.length === 1 && attempt !== undefined) throw new Error("Established and still connecting");
  }
}

function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}
