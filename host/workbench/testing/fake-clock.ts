/** A clock that moves only when it is told to. */

import type { Clock, Close } from "../../announcer.ts";

interface Timer {
  atMs: number;
  readonly everyMs: number | undefined;
  readonly call: () => void;
}

/** 2026-01-01. */
const START_MS = 1_767_225_600_000;

export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return START_MS + this.#nowMs;
  }

  after(delayMs: number, call: () => void): Close {
    return this.#add({ atMs: this.#nowMs + delayMs, everyMs: undefined, call });
  }

  every(delayMs: number, call: () => void): Close {
    return this.#add({ atMs: this.#nowMs + delayMs, everyMs: delayMs, call });
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on and calls what becomes due, in order of time; promises settle after each call. */
  async advance(byMs: number): Promise<void> {
    const until = this.#nowMs + byMs;
    await settled();
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#nowMs = timer.atMs;
      if (timer.everyMs === undefined) this.#timers.delete(timer);
      else timer.atMs += timer.everyMs;
      timer.call();
      await settled();
    }
    this.#nowMs = until;
  }

  #add(timer: Timer): Close {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.atMs <= untilMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
    return next;
  }
}

/** After everything that promises have to do now. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
