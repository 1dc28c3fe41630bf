/** Time, which a plugin has on its own side: timers that end with it, and not too many. */

import type { Clock } from "../../../announcer.ts";
import type { Opened } from "../../opened.ts";
import { createClock } from "../../powers/clock.ts";
import { demandFunction, type FarSide } from "../far-side.ts";

const MOST_TIMERS = 1024;

export function ownClock(far: FarSide, opened: Opened): Clock {
  const { clock } = far.powers;
  const own = createClock(opened, clock);
  const check = (what: string, call: unknown): void => {
    demandFunction(what, call);
    if (opened.size >= MOST_TIMERS) throw new Error(`Cannot start a timer: ${MOST_TIMERS} are running`);
  };
  return {
    now: () => clock.now(),
    wallMs: () => clock.wallMs(),
    after(delayMs, call) {
      check("clock.after", call);
      return far.harden(own.after(delayMs, () => far.run("clock.after", call)));
    },
    every(delayMs, call) {
      check("clock.every", call);
      return far.harden(own.every(delayMs, () => far.run("clock.every", call)));
    },
  };
}
