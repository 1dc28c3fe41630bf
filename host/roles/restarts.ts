/**
 * When a plugin that has ended, or did not start, is started again: after 1 s, doubling up to 60 s, a fifth more or less by chance; from the
 * start again once it was well for 5 minutes. One that ends five times in ten minutes is parked: tried every 5 minutes, until it is well.
 */

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;
const JITTER = 0.2;
const WELL_MS = 300_000;
const MOST_ENDS = 5;
const ENDS_WITHIN_MS = 600_000;
const PARKED_DELAY_MS = 300_000;

export interface Restart {
  readonly delayMs: number;
  readonly isParked: boolean;
}

export class Restarts {
  readonly #mayPark: boolean;
  readonly #random: () => number;
  #failures = 0;
  #endsMs: number[] = [];
  #isParked = false;

  /** `random` is in [0, 1). */
  constructor(mayPark: boolean, random: () => number = Math.random) {
    this.#mayPark = mayPark;
    this.#random = random;
  }

  /** It has ended at `nowMs`, after having run for `ranMs`; 0: it did not even start. */
  ended(nowMs: number, ranMs: number): Restart {
    if (ranMs >= WELL_MS) this.forget();
    this.#failures += 1;
    this.#endsMs = [...this.#endsMs.filter((atMs) => atMs > nowMs - ENDS_WITHIN_MS), nowMs];
    this.#isParked ||= this.#mayPark && this.#endsMs.length >= MOST_ENDS;
    const wholeMs = this.#isParked ? PARKED_DELAY_MS : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#failures - 1, 10));
    return { delayMs: Math.round(wholeMs * (1 - JITTER + 2 * JITTER * this.#random())), isParked: this.#isParked };
  }

  /** Another plugin, or another config: what was before says nothing about it. */
  forget(): void {
    this.#failures = 0;
    this.#endsMs = [];
    this.#isParked = false;
  }
}
