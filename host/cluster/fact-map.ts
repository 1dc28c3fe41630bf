/**
 * A map whose readers keep what they were given. Entries lie in 256 buckets; `freeze` hands out the buckets as they
 * are, and only a bucket that changes afterwards is copied. So a snapshot of 10,000 Services costs 256 pointers, and
 * a change after it some 40 entries.
 */

const BUCKETS = 256;

/** A map under change. */
export class FactMap<V> {
  readonly #buckets: Map<string, V>[] = Array.from({ length: BUCKETS }, () => new Map());
  /** Buckets that no frozen map shares. */
  readonly #own: boolean[] = new Array<boolean>(BUCKETS).fill(true);
  #size = 0;
  #frozen: ReadonlyMap<string, V> | undefined;

  get(key: string): V | undefined {
    return this.#buckets[bucketOf(key)]?.get(key);
  }

  /** Sets an entry, or deletes it where `value` is undefined. */
  put(key: string, value: V | undefined): void {
    const bucket = this.#writable(bucketOf(key));
    const before = bucket.size;
    if (value === undefined) bucket.delete(key);
    else bucket.set(key, value);
    this.#size += bucket.size - before;
    this.#frozen = undefined;
  }

  /** What the map holds now, for good. The same object as long as nothing changes. */
  freeze(): ReadonlyMap<string, V> {
    if (this.#frozen === undefined) {
      this.#frozen = new FrozenMap(this.#buckets.slice(), this.#size);
      this.#own.fill(false);
    }
    return this.#frozen;
  }

  #writable(at: number): Map<string, V> {
    let bucket = this.#buckets[at] as Map<string, V>;
    if (!this.#own[at]) {
      bucket = new Map(bucket);
      this.#buckets[at] = bucket;
      this.#own[at] = true;
    }
    return bucket;
  }
}

class FrozenMap<V> implements ReadonlyMap<string, V> {
  readonly size: number;
  readonly #buckets: readonly ReadonlyMap<string, V>[];

  constructor(buckets: readonly ReadonlyMap<string, V>[], size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  get(key: string): V | undefined {
    return this.#buckets[bucketOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.#buckets[bucketOf(key)]?.has(key) ?? false;
  }

  forEach(call: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) call(value, key, this);
  }

  *entries(): Generator<[string, V], undefined> {
    for (const bucket of this.#buckets) yield* bucket;
  }

  *keys(): Generator<string, undefined> {
    for (const bucket of this.#buckets) yield* bucket.keys();
  }

  *values(): Generator<V, undefined> {
    for (const bucket of this.#buckets) yield* bucket.values();
  }

  [Symbol.iterator](): Generator<[string, V], undefined> {
    return this.entries();
  }
}

/** FNV-1a over the key's code units, cut to the number of buckets. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}
