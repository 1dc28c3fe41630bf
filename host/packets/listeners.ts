/** Who wants to hear of something. */

import type { Close } from "../announcer.ts";

export class Listeners<Args extends readonly unknown[]> {
  readonly #calls = new Set<(...args: Args) => void>();

  readonly add = (call: (...args: Args) => void): Close => {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  };

  tell(...args: Args): void {
    for (const call of this.#calls) call(...args);
  }
}
