/** Desired tables, told tables and their differences, kept by module `routes`; the story is in `wasm/routes/index.ts`. */

import { randomBytes } from "node:crypto";
import {
  attributesAt,
  CHANGE_BYTES,
  ROW_BYTES,
  type Route,
  type RouteChange,
  type RouteKey,
  readChange,
  readRow,
  writeRow,
} from "./route-row.ts";
import { loadModule } from "./wasm.ts";

export interface RouteTablesOptions {
  /** `put` answers false beyond so many different keys; default, and at most, 2^24. */
  readonly keysMax?: number;
  /** Of the hash; default random. */
  readonly seed?: bigint;
}

interface RoutesExports {
  readonly memory: WebAssembly.Memory;
  readonly ROWS: WebAssembly.Global;
  readonly CHANGES: WebAssembly.Global;
  readonly BATCH_MAX: WebAssembly.Global;
  readonly KEYS_MAX: WebAssembly.Global;
  readonly keyCapacity: WebAssembly.Global;
  readonly keyCount: WebAssembly.Global;
  readonly tableCapacity: WebAssembly.Global;
  seed(value: bigint): void;
  reserve(keys: number, tables: number): number;
  openDesired(): number;
  openTold(desired: number): number;
  close(table: number): number;
  put(table: number, count: number): number;
  remove(table: number, count: number): number;
  exchange(table: number, count: number): number;
  touch(told: number, count: number): number;
  touchAll(told: number): number;
  doubtAll(told: number): number;
  get(table: number): number;
  rowCount(table: number): number;
  diff(told: number, limit: number, settle: number): number;
}

const KEYS_FIRST = 1024;
const FULL = -4;
const TOO_MANY_TABLES = -5;
const reasons = [
  "",
  "no such table",
  "wrong count",
  "not a valid row",
  "no room for another key",
  "no room for another table",
  "too large",
  "out of memory",
  "other tables follow it",
];

/**
 * A module instance of its own, with as many tables as are opened; ids of closed ones are given out again. Methods
 * throw RangeError on a table or a route that makes no sense; running out of room is not an error but an answer.
 */
export class RouteTables {
  readonly #wasm: RoutesExports;
  readonly #keysMax: number;
  readonly #batch: number;
  /** Renewed after each `reserve`, the only call in which the memory grows. */
  #bytes: Buffer;

  constructor(options: RouteTablesOptions = {}) {
    this.#wasm = new WebAssembly.Instance(loadModule("routes")).exports as unknown as RoutesExports;
    this.#keysMax = Math.min(options.keysMax ?? this.#wasm.KEYS_MAX.value, this.#wasm.KEYS_MAX.value);
    this.#batch = this.#wasm.BATCH_MAX.value;
    this.#bytes = Buffer.from(this.#wasm.memory.buffer);
    this.#wasm.seed(options.seed ?? randomBytes(8).readBigUInt64LE());
    this.#reserve(Math.min(KEYS_FIRST, this.#keysMax), 2);
  }

  openDesired(): number {
    return this.#open(() => this.#wasm.openDesired());
  }

  /** An empty table that follows `desired`: at first everything that is desired differs from it. */
  openTold(desired: number): number {
    return this.#open(() => this.#wasm.openTold(desired));
  }

  /** Throws where told tables still follow it. */
  close(table: number): void {
    accept(this.#wasm.close(table));
  }

  /** False: out of room, and only some of the routes were taken. */
  put(table: number, routes: readonly Route[]): boolean {
    return this.#inBatches(routes, (count) => this.#putBatch(table, count));
  }

  /** As `put`, for rows laid out already: `ROW_BYTES` each. */
  putRows(table: number, rows: Uint8Array): boolean {
    for (let from = 0; from < rows.length; from += this.#batch * ROW_BYTES) {
      const part = rows.subarray(from, from + this.#batch * ROW_BYTES);
      this.#bytes.set(part, this.#wasm.ROWS.value);
      if (!this.#putBatch(table, part.length / ROW_BYTES)) return false;
    }
    return true;
  }

  /** Removes what is there of these keys. */
  remove(table: number, keys: readonly RouteKey[]): void {
    this.#inBatches(keys, (count) => accept(this.#wasm.remove(table, count)) === 0);
  }

  /**
   * Puts the routes, and removes those whose attribute-set id is 0; gives the ids that were there before, 0 where there was none. Throws
   * RangeError where there is no room; the routes before the first that it had no room for may have been taken.
   */
  exchange(table: number, routes: readonly Route[]): Uint32Array {
    const before = new Uint32Array(routes.length);
    let from = 0;
    this.#inBatches(routes, (count) => {
      accept(this.#withRoom(() => this.#wasm.exchange(table, count)));
      for (let at = 0; at < count; at += 1) before[from + at] = attributesAt(this.#bytes, this.#wasm.ROWS.value + at * ROW_BYTES);
      from += count;
      return true;
    });
    return before;
  }

  get(table: number, key: RouteKey): Route | undefined {
    writeRow(this.#bytes, this.#wasm.ROWS.value, key);
    return accept(this.#wasm.get(table)) === 1 ? readRow(this.#bytes, this.#wasm.ROWS.value) : undefined;
  }

  /** Makes the next diff look at these keys again: those that are unsure come again. */
  touch(told: number, keys: readonly RouteKey[]): void {
    this.#inBatches(keys, (count) => accept(this.#wasm.touch(told, count)) === 0);
  }

  touchAll(told: number): void {
    accept(this.#wasm.touchAll(told));
  }

  /** Makes all that was told unsure, so that all of it comes again. */
  doubtAll(told: number): void {
    accept(this.#wasm.doubtAll(told));
  }

  /**
   * All differences, in no particular order. Each is unsure from here on until `put` or `remove` on the told table
   * settles it; what stays unsure comes again after `touch`, or when what is desired there changes.
   */
  diff(told: number): RouteChange[] {
    const changes: RouteChange[] = [];
    for (let batch = this.diffRows(told, false); batch.length > 0; batch = this.diffRows(told, false)) {
      for (let at = 0; at < batch.length; at += CHANGE_BYTES) changes.push(readChange(batch, at));
    }
    return changes;
  }

  /**
   * The next differences as they lie in the module's memory, `CHANGE_BYTES` each; empty: none is left. Valid until the
   * next call of any method. With `settle` they count as told, for a stream that arrives in order or is dropped whole.
   */
  diffRows(told: number, settle: boolean): Buffer {
    const count = accept(this.#wasm.diff(told, this.#batch, settle ? 1 : 0));
    const from = this.#wasm.CHANGES.value;
    return this.#bytes.subarray(from, from + count * CHANGE_BYTES);
  }

  /** Rows in a table. */
  count(table: number): number {
    return accept(this.#wasm.rowCount(table));
  }

  /** Different keys in all tables together. */
  get keyCount(): number {
    return this.#wasm.keyCount.value;
  }

  #open(open: () => number): number {
    let table = open();
    if (table === TOO_MANY_TABLES) {
      accept(this.#reserve(0, this.#wasm.tableCapacity.value + 1));
      table = open();
    }
    return accept(table);
  }

  #putBatch(table: number, count: number): boolean {
    const status = this.#withRoom(() => this.#wasm.put(table, count));
    return status !== FULL && accept(status) === 0;
  }

  /** Makes room as long as there is none, and then tries again. */
  #withRoom(call: () => number): number {
    for (;;) {
      const status = call();
      const wanted = Math.min(this.#wasm.keyCapacity.value * 2, this.#keysMax);
      if (status !== FULL || wanted <= this.#wasm.keyCapacity.value || this.#reserve(wanted, 0) < 0) return status;
    }
  }

  #inBatches(routes: readonly RouteKey[], call: (count: number) => boolean): boolean {
    for (let from = 0; from < routes.length; from += this.#batch) {
      const part = routes.slice(from, from + this.#batch);
      part.forEach((route, at) => void writeRow(this.#bytes, this.#wasm.ROWS.value + at * ROW_BYTES, route));
      if (!call(part.length)) return false;
    }
    return true;
  }

  #reserve(keys: number, tables: number): number {
    const status = this.#wasm.reserve(keys, tables);
    this.#bytes = Buffer.from(this.#wasm.memory.buffer);
    return status;
  }
}

function accept(status: number): number {
  if (status < 0) throw new RangeError(`Cannot use the route table: ${reasons[-status]}`);
  return status;
}
