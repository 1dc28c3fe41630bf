/** What a plugin's process says last, for the host to tell why it ended. */

import { writeSync } from "node:fs";
import type { Plain } from "../channel.ts";

/** No line of Node's or V8's begins so. */
export const LAST_WORDS = "herald-guard: ";

export interface LastWords {
  /** An error that nobody caught, as `packError` makes it; or the pipe's rules were broken, with the reason. */
  readonly kind: "uncaught" | "fault";
  readonly what: Plain;
}

export function lastWords(words: LastWords): void {
  try {
    writeSync(2, `\n${LAST_WORDS}${JSON.stringify(words)}\n`);
  } catch {
    // The host reads no more; the exit code is left.
  }
}
