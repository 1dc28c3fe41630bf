/** Looks at a directory whenever something in it may have changed: on the kernel's events, and now and then regardless. */

import { DirectoryWatch } from "./watch.ts";

/** Where there are no events, changes are seen after this long. */
const POLL_MS = 1_000;
/** Where all changes should be told by events. Each look wakes this thread and those that ask the disk some ten times. */
const SURE_POLL_MS = 10_000;
/** Looking takes at most this part of the time, however many files there are; but changes are seen after this long. */
const POLL_SHARE = 1 / 20;
const LONGEST_POLL_MS = 10_000;

/** Looks at these entries; undefined: at everything. */
export type Look = (names: ReadonlySet<string> | undefined) => Promise<void>;

export class Follow {
  readonly #look: Look;
  readonly #watch: DirectoryWatch;
  #names = new Set<string>();
  #everything = false;
  #isRunning = false;
  #closed = false;
  /** Milliseconds that looking at everything takes, as it seems: one slow look may be due to a busy machine. */
  #lookMs = Number.POSITIVE_INFINITY;
  #poll: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(directory: string, look: Look) {
    this.#look = look;
    this.#watch = new DirectoryWatch(directory, (name) => this.#signal(name));
  }

  /** Looks at everything for the first time, and follows from then on. */
  async start(): Promise<void> {
    await this.#watch.check();
    this.#everything = true;
    await this.#run();
  }

  /** Looks at everything once more after a while. */
  lookAgain(delayMs: number): void {
    clearTimeout(this.#again);
    if (!this.#closed) this.#again = setTimeout(() => this.#signal(undefined), delayMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#poll);
    clearTimeout(this.#again);
    this.#watch.close();
  }

  #signal(name: string | undefined): void {
    if (name === undefined) this.#everything = true;
    else this.#names.add(name);
    if (!this.#isRunning) void this.#run();
  }

  /** One look at a time; what comes in meanwhile is one more look. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while ((this.#everything || this.#names.size > 0) && !this.#closed) {
      const names = this.#everything ? undefined : this.#names;
      this.#everything = false;
      this.#names = new Set();
      const startMs = performance.now();
      if (names === undefined) await this.#watch.check();
      await this.#look(names);
      if (names === undefined) this.#pollAfter(performance.now() - startMs);
    }
    this.#isRunning = false;
  }

  #pollAfter(lookMs: number): void {
    this.#lookMs = Math.min(lookMs, 1.5 * this.#lookMs);
    const leastMs = this.#watch.isSure ? SURE_POLL_MS : POLL_MS;
    const delayMs = Math.min(Math.max(leastMs, this.#lookMs / POLL_SHARE), LONGEST_POLL_MS);
    clearTimeout(this.#poll);
    if (!this.#closed) this.#poll = setTimeout(() => this.#signal(undefined), delayMs);
  }
}
