/**
 * Numbers for contents. Equal contents have the same number, so that route rows compare as numbers; a number is not
 * given to another content while anybody holds it.
 */

/** 0 and 0xffffffff mean absent and unsure in a route row. */
const LAST_ID = 0xfffffffe;

export class AttributeSets {
  readonly #ids = new Map<string, number>();
  readonly #held = new Map<number, { readonly content: string; count: number }>();
  readonly #lastId: number;
  #last = 0;

  /** Numbers are 1 to `lastId`; after the last one come those that nobody holds. */
  constructor(lastId = LAST_ID) {
    this.#lastId = lastId;
  }

  /** The number of a content, held once more. */
  take(content: string): number {
    let id = this.#ids.get(content);
    if (id === undefined) {
      id = this.#nextFree();
      this.#ids.set(content, id);
      this.#held.set(id, { content, count: 0 });
    }
    this.hold(id);
    return id;
  }

  /** Holds a number once more, for one more row. */
  hold(id: number): void {
    this.#entry(id).count += 1;
  }

  /** Lets go once; the last one to do so frees the number. */
  release(id: number): void {
    const entry = this.#entry(id);
    entry.count -= 1;
    if (entry.count > 0) return;
    this.#held.delete(id);
    this.#ids.delete(entry.content);
  }

  /** Numbers that somebody holds. */
  get size(): number {
    return this.#held.size;
  }

  #entry(id: number): { readonly content: string; count: number } {
    const entry = this.#held.get(id);
    if (entry === undefined) throw new Error(`Cannot use attribute set ${id}: nobody holds it`);
    return entry;
  }

  #nextFree(): number {
    do this.#last = this.#last === this.#lastId ? 1 : this.#last + 1;
    while (this.#held.has(this.#last));
    return this.#last;
  }
}

/** The same text for equal plain data, whatever the order of the keys. */
export function contentOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? Object.fromEntries(Object.entries(part).sort(byKey)) : part));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
