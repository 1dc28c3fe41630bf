/** Rows that were refused, each with its own time to come again. */

import { backoffMs } from "./backoff.ts";

export interface Retry {
  readonly reason: string;
  /** Refusals in a row. */
  readonly failures: number;
  readonly dueAtMs: number;
}

export class Retries {
  readonly #rows = new Map<string, Retry>();

  /** Rows refused together come again together, which `random` (one draw a batch) sees to. */
  refuse(vip: string, reason: string, nowMs: number, random: number): void {
    const failures = (this.#rows.get(vip)?.failures ?? 0) + 1;
    this.#rows.set(vip, { reason, failures, dueAtMs: nowMs + backoffMs(failures, random) });
  }

  forget(vip: string): void {
    this.#rows.delete(vip);
  }

  clear(): void {
    this.#rows.clear();
  }

  get(vip: string): Retry | undefined {
    return this.#rows.get(vip);
  }

  /** Rows whose time has come; each is named once, and stays here as out on its try. */
  takeDue(nowMs: number): string[] {
    const due: string[] = [];
    for (const [vip, retry] of this.#rows) {
      if (retry.dueAtMs > nowMs) continue;
      due.push(vip);
      this.#rows.set(vip, { ...retry, dueAtMs: Number.POSITIVE_INFINITY });
    }
    return due;
  }

  /** When the next row is due; infinity: none waits. */
  nextDueMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAtMs } of this.#rows.values()) next = Math.min(next, dueAtMs);
    return next;
  }
}
