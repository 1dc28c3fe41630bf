/** Time for plugins: a monotonic clock, and timers that end with the plugin. */

import type { Clock, Close } from "../../announcer.ts";
import type { Opened } from "../opened.ts";

/** Node runs a longer timer at once. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** This machine's. */
export const machineClock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, call) {
    let timer: NodeJS.Timeout | undefined;
    const wait = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, LONGEST_TIMER_MS);
      timer = setTimeout(() => {
        if (leftMs > pieceMs) return wait(leftMs - pieceMs);
        call();
      }, pieceMs);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
  every(delayMs, call) {
    const timer = setInterval(call, Math.min(delayMs, LONGEST_TIMER_MS));
    return () => clearInterval(timer);
  },
};

/** A plugin that has ended gets timers that never come: its last promises may still ask for some. */
export function createClock(opened: Opened, clock: Clock = machineClock): Clock {
  return {
    now: () => clock.now(),
    wallMs: () => clock.wallMs(),
    after(delayMs, call) {
      if (opened.hasEnded) return () => {};
      let stop: Close = () => {};
      const close = opened.add(() => stop());
      stop = clock.after(delayMs, () => {
        close();
        call();
      });
      return close;
    },
    every(delayMs, call) {
      return opened.hasEnded ? () => {} : opened.add(clock.every(delayMs, call));
    },
  };
}
