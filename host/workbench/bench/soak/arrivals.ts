/**
 * What of the changes has arrived: routes at the router, announcements on the wire.
 *
 * Herald makes true what is so now, and not what was so in between: where a VIP goes again before anybody was told of it, nobody needs to be told at
 * all. Such a change is overtaken, and none that is lost.
 */

export type Place = "learned" | "withdrawn" | "announced";

export interface ArrivalCounts {
  readonly expected: number;
  readonly arrived: number;
}

/** Later than this is not a matter of milliseconds any more, and a VIP may be told again. */
const FORGET_MS = 30_000;
/** Waits in this many are enough for their percentiles; the oldest go. */
const KEPT_WAITS = 50_000;

export class Arrivals {
  /** `learned 10.64.0.1` → when it was to be expected from. */
  readonly #open = new Map<string, number>();
  readonly #counts: Record<Place, { expected: number; arrived: number }> = {
    learned: { expected: 0, arrived: 0 },
    withdrawn: { expected: 0, arrived: 0 },
    announced: { expected: 0, arrived: 0 },
  };
  readonly #waitsMs: number[] = [];
  #lost: string[] = [];
  #overtaken = 0;

  expect(place: Place, vip: string, nowMs: number): void {
    if (place === "withdrawn" && this.#overtake(vip)) return;
    this.#counts[place].expected++;
    this.#open.set(`${place} ${vip}`, nowMs);
  }

  /** True where nobody has heard of the VIP yet. */
  #overtake(vip: string): boolean {
    if (!this.#open.delete(`learned ${vip}`)) return false;
    this.#counts.learned.expected--;
    this.#overtaken++;
    if (this.#open.delete(`announced ${vip}`)) this.#counts.announced.expected--;
    return true;
  }

  hear(place: Place, vip: string, nowMs: number): void {
    const key = `${place} ${vip}`;
    const sinceMs = this.#open.get(key);
    if (sinceMs === undefined) return; // told again
    this.#open.delete(key);
    this.#counts[place].arrived++;
    if (place === "announced") return; // looked at now and then only
    this.#waitsMs.push(nowMs - sinceMs);
    if (this.#waitsMs.length > KEPT_WAITS) this.#waitsMs.shift();
  }

  /** To be called now and then: gives up what is overdue. */
  forget(nowMs: number): void {
    for (const [key, sinceMs] of this.#open) {
      if (nowMs - sinceMs < FORGET_MS) return; // in the order of time
      this.#open.delete(key);
      this.#lost.push(key);
    }
  }

  get open(): number {
    return this.#open.size;
  }

  /** Routes that went before they were told. */
  get overtaken(): number {
    return this.#overtaken;
  }

  /** What never came, in words. */
  get lost(): readonly string[] {
    return [...this.#lost, ...this.#open.keys()];
  }

  get counts(): Readonly<Record<Place, ArrivalCounts>> {
    return this.#counts;
  }

  /** From the change to the route at the router, rising. */
  get waitsMs(): readonly number[] {
    return this.#waitsMs.toSorted((left, right) => left - right);
  }
}
