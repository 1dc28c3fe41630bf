/** How many Events an object may have: some at once, and then a few an hour (client-go's `EventSourceObjectSpamFilter`). */

import { Recent } from "./recent.ts";

const BURST = 25;
const EACH_MS = 300_000;
const MOST_OBJECTS = 4096;

interface Bucket {
  readonly left: number;
  readonly atMs: number;
}

export class EventRates {
  readonly #buckets = new Recent<Bucket>(MOST_OBJECTS);

  /** Takes one of the object's; false: it has none left. `nowMs` only goes forward. */
  take(object: string, nowMs: number): boolean {
    const { left, atMs } = this.#buckets.get(object) ?? { left: BURST, atMs: nowMs };
    const now = Math.min(BURST, left + (nowMs - atMs) / EACH_MS);
    const isThere = now >= 1;
    this.#buckets.set(object, { left: isThere ? now - 1 : now, atMs: nowMs });
    return isThere;
  }
}
