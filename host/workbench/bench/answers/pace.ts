/**
 * How many frames are due now. Pure, so that the rate of the load generator can be tested without a clock.
 *
 * A generator that was kept off its CPU must not make up for it: thousands of frames at once are a flood, not the paced load whose loss is being
 * measured. What is more than a batch behind is left out, and shows as a lower rate.
 */
export class Pace {
  readonly #ratePerMs: number;
  readonly #batch: number;
  readonly #total: number;
  /** Sent or left out. */
  #done = 0;

  /** `ratePerSecond` null: a flood, a batch whenever asked. */
  constructor(ratePerSecond: number | null, batch: number, total: number) {
    this.#ratePerMs = ratePerSecond === null ? Number.POSITIVE_INFINITY : ratePerSecond / 1000;
    this.#batch = batch;
    this.#total = total;
  }

  /** Frames to send at `elapsedMs` after the start, at most a batch. */
  take(elapsedMs: number): number {
    const isFlood = this.#ratePerMs === Number.POSITIVE_INFINITY;
    const target = isFlood ? this.#done + this.#batch : Math.floor(elapsedMs * this.#ratePerMs);
    const due = Math.min(target, this.#total) - this.#done;
    if (due <= 0) return 0;
    this.#done += due;
    return Math.min(due, this.#batch);
  }

  get isDone(): boolean {
    return this.#done >= this.#total;
  }
}
