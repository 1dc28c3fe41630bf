/**
 * What one plugin has open through the bridge, by number: sockets, listeners, watches. The plugin chooses the positive numbers, before it
 * asks, so that whatever comes of it finds a listener; the host gives negative ones, to connections that it accepts.
 */

export const MOST_HANDLES = 1024;

interface Entry {
  /** What it is; undefined while it is being opened. */
  readonly kind: string | undefined;
  readonly thing: unknown;
  close(): void;
}

export class Handles {
  readonly #entries = new Map<number, Entry>();
  #lastGiven = 0;
  #hasEnded = false;

  /** A number of the host's. Throws where there are too many. */
  give(): number {
    this.#lastGiven -= 1;
    this.#reserve(this.#lastGiven);
    return this.#lastGiven;
  }

  /** Opens something under the plugin's number. Throws where that is none, or is in use; what is opened too late is closed. */
  async open<Thing extends { close(): void }>(id: number, kind: string, make: () => Promise<Thing>): Promise<Thing> {
    this.#reserve(id);
    const mark = this.#entries.get(id);
    try {
      const thing = await make();
      if (this.#entries.get(id) === mark) this.put(id, kind, thing, () => thing.close());
      else thing.close();
      return thing;
    } catch (error) {
      if (this.#entries.get(id) === mark) this.#entries.delete(id);
      throw error;
    }
  }

  /** The same at once. */
  watch(id: number, make: () => () => void): void {
    this.#reserve(id);
    try {
      this.put(id, "watch", undefined, make());
    } catch (error) {
      this.#entries.delete(id);
      throw error;
    }
  }

  /** Under a number that is reserved. */
  put(id: number, kind: string, thing: unknown, close: () => void): void {
    this.#entries.set(id, { kind, thing, close });
  }

  /** Throws where there is none of that kind: it may have been closed meanwhile. */
  get<Thing>(id: unknown, kind: string): Thing {
    const entry = this.#entries.get(id as number);
    if (entry?.kind !== kind) throw new Error(`There is no ${kind} of the number ${typeof id === "number" ? id : "that was named"}`);
    return entry.thing as Thing;
  }

  /** Of a number that is not in use: nothing. */
  close(id: unknown): void {
    const entry = this.#entries.get(id as number);
    this.#entries.delete(id as number);
    entry?.close();
  }

  /** It has closed by itself. */
  forget(id: number): void {
    this.#entries.delete(id);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Closes everything; nothing can be opened any more. */
  end(): void {
    this.#hasEnded = true;
    for (const id of [...this.#entries.keys()].reverse()) this.close(id);
  }

  #reserve(id: number): void {
    if (this.#hasEnded) throw new Error("Cannot open anything more: the plugin has ended");
    if (!Number.isSafeInteger(id) || this.#entries.has(id)) throw new Error("Cannot open anything under a number that is in use");
    if (this.#entries.size >= MOST_HANDLES) throw new Error(`Cannot open more than ${MOST_HANDLES} sockets and watches`);
    this.#entries.set(id, { kind: undefined, thing: undefined, close: () => {} });
  }
}
