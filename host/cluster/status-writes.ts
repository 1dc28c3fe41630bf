/**
 * The writes of status under way: one of each Service at a time, and each failure tried again by itself. What is to be written is decided anew
 * before every try, so this remembers no status but those under way.
 */

import type { Log } from "../announcer.ts";
import { backoffMs } from "../reconcile/backoff.ts";
import type { ServiceKey } from "../rules/vocabulary.ts";
import type { ServiceStatus, StatusWriter } from "./service-status.ts";

export interface StatusWritesOptions {
  readonly status: StatusWriter;
  /** Decide anew what these Services need. */
  readonly again: (services: Iterable<ServiceKey>) => void;
  readonly written: (service: ServiceKey, status: ServiceStatus | undefined) => void;
  readonly log: Pick<Log, "info" | "warn">;
}

/** More failures of one moment than this are told as a number. */
const MOST_LOGGED = 10;

interface Failed {
  readonly service: ServiceKey;
  readonly error: Error & { readonly retryAfterMs?: number | undefined };
  readonly failures: number;
}

export class StatusWrites {
  readonly #options: StatusWritesOptions;
  readonly #underWay = new Map<ServiceKey, { readonly status: ServiceStatus | undefined; readonly ended: Promise<void> }>();
  /** Those for which something new was decided meanwhile. */
  readonly #behind = new Set<ServiceKey>();
  /** How often in a row the write of a Service has failed. */
  readonly #failures = new Map<ServiceKey, number>();
  #failuresEver = 0;
  /** Not told yet. */
  #failed: Failed[] = [];
  readonly #retries = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(options: StatusWritesOptions) {
    this.#options = options;
  }

  /** Writes that failed, since the start. */
  get failures(): number {
    return this.#failuresEver;
  }

  /** Begins, or looks again when the write under way has ended. */
  write(service: ServiceKey, status: ServiceStatus | undefined): void {
    if (this.#underWay.has(service)) this.#behind.add(service);
    else if (!this.#isClosed) this.#begin(service, status);
  }

  #begin(service: ServiceKey, status: ServiceStatus | undefined): void {
    const ended = this.#options.status
      .write(service, status)
      .then(
        () => this.#succeed(service, status),
        (error: Error) => this.#fail(service, error),
      )
      .then(() => {
        if (this.#behind.delete(service)) this.#options.again([service]);
      });
    this.#underWay.set(service, { status, ended });
  }

  /** Addresses that may come on record for it at any moment. */
  vipsUnderWay(service: ServiceKey): readonly string[] {
    return this.#underWay.get(service)?.status?.vips ?? [];
  }

  /** Resolves when all that are under way now have ended. */
  async ended(): Promise<void> {
    await Promise.all(Array.from(this.#underWay.values(), ({ ended }) => ended));
  }

  /** Resolves when none is under way; nothing is tried again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const retry of this.#retries) clearTimeout(retry);
    await this.ended();
  }

  #succeed(service: ServiceKey, status: ServiceStatus | undefined): void {
    this.#underWay.delete(service);
    this.#failures.delete(service);
    this.#options.written(service, status);
  }

  #fail(service: ServiceKey, error: Error): void {
    this.#underWay.delete(service);
    const failures = (this.#failures.get(service) ?? 0) + 1;
    this.#failures.set(service, failures);
    this.#failuresEver += 1;
    // What fails together is told together, and tried again together where it failed for one reason.
    if (this.#failed.length === 0) setImmediate(() => this.#tellFailed());
    this.#failed.push({ service, error, failures });
  }

  #tellFailed(): void {
    const failed = this.#failed;
    this.#failed = [];
    if (this.#isClosed) return;
    const { log } = this.#options;
    const byMessage = new Map<string, Failed[]>();
    for (const one of failed) {
      const alike = byMessage.get(one.error.message);
      if (alike === undefined) byMessage.set(one.error.message, [one]);
      else alike.push(one);
    }
    let told = 0;
    for (const [message, alike] of byMessage) {
      const failures = Math.max(...alike.map((one) => one.failures));
      const delayMs = Math.max(backoffMs(failures, Math.random()), alike[0]?.error.retryAfterMs ?? 0);
      this.#retryIn(delayMs, alike);
      // Once is no trouble yet: somebody else may have changed the Service at that moment.
      if (++told <= MOST_LOGGED) log[failures > 1 ? "warn" : "info"](message, { services: alike.length, retryInMs: delayMs });
    }
    if (told > MOST_LOGGED) log.warn("More writes of status failed", { services: failed.length - MOST_LOGGED });
  }

  #retryIn(delayMs: number, failed: readonly Failed[]): void {
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#options.again(failed.map(({ service }) => service));
    }, delayMs);
    this.#retries.add(retry);
  }
}
