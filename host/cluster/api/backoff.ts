/** How long to wait before the next try: twice as long each time, half of it random, so that a thousand nodes do not come back at once. */

const FIRST_MS = 200;
const MAX_MS = 30_000;

export interface Wait {
  /** From 1: how many tries in a row have failed. */
  readonly failures: number;
  /** What the server asked for. */
  readonly retryAfterMs?: number | undefined;
  /** Of tries that fail late: never longer than this. */
  readonly maxMs?: number | undefined;
}

/** `random` as of `Math.random`. */
export function backoffMs({ failures, retryAfterMs, maxMs = MAX_MS }: Wait, random: () => number): number {
  // Zero is no time: whoever asks for that in each answer would be asked without a pause.
  if (retryAfterMs) return retryAfterMs * (1 + random() / 4);
  const longest = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 20), maxMs, MAX_MS);
  return (longest / 2) * (1 + random());
}
