/** The time that parts of a role go by. */

import type { Clock } from "../announcer.ts";

export const clock: Pick<Clock, "now" | "after"> = {
  now: () => performance.now(),
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
