/** Problems that stand for a while: told once, and known to whoever wants to see them. */

import type { Close } from "../announcer.ts";
import type { Problem } from "../rules/vocabulary.ts";

export class StandingProblems {
  #problems: readonly Problem[] = [];
  readonly #calls = new Set<() => void>();

  all(): readonly Problem[] {
    return this.#problems;
  }

  /** Calls after each change. */
  onChange(call: () => void): Close {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  /** Gives those that are new. */
  set(problems: readonly Problem[]): readonly Problem[] {
    const before = new Set(this.#problems.map(textOf));
    const news = problems.filter((problem) => !before.has(textOf(problem)));
    const isSame = news.length === 0 && problems.length === this.#problems.length;
    this.#problems = problems;
    if (!isSame) for (const call of this.#calls) call();
    return news;
  }
}

function textOf({ object, path, found, expected }: Problem): string {
  return JSON.stringify([object, path, found, expected]);
}
