/**
 * When the engine takes its turns: two ways for a thread to sleep.
 *
 * The packet worker sleeps in poll(2) on its sockets and on the epoll descriptor of its own event loop (`poll-driver.ts`), which is readable as
 * soon as libuv has something to do: a message from main, `terminate()`, the end of the process. So it stops and is called like any other thread
 * of Node, and yet a wake-up by a socket costs neither a round of the event loop nor a callback through Node-API: at 10,000 requests/s that
 * saves a seventh of the CPU time, and 6 of 62 µs to the answer (medians of herald bench arp --driver poll,event-loop).
 *
 * The event loop alone wakes on sockets that are watched, on messages and on timers. It serves the main thread, which has more to do than
 * this, and a packet worker whose Node does not say what descriptor its event loop sleeps on.
 */

import type { PacketEngine } from "./engine.ts";

/** Whole milliseconds; `delay` may be 0 or infinite; Node's timers know milliseconds and not more than 2^31 of them. */
export function toTimeout(delayMs: number): number {
  return Math.min(Math.max(Math.ceil(delayMs), 0), 0x7fffffff);
}

/** Turns when ports are readable and when timers fall due. `wake()` after the engine was changed. */
export class EventLoopDriver {
  readonly #engine: PacketEngine;
  readonly #afterTurn: () => void;
  #timer: NodeJS.Timeout | undefined;
  #timerTurn: NodeJS.Immediate | undefined;
  #dueMs = Infinity;
  #isScheduled = false;

  constructor(engine: PacketEngine, afterTurn: () => void) {
    this.#engine = engine;
    this.#afterTurn = afterTurn;
  }

  wake(): void {
    const nowMs = performance.now();
    const hasMore = this.#engine.turn(nowMs);
    this.#afterTurn();
    if (hasMore) this.schedule();
    const next = this.#engine.nextTickMs;
    if (hasMore || next === this.#dueMs) return;
    this.#clearTimer();
    this.#dueMs = next;
    if (next === Infinity) return;
    // The turn comes after the sockets were asked: when the process was paused, a timer must not find that nothing came meanwhile.
    this.#timer = setTimeout(
      () => {
        this.#timerTurn = setImmediate(() => {
          this.#dueMs = Infinity;
          this.wake();
        });
      },
      toTimeout(next - nowMs),
    );
  }

  /** A turn in the next round of the event loop: after messages that wait, and never inside a turn that runs. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.wake();
    });
  }

  stop(): void {
    this.#clearTimer();
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#timerTurn);
  }
}
