/** What flows to a plugin under one number: each message is given to whoever listens, the next when those are done with it. */

import { demandFunction, type FarSide } from "./far-side.ts";
import { costOf } from "./flow.ts";

export class Stream<Args extends readonly [Uint8Array, ...unknown[]]> {
  readonly #far: FarSide;
  readonly #what: string;
  readonly #listeners: unknown[] = [];
  /** What waits for the first listener, or for those that are not done: bounded by the host's credits. */
  readonly #waiting: Args[] = [];
  #isBusy = false;
  #last: (() => void) | undefined;
  id = 0;

  constructor(far: FarSide, what: string) {
    this.#far = far;
    this.#what = what;
  }

  listen(call: unknown): void {
    demandFunction(this.#what, call);
    this.#listeners.push(call);
    if (this.#listeners.length === 1) this.#drain();
  }

  push(...args: Args): void {
    if (this.#isBusy || this.#listeners.length === 0) this.#waiting.push(args);
    else this.#deliver(args);
  }

  /** Calls back when all that came has been dealt with; at once where nobody listens. */
  after(call: () => void): void {
    if (this.#isBusy) this.#last = call;
    else call();
  }

  #deliver(args: Args): void {
    const waits = this.#listeners.map((call) => this.#far.attempt(this.#what, call, ...args)).filter((wait) => wait !== undefined);
    if (waits.length === 0) {
      this.#far.taken(this.id, costOf(args[0]));
      return;
    }
    this.#isBusy = true;
    void Promise.all(waits).then(() => {
      this.#isBusy = false;
      this.#far.taken(this.id, costOf(args[0]));
      this.#drain();
    });
  }

  #drain(): void {
    while (!this.#isBusy && this.#waiting.length > 0) this.#deliver(this.#waiting.shift() as Args);
    if (!this.#isBusy) this.#last?.();
  }
}
