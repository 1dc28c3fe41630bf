/** What a role has started, and how it ends. */

export type End = (why: "leave" | "replace") => unknown;

/** First nothing new comes in, then what is there is taken down, the newest first. */
export class Ends {
  readonly inputs: End[] = [];
  readonly #parts: End[] = [];

  push(end: End): void {
    this.#parts.unshift(end);
  }

  /** Ends everything, also where one of them fails; the first failure is thrown afterwards. */
  async run(why: "leave" | "replace"): Promise<void> {
    const failures: unknown[] = [];
    for (const end of [...this.inputs.splice(0), ...this.#parts.splice(0)]) {
      try {
        await end(why);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
