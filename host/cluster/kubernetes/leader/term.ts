/** One time of leading: from taking the Lease until it may not be ours any more. Once over, it stays over. */

import { setMaxListeners } from "node:events";
import type { Clock, Close } from "../../../announcer.ts";

/** What whoever writes as the leader asks before every write. `leader.ts` says why that is enough. */
export interface Fence {
  /** May a write start at this moment? To be asked in the same turn in which the write is sent. */
  mayWrite(): boolean;
  /** To go with each write as its timeout. */
  readonly writeTimeoutMs: number;
  /** Aborted when this term is over. */
  readonly signal: AbortSignal;
  /** A write ended without an answer: the server may still be at it. */
  noteUnanswered(): void;
}

export interface LeaseTimes {
  /** The Lease is ours for so long after the start of a renewal. */
  readonly durationMs: number;
  /** We lead for so long after the start of a renewal; what is left of the duration is for writes under way to end. */
  readonly renewDeadlineMs: number;
  /** Between two renewals, or two looks at somebody else's Lease. */
  readonly retryMs: number;
}

/** Of the time for writes under way; the rest covers clocks that do not run alike, and a server slow to give up. */
const SHARE_OF_WRITES = 0.8;

export class Term implements Fence {
  readonly writeTimeoutMs: number;
  readonly #times: LeaseTimes;
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #over = new AbortController();
  #untilMs: number;
  #unansweredUntilMs = 0;
  #isSealed = false;
  #closeTimer: Close = () => {};

  /** `takenAtMs`: when the request that took the Lease began. */
  constructor(times: LeaseTimes, clock: Pick<Clock, "now" | "after">, takenAtMs: number) {
    this.#times = times;
    this.#clock = clock;
    this.writeTimeoutMs = Math.floor((times.durationMs - times.renewDeadlineMs) * SHARE_OF_WRITES);
    this.#untilMs = takenAtMs + times.renewDeadlineMs;
    // Every write under way may listen to it.
    setMaxListeners(0, this.signal);
    this.#arm();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Milliseconds until it is over, unless renewed. */
  get leftMs(): number {
    return Math.max(0, this.#untilMs - this.#clock.now());
  }

  mayWrite(): boolean {
    return this.#isOurs() && !this.#isSealed;
  }

  /** Nothing more begins; what is under way may end. */
  seal(): void {
    this.#isSealed = true;
  }

  noteUnanswered(): void {
    this.#unansweredUntilMs = this.#clock.now() + this.#times.durationMs - this.#times.renewDeadlineMs;
  }

  /** Whether all that was written has been answered, or is over for certain. */
  isAnswered(): boolean {
    return this.#clock.now() >= this.#unansweredUntilMs;
  }

  /** A renewal that began at `startedAtMs` went through. Too late, where its answer was too long under way. */
  extend(startedAtMs: number): void {
    if (this.#isOurs()) this.#untilMs = startedAtMs + this.#times.renewDeadlineMs;
    this.#arm();
  }

  end(reason: string): void {
    this.#closeTimer();
    if (!this.signal.aborted) this.#over.abort(new Error(reason));
  }

  #isOurs(): boolean {
    return !this.signal.aborted && this.leftMs > 0;
  }

  #arm(): void {
    this.#closeTimer();
    if (this.#isOurs()) this.#closeTimer = this.#clock.after(this.leftMs, () => this.#arm());
    else this.end(`No renewal went through for ${this.#times.renewDeadlineMs / 1000} s`);
  }
}
