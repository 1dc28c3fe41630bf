/** Time for a plugin: clocks in whole milliseconds, and a bounded number of timers, which the guard sets. */

import type { Clock, Close } from "../../../announcer.ts";
import type { Lent } from "./take-away.ts";

export const MAX_TIMERS = 256;
export const MIN_DELAY_MS = 1;
/** Node runs a longer timer at once. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

export class LentTime {
  readonly clock: Clock;
  readonly #lent: Pick<Lent, "setTimeout" | "clearTimeout">;
  readonly #timers = new Set<Close>();

  constructor(lent: Pick<Lent, "setTimeout" | "clearTimeout" | "nowMs" | "wallMs">) {
    this.#lent = lent;
    this.clock = {
      now: () => Math.floor(lent.nowMs()),
      wallMs: () => lent.wallMs(),
      after: (delayMs, call) => this.#set(delayMs, call, false),
      every: (delayMs, call) => this.#set(delayMs, call, true),
    };
  }

  /** None of its timers comes any more. */
  close(): void {
    for (const stop of [...this.#timers]) stop();
  }

  /** Throws where too many are live already. */
  #set(delayMs: number, call: () => void, isRepeated: boolean): Close {
    if (typeof call !== "function") throw new TypeError("Cannot set a timer: expected a function to call");
    if (typeof delayMs !== "number" || Number.isNaN(delayMs)) throw new TypeError("Cannot set a timer: expected a number of milliseconds");
    if (this.#timers.size >= MAX_TIMERS) throw new RangeError(`Cannot set a timer: found ${MAX_TIMERS}, expected fewer`);
    let timer: unknown;
    const wait = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, LONGEST_TIMER_MS);
      timer = this.#lent.setTimeout(() => {
        if (leftMs > pieceMs) return wait(leftMs - pieceMs);
        if (isRepeated) wait(Math.max(MIN_DELAY_MS, delayMs));
        else stop();
        call();
      }, pieceMs);
    };
    const stop = (): void => {
      this.#timers.delete(stop);
      this.#lent.clearTimeout(timer);
    };
    this.#timers.add(stop);
    wait(Math.max(MIN_DELAY_MS, delayMs));
    return stop;
  }
}
