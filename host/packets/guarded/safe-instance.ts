/**
 * An instance of a packet program that nobody has read. Every call has fuel, so it ends, and no call throws.
 *
 * An instance that traps is thrown away, and a new one is told what the old one knew: seed, links, rows. Three traps within a minute are the
 * end. A program that takes too many steps in all is left alone for a while: then it misses frames, and nobody else does. Steps are counted
 * and not time, which on a busy machine passes without the program's doing.
 */

import { PacketProgram } from "../program.ts";
import { Row } from "../row-layout.ts";
import { Allowance } from "./allowance.ts";

/** Steps that a call may take: about a nanosecond each, seldom ten. ARP needs 500 a frame, NDP 2,000; a link that comes up 160 a row. */
const Fuel = { setup: 10_000_000, call: 200_000, slot: 20_000, row: 100_000, knownRow: 500 } as const;
const MOST_TRAPS = 3;
const TRAPS_WITHIN_MS = 60_000;
/** Steps in each second, and saved up: within five seconds these are done at the slowest, and main waits for ten. */
const STEPS_A_SECOND = 500_000_000;
const STEPS_SAVED = 500_000_000;
const MOST_ROWS = 65_536;

/** In place of a row's id, and why: numbers that no program can give, since one gives 32 bits. */
const refusals = new Map([
  [-(2 ** 40), "table_full"],
  [-(2 ** 40) - 1, "program_failed"],
  [-(2 ** 40) - 2, "not_a_row_of_the_table"],
]);
const [TABLE_FULL, FAILED, NO_ROW] = [...refusals.keys()] as [number, number, number];

interface KnownRow {
  /** Ours, which outlives an instance. */
  readonly id: number;
  record: Uint8Array;
  /** The instance's. */
  at: number;
}

export class SafeInstance {
  readonly name: string;
  /** Why it is silent for good; undefined: it works. */
  lost: string | undefined;
  /** How many instances were thrown away. */
  traps = 0;
  readonly #module: WebAssembly.Module;
  readonly #seed: [number, number] = [0, 0];
  readonly #links = new Map<number, { mac: string; up: boolean }>();
  readonly #rows = new Map<string, KnownRow>();
  readonly #rowsById = new Map<number, KnownRow>();
  readonly #work = new Allowance(STEPS_A_SECOND, STEPS_SAVED);
  #inner: PacketProgram;
  #trapTimesMs: number[] = [];
  #nextId = 0;
  /** It was not told all that it should know. */
  #isStale = false;

  /** Throws, naming what is missing or out of bounds, where the module breaks the ABI. */
  constructor(name: string, module: WebAssembly.Module) {
    this.name = name;
    this.#module = module;
    this.#inner = new PacketProgram(name, module);
    if (this.#inner.fuel === Infinity) throw new Error(`Cannot load packet program ${name}: found no fuel in it`);
  }

  /** For what it says of itself, and for its memory; another one after each call. */
  get program(): PacketProgram {
    return this.#inner;
  }

  get rowCount(): number {
    return this.#rows.size;
  }

  /** Throws where the program cannot be set up. */
  setup(seedLow: number, seedHigh: number): void {
    this.#seed.splice(0, 2, seedLow, seedHigh);
    this.#inner.fuel = Fuel.setup;
    try {
      this.#inner.setup(seedLow, seedHigh);
    } catch (error) {
      throw new Error(`Cannot set up packet program ${this.name}: ${this.#explain(error)}`, { cause: error });
    }
  }

  setLink(link: number, mac: string, up: boolean): void {
    if (mac === "" && !up) this.#links.delete(link);
    else this.#links.set(link, { mac, up });
    const isTold = this.#run("setLink", Fuel.call, (program) => {
      program.setLink(link, mac, up);
      return true;
    });
    if (isTold === undefined) this.#isStale = true;
  }

  put(record: Uint8Array): number {
    const key = keyOf(record);
    const before = this.#rows.get(key);
    if (before === undefined && this.#rows.size >= MOST_ROWS) return TABLE_FULL;
    const at = this.#run("put", Fuel.row, (program) => program.put(record));
    if (at === undefined) return FAILED;
    if (at < 0) return at;
    if (!(Number.isInteger(at) && at < this.#inner.rows)) return NO_ROW;
    const row = before ?? { id: this.#nextId++, record, at };
    row.record = record.slice();
    row.at = at;
    this.#rows.set(key, row);
    this.#rowsById.set(row.id, row);
    return row.id;
  }

  refusalName(id: number): string {
    return refusals.get(id) ?? this.#inner.refusalName(id);
  }

  remove(record: Uint8Array): void {
    const key = keyOf(record);
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#rows.delete(key);
    this.#rowsById.delete(row.id);
    const isTold = this.#run("remove", Fuel.row, (program) => {
      program.remove(record);
      return true;
    });
    if (isTold === undefined) this.#isStale = true;
  }

  /** Where the instance has a row that `put` gave; undefined: there is none. */
  placeOf(row: number): number | undefined {
    return this.#rowsById.get(row)?.at;
  }

  /** `before`: fills the instance's memory. Gives how many sending slots it filled; undefined where the call came to nothing. */
  process(link: number, count: number, nowMs: number, before: (program: PacketProgram) => void): number | undefined {
    return this.#run("process", Fuel.call + count * Fuel.slot, (program) => {
      before(program);
      return program.process(link, count, nowMs);
    });
  }

  tick(nowMs: number): number | undefined {
    return this.#run("tick", Fuel.call + this.#inner.slots * Fuel.slot, (program) => program.tick(nowMs));
  }

  /** Undefined: it was not called, or it trapped. */
  #run<Result>(what: string, fuel: number, call: (program: PacketProgram) => Result): Result | undefined {
    this.#work.grow(performance.now());
    if (this.lost !== undefined || this.#work.isSpent) return undefined;
    try {
      if (this.#isStale && !this.#renew()) return undefined;
      return this.#spend(fuel, () => call(this.#inner));
    } catch (error) {
      this.#strike(`${this.#explain(error)} in ${what}`);
      return undefined;
    }
  }

  /** Throws what the call throws. */
  #spend<Result>(fuel: number, call: () => Result): Result {
    const inner = this.#inner;
    const most = fuel + this.#rows.size * Fuel.knownRow;
    inner.fuel = most;
    try {
      return call();
    } finally {
      this.#work.spend(most - inner.fuel);
    }
  }

  #explain(error: unknown): string {
    return this.#inner.fuel < 0 ? "it took too many steps" : (error as Error).message;
  }

  #strike(reason: string): void {
    const nowMs = performance.now();
    this.traps++;
    this.#trapTimesMs = [...this.#trapTimesMs.filter((atMs) => nowMs - atMs < TRAPS_WITHIN_MS), nowMs];
    if (this.#trapTimesMs.length >= MOST_TRAPS) this.lost = `it trapped ${MOST_TRAPS} times within a minute, last: ${reason}`;
    else this.#isStale = true;
  }

  /** Tells a new instance all that one has to know. False: it trapped too. */
  #renew(): boolean {
    try {
      const inner = new PacketProgram(this.name, this.#module);
      this.#inner = inner;
      const tell = (fuel: number, call: () => unknown): void => {
        if (this.#work.isSpent) throw new Error("it works too much");
        this.#spend(fuel, call);
      };
      tell(Fuel.setup, () => inner.setup(...this.#seed));
      for (const [link, { mac, up }] of this.#links) tell(Fuel.call, () => inner.setLink(link, mac, up));
      for (const row of this.#rows.values()) tell(Fuel.row, () => (row.at = inner.put(row.record)));
      this.#isStale = false;
      return true;
    } catch (error) {
      this.#strike(`${this.#explain(error)} when it was told what it had known`);
      return false;
    }
  }
}

/** Family and address. */
function keyOf(record: Uint8Array): string {
  return `${record[Row.family]} ${Buffer.from(record.subarray(Row.address, Row.attributes)).toString("latin1")}`;
}
