/** One question to the segment, who has the VIPs of some rows: asked twice, and judged when the answers have had their time. */

import type { OwnedRow } from "./row.ts";

export class Question {
  /** When it was asked first; -Infinity: not yet, or it was taken back. */
  askedMs = -Infinity;
  readonly #waitMs: number;
  readonly #againMs: number;
  #hasAskedTwice = false;

  /** `againMs`: a question that was lost must not look like a neighbor that is. */
  constructor(waitMs: number, againMs: number) {
    this.#waitMs = waitMs;
    this.#againMs = againMs;
  }

  ask(rows: Iterable<OwnedRow>, nowMs: number): void {
    this.askedMs = nowMs;
    this.#hasAskedTwice = false;
    for (const row of rows) row.ask();
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.askedMs + this.#waitMs;
  }

  /** When there is something to do about it, ms. */
  get dueMs(): number {
    return this.askedMs + (this.#hasAskedTwice ? this.#waitMs : this.#againMs);
  }

  /** Asks once more where it is time to; gives when to come again, ms. */
  press(rows: Iterable<OwnedRow>, nowMs: number): number {
    if (!this.#hasAskedTwice && nowMs >= this.askedMs + this.#againMs) {
      this.#hasAskedTwice = true;
      for (const row of rows) row.ask();
    }
    return this.dueMs;
  }
}
