/** Wrong objects, in the log. */

import type { Log } from "../announcer.ts";
import type { Source } from "../cluster/source.ts";
import { problemText } from "../observe/problem-text.ts";

/** Each problem is said once, when it appears. */
export function tellProblems(source: Source, log: Log): void {
  let known = new Set<string>();
  const tell = (): void => {
    const lines = source.problems().map(problemText);
    for (const line of lines) if (!known.has(line)) log.warn(line);
    known = new Set(lines);
  };
  source.onProblems(tell);
  tell();
}
