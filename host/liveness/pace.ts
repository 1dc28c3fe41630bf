/**
 * How quickly this node speaks to those that watch it: every 100 ms, unless its machine cannot keep that up. The packet worker tells how late
 * it comes to its turns. One that would be taken for dead though it lives asks for more patience (RFC 5880 §6.8.3 "Timer Manipulation": a
 * larger Desired Min TX Interval), and takes it back when all has been well for five minutes.
 */

const USUAL_MS = 100;
const MOST_MS = 1000;
/** Of an interval: later than that too often, and three packets in a row may be missed by those that wait for them. */
const TOO_LATE = 1;
/** One late turn is nobody's fault; this many in a minute are a habit. */
const HABIT = 3;
const MINUTE_MS = 60_000;
const CALM_MS = 300_000;

export class Pace {
  intervalMs = USUAL_MS;
  /** When turns came too late, in the last minute. */
  #late: number[] = [];
  #lastLateMs = -Infinity;

  /** A turn came this late. Gives true where the interval is another now. */
  hear(lateMs: number, nowMs: number): boolean {
    if (lateMs < USUAL_MS * TOO_LATE) return false;
    if (lateMs >= this.intervalMs / 2) this.#lastLateMs = nowMs;
    if (lateMs < this.intervalMs * TOO_LATE) return false;
    this.#late = [...this.#late.filter((atMs) => nowMs - atMs < MINUTE_MS), nowMs];
    if (this.#late.length < HABIT || this.intervalMs >= MOST_MS) return false;
    this.#late = [];
    this.intervalMs = Math.min(MOST_MS, this.intervalMs * 2);
    return true;
  }

  /** To be called now and then. Gives true where the interval is another now. */
  rest(nowMs: number): boolean {
    if (this.intervalMs === USUAL_MS || nowMs - this.#lastLateMs < CALM_MS) return false;
    this.#lastLateMs = nowMs;
    this.intervalMs = Math.max(USUAL_MS, this.intervalMs / 2);
    return true;
  }
}
