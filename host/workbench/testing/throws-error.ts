/** What uvu's `throws` leaves out: it takes a text as what to say when nothing was thrown, and compares it with no error. */

import * as assert from "uvu/assert";

/** `message` is all that the error says. */
export function throwsError(run: () => unknown, message: string): void {
  assert.throws(run, (error: Error) => {
    assert.is(error.message, message);
    return true;
  });
}
