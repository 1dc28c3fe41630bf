/** How a lane's calls of `apply` went, for whoever asks: the books of the rows are elsewhere (`books.ts`). */

import type { LaneState } from "./lane-state.ts";

type Recorded = Pick<LaneState, "applies" | "failures" | "applyingSinceMs" | "lastAppliedAtMs" | "lastApplyTookMs" | "lastError">;

export class ApplyRecord {
  /** Of the last call, or why the announcer was lost since. */
  lastError: string | undefined;
  #applies = 0;
  #failures = 0;
  #sinceMs: number | undefined;
  #lastAtMs: number | undefined;
  #lastTookMs: number | undefined;

  get isApplying(): boolean {
    return this.#sinceMs !== undefined;
  }

  begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#applies += 1;
  }

  /** `error`: that it failed with as a whole. */
  end(nowMs: number, error: string | undefined): void {
    this.#lastAtMs = nowMs;
    this.#lastTookMs = nowMs - (this.#sinceMs ?? nowMs);
    this.#sinceMs = undefined;
    this.lastError = error;
    if (error !== undefined) this.#failures += 1;
  }

  /** Nobody waits for the call that is under way any more. */
  abandon(): void {
    this.#sinceMs = undefined;
  }

  state(): Recorded {
    return {
      applies: this.#applies,
      failures: this.#failures,
      applyingSinceMs: this.#sinceMs,
      lastAppliedAtMs: this.#lastAtMs,
      lastApplyTookMs: this.#lastTookMs,
      lastError: this.lastError,
    };
  }
}
