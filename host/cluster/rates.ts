/** How often each of many may do something. */

import { bucket, type Rate } from "../observe/bucket.ts";
import { Recent } from "./recent.ts";

/** Who is forgotten has all of them again. */
const MOST_REMEMBERED = 4096;

export class Rates {
  readonly #rate: Rate;
  readonly #buckets = new Recent<(nowMs: number) => boolean>(MOST_REMEMBERED);

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one of `who`; false: none is left. `nowMs` only goes forward. */
  take(who: string, nowMs: number): boolean {
    let take = this.#buckets.get(who);
    if (take === undefined) {
      take = bucket(this.#rate, nowMs);
      this.#buckets.set(who, take);
    }
    return take(nowMs);
  }
}
