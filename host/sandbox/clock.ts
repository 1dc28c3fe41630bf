/** Time for plugins: a monotonic clock and timers that end with the plugin. */

import type { Clock, Close } from "../announcer.ts";

export function createClock(): Clock & { close: Close } {
  const running = new Set<NodeJS.Timeout>();
  const start = (make: (done: () => void) => NodeJS.Timeout): Close => {
    const close: Close = () => {
      clearTimeout(timer);
      running.delete(timer);
    };
    const timer = make(() => running.delete(timer));
    running.add(timer);
    return close;
  };
  return {
    now: () => performance.now(),
    after: (delayMs, call) =>
      start((done) =>
        setTimeout(() => {
          done();
          call();
        }, delayMs),
      ),
    every: (delayMs, call) => start(() => setInterval(call, delayMs)),
    close() {
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
}
