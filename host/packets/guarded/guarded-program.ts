/**
 * A packet program that is not built in, as the engine and its wires see it: slots and descriptors in the guard's memory, which is the
 * host's. What is received is copied from there to the program; what it wants to send is copied out, and looked at where it lies, by a guard
 * that nobody can change anything under; from that very copy it is sent. No address of the program's memory ever reaches the kernel.
 *
 * What may not leave is dropped and counted by the guard's reasons. A program may send what it was sent, and some more.
 */

import type { Hearing } from "../hearing.ts";
import type { LoadedProgram, RawEvent, RowCounters } from "../program.ts";
import { Allowance } from "./allowance.ts";
import { Guard } from "./guard.ts";
import { SafeInstance } from "./safe-instance.ts";

const DESCRIPTOR_BYTES = 32;
const MOST_SLOTS = 128;
const MOST_SLOT_BYTES = 2048;
const MOST_EVENT_SLOTS = 1024;
const NO_COUNTERS: RowCounters = { answered: 0, unanswered: 0, announced: 0, conflicts: 0 };

/** Frames and datagrams beyond those that came in: an announcement of 10,000 addresses is sent as often. */
const SENT_A_SECOND = 10_000;
const SENT_SAVED = 16_384;
const EVENTS_A_SECOND = 10;
const EVENTS_SAVED = 100;
/** Between two ticks that leave nothing over. */
const TICK_INTERVAL_MS = 1;

export class GuardedProgram implements LoadedProgram {
  readonly name: string;
  readonly guard = new Guard();
  readonly memory = this.guard.memory;
  readonly slots: number;
  readonly slotBytes: number;
  readonly rows: number;
  readonly icmpTypes: readonly number[] | undefined;
  readonly rx: number;
  readonly tx: number;
  readonly rxDescriptors: number;
  readonly txDescriptors: number;
  readonly #instance: SafeInstance;
  readonly #view = new DataView(this.memory.buffer);
  readonly #drops = new Array<number>(this.guard.dropNames.length).fill(0);
  readonly #sending = new Allowance(SENT_A_SECOND, SENT_SAVED);
  readonly #telling = new Allowance(EVENTS_A_SECOND, EVENTS_SAVED);
  #missed = 0;
  #flooded = 0;
  #restMs = 0;

  /** Throws, naming what is wrong, where the module breaks the ABI or is larger than a program of others may be. */
  constructor(name: string, module: WebAssembly.Module) {
    this.name = name;
    this.#instance = new SafeInstance(name, module);
    const { slots, slotBytes, rows, eventSlots, icmpTypes } = this.#instance.program;
    demandMost(name, "SLOTS", slots, MOST_SLOTS);
    demandMost(name, "SLOT_BYTES", slotBytes, MOST_SLOT_BYTES);
    demandMost(name, "EVENT_SLOTS", eventSlots, MOST_EVENT_SLOTS);
    this.slots = slots;
    this.slotBytes = slotBytes;
    this.rows = rows;
    this.icmpTypes = icmpTypes;
    const descriptors = slots * DESCRIPTOR_BYTES;
    this.rxDescriptors = this.guard.area;
    this.txDescriptors = this.rxDescriptors + descriptors;
    this.rx = this.txDescriptors + descriptors;
    this.tx = this.rx + slots * slotBytes;
  }

  /** Why it is silent for good; undefined: it works. */
  get lost(): string | undefined {
    return this.#instance.lost;
  }

  get hearing(): Hearing {
    return this.#instance.program.hearing;
  }

  setup(seedLow: number, seedHigh: number): void {
    this.#instance.setup(seedLow, seedHigh);
  }

  setLink(link: number, mac: string, up: boolean): void {
    this.guard.setLink(link, mac);
    this.#instance.setLink(link, mac, up);
  }

  put(record: Uint8Array): number {
    return this.#instance.put(record);
  }

  refusalName(id: number): string {
    return this.#instance.refusalName(id);
  }

  remove(record: Uint8Array): void {
    this.#instance.remove(record);
  }

  setReceivedLength(slot: number, length: number): void {
    this.#view.setUint16(this.rxDescriptors + slot * DESCRIPTOR_BYTES, Math.min(length, 0xffff), true);
  }

  process(link: number, count: number, nowMs: number): number {
    this.#sending.grow(nowMs, count);
    const filled = this.#instance.process(link, count, nowMs, ({ memory, rx, rxDescriptors }) => {
      memory.set(this.memory.subarray(this.rx, this.rx + count * this.slotBytes), rx);
      memory.set(this.memory.subarray(this.rxDescriptors, this.rxDescriptors + count * DESCRIPTOR_BYTES), rxDescriptors);
    });
    if (filled === undefined) this.#missed += count;
    return this.#takeOver(filled ?? 0);
  }

  tick(nowMs: number): number {
    this.#sending.grow(nowMs);
    const filled = this.#instance.tick(nowMs) ?? 0;
    const kept = this.#takeOver(filled);
    // One that fills every slot has more to say, and may go on as long as all of it may leave.
    if (kept < this.slots) this.#restMs = nowMs + TICK_INTERVAL_MS;
    return kept;
  }

  sendLength(slot: number): number {
    return this.#view.getUint16(this.txDescriptors + slot * DESCRIPTOR_BYTES, true);
  }

  sendPort(slot: number): number {
    return this.#view.getUint8(this.txDescriptors + slot * DESCRIPTOR_BYTES + 2);
  }

  sendLink(slot: number): number {
    return this.#view.getUint32(this.txDescriptors + slot * DESCRIPTOR_BYTES + 4, true);
  }

  get nextTickMs(): number {
    return this.lost === undefined ? Math.max(this.#instance.program.nextTickMs, this.#restMs) : Infinity;
  }

  get rowCount(): number {
    return this.#instance.rowCount;
  }

  drops(): Record<string, number> {
    const { guard } = this;
    const guarded = this.#drops.flatMap((count, drop) => (drop === 0 ? [] : [[`guard_${guard.dropNames[drop]}`, count] as const]));
    return {
      ...this.#instance.program.drops(),
      ...Object.fromEntries(guarded),
      guard_flood: this.#flooded,
      guard_missed: this.#missed,
      guard_traps: this.#instance.traps,
    };
  }

  counters(row: number): RowCounters {
    const at = this.#instance.placeOf(row);
    return at === undefined || at < 0 ? NO_COUNTERS : this.#instance.program.counters(at);
  }

  isAnswering(row: number): boolean {
    const at = this.#instance.placeOf(row);
    return at !== undefined && at >= 0 && this.#instance.program.isAnswering(at);
  }

  /** Nobody asks for those of a program that is not built in. */
  takeStates(): undefined {
    return undefined;
  }

  takeEvents(): RawEvent[] {
    this.#telling.grow(performance.now());
    return this.#instance.program.takeEvents().filter(() => {
      const isTold = !this.#telling.isSpent;
      if (isTold) this.#telling.spend(1);
      return isTold;
    });
  }

  /** Copies what the program wants to send, and leaves what may leave in the first slots. Gives how many these are. */
  #takeOver(filled: number): number {
    if (filled === 0) return 0;
    const { memory, tx, txDescriptors } = this.#instance.program;
    this.memory.set(memory.subarray(tx, tx + filled * this.slotBytes), this.tx);
    this.memory.set(memory.subarray(txDescriptors, txDescriptors + filled * DESCRIPTOR_BYTES), this.txDescriptors);
    let kept = 0;
    for (let slot = 0; slot < filled; slot++) {
      if (!this.#mayLeave(slot)) continue;
      if (slot !== kept) this.#move(slot, kept);
      kept++;
    }
    return kept;
  }

  #mayLeave(slot: number): boolean {
    const drop =
      this.sendPort(slot) === 0
        ? this.guard.checkFrame(this.tx + slot * this.slotBytes, Math.min(this.sendLength(slot), this.slotBytes), this.sendLink(slot))
        : this.guard.checkDatagram(this.txDescriptors + slot * DESCRIPTOR_BYTES);
    if (drop !== 0) {
      (this.#drops[drop] as number)++;
      return false;
    }
    if (this.#sending.isSpent) {
      this.#flooded++;
      return false;
    }
    this.#sending.spend(1);
    return true;
  }

  #move(from: number, to: number): void {
    const { memory, tx, txDescriptors, slotBytes } = this;
    memory.copyWithin(tx + to * slotBytes, tx + from * slotBytes, tx + (from + 1) * slotBytes);
    const at = txDescriptors + from * DESCRIPTOR_BYTES;
    memory.copyWithin(txDescriptors + to * DESCRIPTOR_BYTES, at, at + DESCRIPTOR_BYTES);
  }
}

function demandMost(program: string, what: string, found: number, most: number): void {
  if (found > most) throw new Error(`Cannot load packet program ${program}: found ${what} ${found}, expected at most ${most}`);
}
