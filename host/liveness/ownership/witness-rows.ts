/** Stations that are asked only to know whether anybody is heard: rows on standby that nobody makes active. */

import { OwnedRow, rowKey } from "./row.ts";
import type { Wire } from "./wire.ts";

/** Many groups may want them asked at once. */
const EVERY_MS = 150;

export class WitnessRows {
  readonly #wire: Wire;
  readonly #rows = new Map<string, OwnedRow>();
  #askedMs = -Infinity;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Whole set of a program. */
  set(program: string, records: readonly Uint8Array[]): void {
    const wanted = new Map(records.map((record) => [rowKey(program, record), record]));
    for (const [key, row] of this.#rows) {
      if (row.program !== program || wanted.has(key)) continue;
      this.#rows.delete(key);
      this.#wire.remove(program, row.record);
    }
    for (const [key, record] of wanted) {
      if (this.#rows.has(key)) continue;
      const row = new OwnedRow(program, record, this.#wire.put(program));
      if (row.update(record) >= 0) this.#rows.set(key, row);
    }
  }

  /** The address is a VIP now, and its row the group's. */
  forget(key: string): void {
    this.#rows.delete(key);
  }

  forgetProgram(program: string): void {
    for (const [key, row] of this.#rows) if (row.program === program) this.#rows.delete(key);
  }

  has(program: string): boolean {
    for (const row of this.#rows.values()) if (row.program === program) return true;
    return false;
  }

  ask(nowMs: number): void {
    if (nowMs < this.#askedMs + EVERY_MS) return;
    this.#askedMs = nowMs;
    for (const row of this.#rows.values()) row.ask();
  }
}
