/** How much of something there may be: some a second, and what was saved up. */
export class Allowance {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #atMs = 0;

  constructor(perSecond: number, most: number) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#left = most;
  }

  /** What time has brought, and what has come in beside. `nowMs` never goes back. */
  grow(nowMs: number, beside = 0): void {
    this.#left = Math.min(this.#left + beside + ((nowMs - this.#atMs) * this.#perSecond) / 1000, this.#most);
    this.#atMs = nowMs;
  }

  /** More than is left may be spent: what comes then is owed. */
  spend(amount: number): void {
    this.#left -= amount;
  }

  /** Not even one is left. */
  get isSpent(): boolean {
    return this.#left < 1;
  }
}
