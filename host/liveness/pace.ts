/**
 * How quickly this node speaks to those that watch it: every 100 ms, unless its machine cannot keep that up. The packet worker tells how late
 * it comes to its turns. One that would be taken for dead though it lives asks for more patience (RFC 5880 §6.8.3 "Timer Manipulation": a
 * larger Desired Min TX Interval), since that costs every failover as much; and it takes it back when all has been well for a minute.
 */

const USUAL_MS = 100;
/** A death is to be made good within a second, also here. */
const MOST_MS = 250;
/** So many intervals late, two packets are missing of the three that the others wait for. */
const TOO_LATE = 2;
/** A machine that was paused, or a process that was stopped, is not slow: no patience would be enough. */
const STOPPED_MS = 1000;
/** One late turn is nobody's fault; this many in a minute are a habit. */
const HABIT = 3;
const MINUTE_MS = 60_000;

export class Pace {
  intervalMs = USUAL_MS;
  /** When turns came too late, in the last minute. */
  #late: number[] = [];
  /** When one came so late that it would have been too late at half the interval. */
  #lastLateMs = -Infinity;

  /** A turn came this late. Gives true where the interval is another now. */
  hear(lateMs: number, nowMs: number): boolean {
    if (lateMs >= STOPPED_MS) return false;
    if (lateMs >= (this.intervalMs / 2) * TOO_LATE) this.#lastLateMs = nowMs;
    if (lateMs < this.intervalMs * TOO_LATE) return false;
    this.#late = [...this.#late.filter((atMs) => nowMs - atMs < MINUTE_MS), nowMs];
    if (this.#late.length < HABIT || this.intervalMs === MOST_MS) return false;
    this.#late = [];
    this.intervalMs = Math.min(MOST_MS, this.intervalMs * 2);
    return true;
  }

  /** To be called now and then. Gives true where the interval is another now. */
  rest(nowMs: number): boolean {
    if (this.intervalMs === USUAL_MS || nowMs - this.#lastLateMs < MINUTE_MS) return false;
    this.#lastLateMs = nowMs;
    this.intervalMs = Math.max(USUAL_MS, this.intervalMs / 2);
    return true;
  }
}
