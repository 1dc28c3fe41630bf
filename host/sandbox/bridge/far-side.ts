/**
 * The plugin's half of what all powers share: how the host is asked, and how what it tells reaches what the plugin gave.
 *
 * The code here is trusted and runs beside the plugin's, in one realm whose built-in objects are frozen. What it hands on is hardened. What
 * the plugin gives it, it calls and reads only where a throw is caught; the channel makes plain data of what goes to the host.
 */

import { type Clock, type Close, type Codecs, NotCapable, type Permission } from "../../announcer.ts";
import type { Channel, Plain } from "../cell/channel.ts";
import { inPieces, PIECE_BYTES } from "./parts.ts";

/** What the guard hands to the plugin's half, which has nothing else. */
export interface GuardPowers {
  readonly clock: Clock;
  /** From 0 to below 1. */
  random(): number;
  /** Freezes something and all that can be reached from it, as SES does. Default: it is left as it is. */
  harden?<Value>(value: Value): Value;
  /** The host's codecs, run here. Default: there are none. */
  readonly codec?: Codecs;
  /** The stack of something thrown, which the plugin itself does not see. */
  stackOf?(error: unknown): string | undefined;
}

/** What hears of one number, by what is told. */
export type Ears = Readonly<Record<string, (...args: readonly Plain[]) => unknown>>;

/** So much is told as taken at once. */
const TAKEN_BYTES = 32 * 1024;
const LONGEST_TEXT = 4096;

export class FarSide {
  readonly plugin: string;
  readonly powers: GuardPowers;
  readonly #channel: Channel;
  readonly #ears = new Map<number, Ears>();
  readonly #taken = new Map<number, number>();
  #takenBytes = 0;
  #lastId = 0;
  #lastParcel = 0;

  constructor(plugin: string, channel: Channel, powers: GuardPowers) {
    this.plugin = plugin;
    this.powers = powers;
    this.#channel = channel;
  }

  harden<Value>(value: Value): Value {
    return this.powers.harden === undefined ? value : this.powers.harden(value);
  }

  /** Asks the host. A NotCapable is one here too. */
  async call(method: string, ...args: readonly unknown[]): Promise<Plain> {
    try {
      return await this.#channel.call(method, args as readonly Plain[]);
    } catch (error) {
      const { name, message, permission } = error as Partial<NotCapable>;
      if (name !== "NotCapable" || permission === undefined) throw error;
      throw this.harden(new NotCapable(this.plugin, permission as Permission, message ?? ""));
    }
  }

  /** Tells the host. Throws a TypeError where something is no plain data. */
  tell(method: string, ...args: readonly unknown[]): void {
    this.#channel.tell(method, args as readonly Plain[]);
  }

  /** A number for something new, and who hears what is told of it. */
  open(ears: Ears): number {
    this.#lastId += 1;
    this.#ears.set(this.#lastId, ears);
    return this.#lastId;
  }

  /** The same by a number of the host's. */
  listen(id: number, ears: Ears): void {
    this.#ears.set(id, ears);
  }

  /** Nobody hears of it any more. */
  forget(id: number): void {
    this.#ears.delete(id);
  }

  /** What closes it, once, on both sides. */
  closer(id: number): Close {
    return this.harden(() => {
      if (this.#ears.delete(id)) this.tell("close", id);
    });
  }

  /** The host tells. What comes for a number that was closed is nobody's. */
  hear(id: Plain, what: Plain, ...args: readonly Plain[]): unknown {
    const ears = this.#ears.get(id as number);
    return ears !== undefined && typeof what === "string" && Object.hasOwn(ears, what) ? ears[what]?.(...args) : undefined;
  }

  /** So much of what was told of a number has been dealt with. */
  taken(id: number, bytes: number): void {
    this.#taken.set(id, (this.#taken.get(id) ?? 0) + bytes);
    this.#takenBytes += bytes;
    if (this.#takenBytes < TAKEN_BYTES) return;
    this.tell("taken", [...this.#taken]);
    this.#taken.clear();
    this.#takenBytes = 0;
  }

  /** Calls what the plugin gave; what that throws, or what its promise does, is said in the log. */
  run(what: string, call: unknown, ...args: readonly unknown[]): void {
    void this.attempt(what, call, ...args);
  }

  /** The same; a promise where it gave something to wait for. */
  attempt(what: string, call: unknown, ...args: readonly unknown[]): Promise<void> | undefined {
    try {
      const result: unknown = (call as (...args: readonly unknown[]) => unknown)(...args);
      return typeof result === "object" && result !== null ? this.#settle(what, result) : undefined;
    } catch (error) {
      this.failed(what, error);
      return undefined;
    }
  }

  /** Says what a callback of the plugin threw. */
  failed(what: string, error: unknown): void {
    this.tell("failed", what, describe(error), this.#stackOf(error) ?? null);
  }

  /** Bytes as an argument: what is too long for one message goes ahead in pieces. */
  parcel(bytes: Uint8Array): Uint8Array | number {
    if (bytes.length <= PIECE_BYTES) return bytes;
    this.#lastParcel += 1;
    for (const piece of inPieces(bytes)) this.tell("piece", this.#lastParcel, piece);
    return this.#lastParcel;
  }

  async #settle(what: string, result: object): Promise<void> {
    try {
      await result;
    } catch (error) {
      this.failed(what, error);
    }
  }

  #stackOf(error: unknown): string | undefined {
    try {
      return this.powers.stackOf?.(error)?.slice(0, LONGEST_TEXT);
    } catch {
      return undefined;
    }
  }
}

/** A function that the plugin gave; throws a TypeError on anything else. */
export function demandFunction(what: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(`${what}: found ${value === null ? "null" : typeof value}, expected a function`);
}

/** Bytes that nothing else can reach; throws a TypeError where they are none. */
export function ownBytes(value: unknown): Uint8Array {
  const length: unknown = brandOf(value) === "Uint8Array" ? Reflect.apply(getLength, value, []) : undefined;
  if (typeof length !== "number") throw new TypeError(`Found ${value === null ? "null" : typeof value}, expected a Uint8Array`);
  const copy = new Uint8Array(length);
  copy.set(value as Uint8Array);
  return copy;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getBrand = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)?.get as () => unknown;
const getLength = Object.getOwnPropertyDescriptor(typedArray, "length")?.get as () => unknown;

/** Of a real typed array; undefined of whatever pretends to be one. */
function brandOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Reflect.apply(getBrand, value, []) : undefined;
}

/** In words; whatever was thrown, it may be a trap. */
export function describe(error: unknown): string {
  try {
    if (typeof error !== "object" || error === null) return `threw ${String(error).slice(0, LONGEST_TEXT)}`;
    const { name, message } = error as Error;
    return `${name}: ${message}`.slice(0, LONGEST_TEXT);
  } catch {
    return "threw what cannot be read";
  }
}
