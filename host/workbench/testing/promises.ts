/** What uvu's assertions lack for promises. */

import * as assert from "uvu/assert";

/** `says` is matched against the error's name and message. */
export async function rejects(promise: Promise<unknown>, says: RegExp): Promise<void> {
  const outcome = await promise.then(
    () => "nothing was thrown",
    (error: Error) => `${error.name}: ${error.message}`,
  );
  assert.match(outcome, says);
}

/** Resolves when it holds, or throws when it has not within the time. */
export async function until(holds: () => boolean, withinMs = 5_000): Promise<void> {
  for (let left = withinMs / 10; !holds(); left--) {
    if (left <= 0) throw new Error(`Waited in vain for ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
