/** How often each of many may do something: some times at once, and then once each so long. */

import { Recent } from "./recent.ts";

export interface Rate {
  readonly burst: number;
  readonly eachMs: number;
}

/** Who is forgotten has all of them again. */
const MOST_REMEMBERED = 4096;

interface Bucket {
  readonly left: number;
  readonly atMs: number;
}

export class Rates {
  readonly #rate: Rate;
  readonly #buckets = new Recent<Bucket>(MOST_REMEMBERED);

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one of `who`; false: none is left. `nowMs` only goes forward. */
  take(who: string, nowMs: number): boolean {
    const { burst, eachMs } = this.#rate;
    const { left, atMs } = this.#buckets.get(who) ?? { left: burst, atMs: nowMs };
    const now = Math.min(burst, left + (nowMs - atMs) / eachMs);
    const isThere = now >= 1;
    this.#buckets.set(who, { left: isThere ? now - 1 : now, atMs: nowMs });
    return isThere;
  }
}
