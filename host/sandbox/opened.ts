/** Everything that one plugin has open: sockets, timers, watches. What is here is closed with the plugin, whatever state it is in. */

import type { Close } from "../announcer.ts";

export class Opened {
  readonly #plugin: string;
  readonly #closes = new Set<Close>();
  #hasEnded = false;

  constructor(plugin: string) {
    this.#plugin = plugin;
  }

  /** How much is open. */
  get size(): number {
    return this.#closes.size;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Takes note of something open, and gives what closes it, once. Where the plugin has ended, closes it and throws. */
  add(close: Close): Close {
    const closeOnce: Close = () => {
      if (this.#closes.delete(closeOnce)) close();
    };
    this.#closes.add(closeOnce);
    if (!this.#hasEnded) return closeOnce;
    closeOnce();
    throw this.ended();
  }

  /** Why nothing can be opened any more. */
  ended(): Error {
    return new Error(`Cannot open anything for plugin ${this.#plugin}: it has stopped`);
  }

  /** Ends the plugin's reach: the last opened is closed first, and nothing can be opened afterwards. */
  end(): void {
    this.#hasEnded = true;
    for (const close of [...this.#closes].reverse()) close();
  }
}
