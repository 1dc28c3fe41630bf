/**
 * Numbers for sets of attributes: equal sets have the same number, so that route rows compare as numbers.
 *
 * A number is never given out twice, as an Adj-RIB-Out may hold one long after the last desired route has let go of it. A set that comes
 * back has another number then, and is told again to peers that have it: harmless, and rare.
 */

import type { RouteAttributes } from "./routes-plan.ts";

interface Entry {
  readonly content: string;
  readonly attributes: RouteAttributes;
  /** Its communities, encoded. */
  readonly communities: Uint8Array;
  count: number;
}

export class AttributeSets {
  readonly #encode: (attributes: RouteAttributes) => Uint8Array;
  readonly #ids = new Map<string, number>();
  readonly #entries = new Map<number, Entry>();
  readonly #contents = new WeakMap<RouteAttributes, string>();
  #last = 0;

  /** `encode` gives the communities of a set as path attributes: the same to every peer. */
  constructor(encode: (attributes: RouteAttributes) => Uint8Array) {
    this.#encode = encode;
  }

  /** Sets that some desired route has. */
  get size(): number {
    return this.#entries.size;
  }

  /** The number of a set, held once more. */
  take(attributes: RouteAttributes): number {
    const content = this.#contentOf(attributes);
    let id = this.#ids.get(content);
    if (id === undefined) {
      this.#last += 1;
      id = this.#last;
      this.#ids.set(content, id);
      this.#entries.set(id, { content, attributes, communities: this.#encode(attributes), count: 0 });
    }
    this.#entryOf(id).count += 1;
    return id;
  }

  /** Lets go once. */
  release(id: number): void {
    const entry = this.#entryOf(id);
    entry.count -= 1;
    if (entry.count > 0) return;
    this.#entries.delete(id);
    this.#ids.delete(entry.content);
  }

  /** The communities of a set, encoded. */
  communities(id: number): Uint8Array {
    return this.#entryOf(id).communities;
  }

  /** What a number that somebody holds stands for. */
  get(id: number): RouteAttributes {
    return this.#entryOf(id).attributes;
  }

  /** The book gives the same object for the same terms. */
  #contentOf(attributes: RouteAttributes): string {
    let content = this.#contents.get(attributes);
    if (content === undefined) {
      content = JSON.stringify(attributes);
      this.#contents.set(attributes, content);
    }
    return content;
  }

  #entryOf(id: number): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`Cannot use attribute set ${id}: no route has it`);
    return entry;
  }
}
