/** A histogram as plain numbers: cheap where every microsecond counts, and the same on both sides of a thread's border. */

export interface HistogramCounts {
  /** Upper ends of the buckets, ascending. */
  readonly bounds: readonly number[];
  /** What fell into each bucket; one more than bounds: the last is what was above all of them. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds`: ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  read(): HistogramCounts {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
