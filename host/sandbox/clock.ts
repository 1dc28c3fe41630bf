/** Time for plugins: a monotonic clock, and timers that end with the plugin. */

import type { Clock } from "../announcer.ts";
import type { Opened } from "./opened.ts";

/** Node runs a longer timer at once. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** A plugin that has ended gets timers that never come: its last promises may still ask for some. */
export function createClock(opened: Opened): Clock {
  return {
    now: () => performance.now(),
    after(delayMs, call) {
      if (opened.hasEnded) return () => {};
      let timer: NodeJS.Timeout | undefined;
      const close = opened.add(() => clearTimeout(timer));
      const wait = (leftMs: number): void => {
        const pieceMs = Math.min(leftMs, LONGEST_TIMER_MS);
        timer = setTimeout(() => {
          if (leftMs > pieceMs) return wait(leftMs - pieceMs);
          close();
          call();
        }, pieceMs);
      };
      wait(delayMs);
      return close;
    },
    every(delayMs, call) {
      if (opened.hasEnded) return () => {};
      const timer = setInterval(call, Math.min(delayMs, LONGEST_TIMER_MS));
      return opened.add(() => clearInterval(timer));
    },
  };
}
