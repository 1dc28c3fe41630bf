/** Waiting for what a router will come to show. */

import { setTimeout as wait } from "node:timers/promises";

/** GoBGP takes its time to connect. */
const LIMIT_MS = 30_000;
const POLL_MS = 50;

/** The first value that is not undefined. Rejects after 30 s, with `what` was looked for, asked only then where it is a function. */
export async function until<Value>(
  what: string | (() => Promise<string>),
  look: () => Promise<Value | undefined>,
  limitMs = LIMIT_MS,
  pollMs = POLL_MS,
): Promise<Value> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`No ${typeof what === "string" ? what : await what()} after ${limitMs / 1000} s`);
    await wait(pollMs);
  }
}
