/** One question to the segment, who has the VIPs of a group: asked twice, and judged when the answers have had their time. */

import type { OwnedRow } from "./row.ts";

export const ASK_WAIT_MS = 200;
/** A lost question must not look like a lost neighbor. */
const ASK_AGAIN_MS = 80;

export class Question {
  /** When it was asked first; -Infinity: not yet. */
  askedMs = -Infinity;
  #hasAskedTwice = false;

  ask(rows: Iterable<OwnedRow>, nowMs: number): void {
    this.askedMs = nowMs;
    this.#hasAskedTwice = false;
    for (const row of rows) row.ask();
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.askedMs + ASK_WAIT_MS;
  }

  /** Asks once more where it is time to; gives when to come again, ms. */
  press(rows: Iterable<OwnedRow>, nowMs: number): number {
    if (!this.#hasAskedTwice && nowMs >= this.askedMs + ASK_AGAIN_MS) {
      this.#hasAskedTwice = true;
      for (const row of rows) row.ask();
    }
    return this.askedMs + (this.#hasAskedTwice ? ASK_WAIT_MS : ASK_AGAIN_MS);
  }
}
