/**
 * The writes of status under way: one of each Service at a time, and each failure tried again by itself. What is to be written is decided anew
 * before every try, so this remembers no status but those under way.
 *
 * Who is overwritten as fast as it writes has a rival, such as another load balancer. Then it does not write as fast as both can.
 */

import type { Log } from "../announcer.ts";
import { backoffMs } from "../reconcile/backoff.ts";
import type { ServiceKey } from "../rules/vocabulary.ts";
import { Rates } from "./rates.ts";
import type { ServiceStatus, StatusWriter } from "./service-status.ts";

export interface StatusWritesOptions {
  readonly status: StatusWriter;
  /** Decide anew what these Services need. */
  readonly again: (services: Iterable<ServiceKey>) => void;
  readonly written: (service: ServiceKey, status: ServiceStatus | undefined) => void;
  readonly log: Pick<Log, "info" | "warn">;
}

/** Of the writes of one Service: a person, or a test of one, does not need as many. */
const RATE = { burst: 10, eachMs: 2_000 };
const TOLD_RATE = { burst: 1, eachMs: 600_000 };
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
  readonly #rates = new Rates(RATE);
  readonly #toldRates = new Rates(TOLD_RATE);
  /** Those that were written too often. */
  readonly #held = new Set<ServiceKey>();
  #isClosed = false;

  constructor(options: StatusWritesOptions) {
    this.#options = options;
  }

  /** Writes that failed, since the start. */
  get failures(): number {
    return this.#failuresEver;
  }

  /** How many are under way. */
  get count(): number {
    return this.#underWay.size;
  }

  /** Begins, or looks again when the write under way has ended. */
  write(service: ServiceKey, status: ServiceStatus | undefined): void {
    if (this.#underWay.has(service)) this.#behind.add(service);
    else if (this.#isClosed || this.#held.has(service)) return;
    else if (this.#rates.take(service, performance.now())) this.#begin(service, status);
    else this.#hold(service);
  }

  #hold(service: ServiceKey): void {
    this.#held.add(service);
    if (this.#toldRates.take(service, performance.now()))
      this.#options.log.warn("Status changes as often as it is written, so that is done less often: another controller may be at it, too", {
        service,
      });
    this.#after(RATE.eachMs, () => {
      this.#held.delete(service);
      this.#options.again([service]);
    });
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
      this.#after(delayMs, () => this.#options.again(alike.map(({ service }) => service)));
      // Once is no trouble yet: somebody else may have changed the Service at that moment.
      if (++told <= MOST_LOGGED) log[failures > 1 ? "warn" : "info"](message, { services: alike.length, retryInMs: delayMs });
    }
    if (told > MOST_LOGGED) log.warn("More writes of status failed", { services: failed.length - MOST_LOGGED });
  }

  #after(delayMs: number, call: () => void): void {
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      call();
    }, delayMs);
    this.#retries.add(retry);
  }
}
