/** Rows of a plugin's answer, page by page: as many as fit a message, as slowly as the host asks. */

import type { Plain } from "../cell/channel.ts";
import { pack, unpack } from "../cell/plain.ts";

const MOST_ROWS = 500;
/** Below what a message holds. */
const PAGE_CHARACTERS = 48 * 1024;
/** Of answers that are not read to their end. */
const MOST_OPEN = 16;

export interface Page {
  readonly rows: readonly Plain[];
  /** Where to ask for the next; absent: there is none. */
  readonly page?: number;
}

interface Cursor {
  readonly iterator: Iterator<unknown> | AsyncIterator<unknown>;
  /** What did not fit. */
  kept: Plain[];
}

export class Pages {
  readonly #open = new Map<number, Cursor>();
  #last = 0;

  /** The first page of what can be iterated, also with waiting; undefined of anything else. */
  async first(rows: unknown): Promise<Page | undefined> {
    if (typeof rows !== "object" || rows === null) return undefined;
    const iterable = rows as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
    const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.();
    return iterator === undefined ? undefined : this.#read({ iterator, kept: [] });
  }

  /** Of a number that is not known: nothing more. */
  async next(id: number): Promise<Page> {
    const cursor = this.#open.get(id);
    this.#open.delete(id);
    return cursor === undefined ? { rows: [] } : this.#read(cursor);
  }

  /** Nobody reads on. */
  close(id: number): void {
    const cursor = this.#open.get(id);
    this.#open.delete(id);
    // Nobody waits for it; what it throws is nobody's.
    void (async () => cursor?.iterator.return?.())().catch(() => {});
  }

  async #read(cursor: Cursor): Promise<Page> {
    const rows: Plain[] = cursor.kept.splice(0);
    let characters = rows.length === 0 ? 0 : JSON.stringify(rows).length;
    while (rows.length < MOST_ROWS && characters < PAGE_CHARACTERS) {
      const { done, value } = await cursor.iterator.next();
      if (done === true) return { rows };
      const { json, pieces } = pack(value);
      // A copy: what the plugin keeps may be another thing each time that it is looked at.
      const row = unpack(json, pieces);
      if (characters > 0 && characters + json.length > PAGE_CHARACTERS) {
        cursor.kept.push(row);
        break;
      }
      rows.push(row);
      characters += json.length;
    }
    this.#last += 1;
    this.#open.set(this.#last, cursor);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.close(oldest);
    return { rows, page: this.#last };
  }
}
