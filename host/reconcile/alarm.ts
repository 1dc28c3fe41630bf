/** One timer for whatever is due next. */

import type { Clock, Close } from "../announcer.ts";

export class Alarm {
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #call: () => void;
  #set: { readonly atMs: number; readonly close: Close } | undefined;

  constructor(clock: Pick<Clock, "now" | "after">, call: () => void) {
    this.#clock = clock;
    this.#call = call;
  }

  /** Calls at that time of the clock in place of any other; never, where it is infinite. */
  set(atMs: number): void {
    if (this.#set?.atMs === atMs) return;
    this.clear();
    if (atMs === Number.POSITIVE_INFINITY) return;
    const close = this.#clock.after(Math.max(1, Math.ceil(atMs - this.#clock.now())), () => {
      this.#set = undefined;
      this.#call();
    });
    this.#set = { atMs, close };
  }

  clear(): void {
    this.#set?.close();
    this.#set = undefined;
  }
}
