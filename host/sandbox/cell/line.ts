/**
 * One end of a Channel: numbers calls and finds their answers again, keeps the order, and keeps to the credits.
 *
 * Each direction has its own credits: 64 calls that are not answered, and 256 KB of calls and tells that the other end has not dealt with (a tell is dealt with
 * when its method has settled, a call when it is answered). What goes beyond waits here, in order, answers included: a plugin's answer to `apply`
 * never comes before the rows that it told before. The receiver counts too: a sender that goes beyond its credits is no guard of ours any more. What
 * waits is bounded: where more than 16 MB does, the end is at fault that sends.
 */

import type { Channel, Methods, Plain } from "./channel.ts";
import { packError, unpackError } from "./errors.ts";
import { encodeFrame, type Message, type MessageType, TYPES } from "./frames.ts";

export const MAX_CALLS = 64;
export const MAX_UNHANDLED_BYTES = 256 << 10;
/** Not each message is confirmed by itself. */
const CONFIRM_BYTES = 32 << 10;
const MAX_WAITING_BYTES = 16 << 20;

export interface LineEnds {
  /** Takes one frame, at once. */
  send(frame: Uint8Array): void;
  /** This end sends more than the other one takes. */
  fault(reason: string): void;
  /** What goes with the name and message of an error that a method threw; it gets what was thrown. */
  stackOf?(error: unknown): string | undefined;
  /** Makes what went with them readable. */
  readStack?(stack: string): string;
}

interface Call {
  resolve(value: Plain): void;
  reject(error: Error): void;
}

interface Waiting {
  readonly type: MessageType;
  readonly frame: Uint8Array;
  /** Of a call: its number, and whom to tell. */
  readonly id?: number;
  readonly call?: Call;
}

export class Line implements Channel {
  readonly number: number;
  readonly #ends: LineEnds;
  /** Sent and not answered. */
  readonly #calls = new Map<number, Call>();
  readonly #queue: Waiting[] = [];
  #queuedBytes = 0;
  #lastId = 0;
  /** Of calls and tells that were sent, and are not dealt with. */
  #bytesOut = 0;
  /** The same of the other end's, its calls, and which of those bytes are dealt with but not confirmed. */
  #callsIn = 0;
  #bytesIn = 0;
  #handledBytes = 0;
  #methods: Methods | undefined;
  /** What came before there was anybody to serve it. */
  readonly #early: Message[] = [];
  #ended: Error | undefined;
  readonly #onEnd: ((reason: Error) => void)[] = [];

  constructor(number: number, ends: LineEnds) {
    this.number = number;
    this.#ends = ends;
  }

  call(method: string, args: readonly Plain[], timeoutMs?: number): Promise<Plain> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`${method} took longer than ${(timeoutMs ?? 0) / 1000} s`));
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
      const id = ++this.#lastId;
      // It stays until it is answered, also where nobody waits any more: an answer to nothing is a fault.
      const call: Call = {
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      try {
        this.#send(TYPES.call, [id, method, args], { id, call });
      } catch (error) {
        call.reject(error as Error);
      }
    });
  }

  tell(method: string, args: readonly Plain[]): void {
    if (!this.#ended) this.#send(TYPES.tell, [method, args]);
  }

  serve(methods: Methods): void {
    this.#methods = methods;
    for (const message of this.#early.splice(0)) this.#run(message);
  }

  onEnd(call: (reason: Error) => void): void {
    if (this.#ended) call(this.#ended);
    else this.#onEnd.push(call);
  }

  readStack(stack: string): string {
    return this.#ends.readStack?.(stack) ?? stack;
  }

  /** Ends it; harmless twice. */
  end(reason: Error): void {
    if (this.#ended) return;
    this.#ended = reason;
    for (const { call } of this.#queue.splice(0)) call?.reject(reason);
    for (const call of this.#calls.values()) call.reject(reason);
    this.#calls.clear();
    for (const call of this.#onEnd.splice(0)) call(reason);
  }

  /** Takes a message of this line. Throws where the other end broke the rules. */
  receive(message: Message): void {
    if (this.#ended) return;
    const { type, value } = message;
    if (!Array.isArray(value)) throw new Error("a message that is not a list");
    switch (type) {
      case TYPES.call:
      case TYPES.tell:
        this.#accept(message);
        return;
      case TYPES.handled:
        this.#confirmed(value[0]);
        return;
      case TYPES.answer:
      case TYPES.failure:
        this.#answered(type, value);
        return;
      default:
        throw new Error(`a message of type ${type satisfies never}`);
    }
  }

  #accept(message: Message): void {
    const isCall = message.type === TYPES.call;
    if (this.#bytesIn >= MAX_UNHANDLED_BYTES) throw new Error(`more than ${MAX_UNHANDLED_BYTES} bytes that are not dealt with`);
    if (isCall && this.#callsIn >= MAX_CALLS) throw new Error(`more than ${MAX_CALLS} calls at once`);
    const parts = message.value as readonly Plain[];
    const [method, args] = isCall ? parts.slice(1) : parts;
    const isWhole = typeof method === "string" && Array.isArray(args) && (!isCall || Number.isSafeInteger(parts[0]));
    if (!isWhole) throw new Error("a call without a method, arguments or a number");
    this.#bytesIn += message.bytes;
    if (isCall) this.#callsIn++;
    if (this.#methods === undefined) this.#early.push(message);
    else this.#run(message);
  }

  #run(message: Message): void {
    const parts = message.value as readonly Plain[];
    const isCall = message.type === TYPES.call;
    const [method, args] = (isCall ? parts.slice(1) : parts) as [string, readonly Plain[]];
    const settled = (type: MessageType, result: unknown): void => {
      if (isCall) this.#callsIn--;
      if (isCall && !this.#ended) this.#answer(type, parts[0] as number, result);
      this.#handled(message.bytes);
    };
    this.#serve(method, args).then(
      (result) => settled(TYPES.answer, result),
      (error: unknown) => settled(TYPES.failure, error),
    );
  }

  /** Starts at once: methods begin in the order of their messages. */
  async #serve(method: string, args: readonly Plain[]): Promise<unknown> {
    const methods = this.#methods ?? {};
    if (!Object.hasOwn(methods, method)) throw new Error(`Unknown method ${JSON.stringify(method.slice(0, 100))}`);
    return methods[method]?.(...args);
  }

  #answer(type: MessageType, id: number, result: unknown): void {
    try {
      if (type === TYPES.answer) this.#send(TYPES.answer, [id, result]);
      else this.#send(TYPES.failure, [id, packError(result, this.#ends.stackOf?.(result))]);
    } catch (error) {
      this.#send(TYPES.failure, [id, packError(error, undefined)]);
    }
  }

  #handled(bytes: number): void {
    this.#handledBytes += bytes;
    if (this.#handledBytes < CONFIRM_BYTES || this.#ended) return;
    this.#bytesIn -= this.#handledBytes;
    this.#ends.send(encodeFrame(TYPES.handled, this.number, [this.#handledBytes]));
    this.#handledBytes = 0;
  }

  #confirmed(bytes: Plain): void {
    if (typeof bytes !== "number" || !(bytes > 0 && bytes <= this.#bytesOut)) throw new Error("a confirmation of what was not sent");
    this.#bytesOut -= bytes;
    this.#flush();
  }

  #answered(type: MessageType, [id, value]: readonly Plain[]): void {
    const call = this.#calls.get(id as number);
    if (call === undefined) throw new Error("an answer to nothing");
    this.#calls.delete(id as number);
    if (type === TYPES.answer) call.resolve(value);
    else call.reject(unpackError(value, this.#ends.readStack));
    this.#flush();
  }

  #send(type: MessageType, value: unknown, call: Pick<Waiting, "id" | "call"> = {}): void {
    const frame = encodeFrame(type, this.number, value);
    this.#queue.push({ type, frame, ...call });
    this.#queuedBytes += frame.length;
    this.#flush();
    if (this.#queuedBytes > MAX_WAITING_BYTES) this.#ends.fault(`more than ${MAX_WAITING_BYTES >> 20} MB of messages wait to be taken`);
  }

  #flush(): void {
    for (let next = this.#queue[0]; next !== undefined && this.#mayGo(next.type); next = this.#queue[0]) {
      this.#queue.shift();
      this.#queuedBytes -= next.frame.length;
      if (next.call !== undefined) this.#calls.set(next.id as number, next.call);
      if (next.type === TYPES.call || next.type === TYPES.tell) this.#bytesOut += next.frame.length;
      this.#ends.send(next.frame);
    }
  }

  #mayGo(type: MessageType): boolean {
    if (type === TYPES.call && this.#calls.size >= MAX_CALLS) return false;
    return !(type === TYPES.call || type === TYPES.tell) || this.#bytesOut < MAX_UNHANDLED_BYTES;
  }
}
