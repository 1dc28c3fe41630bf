/**
 * One instance of a packet program: the ABI of `docs/packet-programs.md` as typed calls, and all views of its memory.
 *
 * The module says where its regions lie; they are checked once, at load, so that afterwards the host may index without a
 * second look. Nothing that a program writes is used as a pointer.
 */

import { FUEL } from "./fuel/inject-fuel.ts";
import { Hearing } from "./hearing.ts";
import { COUNTER_BYTES, EVENT_BYTES, type Exports, instantiate, type Numbers, STATE_BYTES } from "./program-exports.ts";
import { Row } from "./row-layout.ts";

export const ROW_BYTES = Row.bytes;
export { STATE_BYTES };

const DESCRIPTOR_BYTES = 32;
const FLAG_UP = 1;

export interface RowCounters {
  readonly answered: number;
  readonly unanswered: number;
  readonly announced: number;
  readonly conflicts: number;
}

/** An event as the program wrote it; addresses and ids are raw. */
export interface RawEvent {
  readonly kind: number;
  readonly atMs: number;
  readonly address: Uint8Array;
  readonly link: number;
  readonly mac: Uint8Array;
  /** Events of this row that were held back since its last one. */
  readonly suppressed: number;
  /** The station announces the address, or answers for it; else it only speaks from it. */
  readonly isClaim: boolean;
}

/** What the engine and its wires see of a program: an instance, or one behind a guard (`guarded/guarded-program.ts`). */
export type LoadedProgram = Omit<PacketProgram, "fuel" | "eventSlots">;

export class PacketProgram {
  readonly name: string;
  readonly slots: number;
  readonly slotBytes: number;
  readonly rows: number;
  readonly eventSlots: number;
  /** All of the program's memory, and where its slots begin, for the kernel. */
  readonly memory: Uint8Array;
  readonly rx: number;
  readonly tx: number;
  /** Where the descriptors of the slots begin. */
  readonly rxDescriptors: number;
  readonly txDescriptors: number;
  /** Types of ICMPv6 that it wants to hear; undefined: all that its frames may be. */
  readonly icmpTypes: readonly number[] | undefined;
  /** What it has heard of others. */
  readonly hearing: Hearing;
  readonly #exports: Exports;
  readonly #numbers: Numbers;
  readonly #dropNames: readonly [index: number, name: string][];
  readonly #refusalNames: ReadonlyMap<number, string>;
  readonly #u16: Uint16Array;
  readonly #u32: Uint32Array;
  readonly #u64: BigUint64Array;
  readonly #rxLength: number;
  readonly #txLength: number;
  readonly #statesAt: number | undefined;
  #eventsRead = 0;
  #statesRead = 0;

  /** Throws, naming what is missing or out of bounds, where the module breaks the ABI. */
  constructor(name: string, module: WebAssembly.Module) {
    this.name = name;
    const { exports, numbers, optional, dropNames, refusalNames, icmpTypes } = instantiate(name, module);
    this.#exports = exports;
    this.#numbers = numbers;
    this.#dropNames = dropNames;
    this.#refusalNames = refusalNames;
    this.#statesAt = optional.STATES;
    this.icmpTypes = icmpTypes;
    const { buffer } = this.#exports.memory;
    this.memory = new Uint8Array(buffer);
    this.#u16 = new Uint16Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#u64 = new BigUint64Array(buffer);
    this.slots = this.#numbers.SLOTS;
    this.slotBytes = this.#numbers.SLOT_BYTES;
    this.rows = this.#numbers.ROWS;
    this.eventSlots = this.#numbers.EVENT_SLOTS;
    this.rx = this.#numbers.RX;
    this.tx = this.#numbers.TX;
    this.rxDescriptors = this.#numbers.RX_DESCRIPTORS;
    this.txDescriptors = this.#numbers.TX_DESCRIPTORS;
    this.hearing = new Hearing(this.memory, optional, this.rows);
    this.#rxLength = this.rxDescriptors >> 1;
    this.#txLength = this.txDescriptors >> 1;
  }

  /** Steps that are left until it traps; infinite where there is no fuel in it. */
  get fuel(): number {
    return this.#exports[FUEL]?.value ?? Infinity;
  }

  set fuel(steps: number) {
    const left = this.#exports[FUEL];
    if (left !== undefined) left.value = steps;
  }

  setup(seedLow: number, seedHigh: number): void {
    this.#exports.setup(seedLow, seedHigh);
  }

  setLink(link: number, mac: string, up: boolean): void {
    this.#exports.setLink(link, macNumber(mac), up ? FLAG_UP : 0);
  }

  /** `record` is one row of ROW_BYTES. Gives the row's id, or a negative number that `refusalName` explains. */
  put(record: Uint8Array): number {
    this.memory.set(record, this.#numbers.ROW);
    return this.#exports.put();
  }

  refusalName(id: number): string {
    return this.#refusalNames.get(id) ?? `status_${-id}`;
  }

  remove(record: Uint8Array): void {
    this.memory.set(record, this.#numbers.ROW);
    this.#exports.remove();
  }

  /** The true length of a received frame, set before `process`. */
  setReceivedLength(slot: number, length: number): void {
    this.#u16[this.#rxLength + slot * (DESCRIPTOR_BYTES / 2)] = Math.min(length, 0xffff);
  }

  /** Turns `count` received frames into frames to send; gives how many, never more than there are slots. */
  process(link: number, count: number, nowMs: number): number {
    return Math.min(this.#exports.process(link, count, nowMs) >>> 0, this.slots);
  }

  tick(nowMs: number): number {
    return Math.min(this.#exports.tick(nowMs) >>> 0, this.slots);
  }

  sendLength(slot: number): number {
    return this.#u16[this.#txLength + slot * (DESCRIPTOR_BYTES / 2)] as number;
  }

  sendLink(slot: number): number {
    return this.#u32[((this.txDescriptors + slot * DESCRIPTOR_BYTES) >> 2) + 1] as number;
  }

  /** 0: a frame. */
  sendPort(slot: number): number {
    return this.memory[this.txDescriptors + slot * DESCRIPTOR_BYTES + 2] as number;
  }

  /** 0 at once, infinity never, also where the program says something that is no time. */
  get nextTickMs(): number {
    const value = Number(this.#exports.nextTickMs.value);
    return Number.isNaN(value) ? Infinity : value;
  }

  get rowCount(): number {
    return Number(this.#exports.rowCount.value);
  }

  drops(): Record<string, number> {
    return Object.fromEntries(this.#dropNames.map(([index, name]) => [name, Number(this.#u64[(this.#numbers.DROPS >> 3) + index])]));
  }

  /** Of a row that `put` gave. */
  counters(row: number): RowCounters {
    if (!(row >= 0 && row < this.rows))
      throw new RangeError(`Cannot count row ${row} of packet program ${this.name}: expected 0 to ${this.rows - 1}`);
    const at = (this.#numbers.COUNTERS + row * COUNTER_BYTES) >> 3;
    const [answered = 0, unanswered = 0, announced = 0, conflicts = 0] = Array.from(this.#u64.subarray(at, at + 4), Number);
    return { answered, unanswered, announced, conflicts };
  }

  /** The row answers now. */
  isAnswering(row: number): boolean {
    return (((this.#u32[(this.#numbers.LEVELS >> 2) + (row >> 5)] as number) >>> (row & 31)) & 1) === 1;
  }

  /** A copy of all rows' states, STATE_BYTES each; undefined where none has changed since the last call, or the program has none. */
  takeStates(): Uint8Array | undefined {
    const version = Number(this.#exports.statesVersion?.value);
    if (this.#statesAt === undefined || version === this.#statesRead) return undefined;
    this.#statesRead = version;
    return this.memory.slice(this.#statesAt, this.#statesAt + this.rows * STATE_BYTES);
  }

  /** Events since the last call; where the ring was overrun, the oldest are lost. */
  takeEvents(): RawEvent[] {
    const written = Number(this.#exports.eventsWritten.value) >>> 0;
    if (written === this.#eventsRead) return [];
    const events: RawEvent[] = [];
    const first = Math.max(this.#eventsRead, written - this.#numbers.EVENT_SLOTS);
    for (let number = first; number < written; number++) {
      const at = this.#numbers.EVENTS + (number % this.#numbers.EVENT_SLOTS) * EVENT_BYTES;
      events.push(readEvent(new DataView(this.memory.buffer, at, EVENT_BYTES), this.memory.slice(at, at + EVENT_BYTES)));
    }
    this.#eventsRead = written;
    return events;
  }
}

function readEvent(view: DataView, bytes: Uint8Array): RawEvent {
  return {
    kind: view.getUint32(0, true),
    atMs: view.getFloat64(8, true),
    address: bytes.subarray(16, 32),
    link: view.getUint32(32, true),
    mac: bytes.subarray(36, 42),
    suppressed: view.getUint32(44, true),
    isClaim: view.getUint32(48, true) === 1,
  };
}

/** `aa:bb:cc:dd:ee:ff` as one big-endian number; an absent MAC is 0. */
export function macNumber(mac: string): number {
  return mac === "" ? 0 : Number.parseInt(mac.replaceAll(":", ""), 16);
}
