/** Errors that come again as long as what was asked for stays the same. */

import { NotCapable } from "../announcer.ts";

/** What only a change can mend: of a config, a pin, a grant, a plugin. Trying again is of no use. */
export class NeedsChange extends Error {
  override readonly name = "NeedsChange";
}

/** Whether that is what lies at the bottom of an error. */
export function needsChange(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // A plugin's process says by its name only what was thrown there.
    if (cause instanceof NeedsChange || cause instanceof NotCapable || cause.name === "NotCapable") return true;
  }
  return false;
}
