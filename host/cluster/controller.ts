/**
 * The controller: gives Services their addresses and keeps the record of it.
 *
 *   store dirty → allocate (rules) → what differs from the Services' status → written → back through the store
 *
 * Start, change, retry and restart are this one path. The record is the Services' status and nothing else, so a
 * restart, which begins with it, changes nothing. Nobody sees an address before it is on record. A box with a file and
 * a cluster with an API server differ only in where status is written: `StatusWriter`.
 */

import type { Close, Log } from "../announcer.ts";
import { backoffMs } from "../reconcile/backoff.ts";
import { type AllocateOptions, Allocator } from "../rules/allocate.ts";
import type { Allocation } from "../rules/settle.ts";
import type { ServiceKey, Snapshot } from "../rules/vocabulary.ts";
import { absentHolders, withStandIns } from "./absent-holders.ts";
import { isSameStatus, type ServiceStatus, type StatusChanges, type StatusWriter, statusFrom, statusOf } from "./service-status.ts";
import type { Store } from "./store.ts";

export interface ControllerOptions extends AllocateOptions {
  readonly store: Store;
  /** Has read everything. While it is not complete, Services that are missing keep their addresses. */
  readonly source: { isComplete(): boolean; onProblems(call: () => void): Close };
  readonly status: StatusWriter;
  readonly log: Pick<Log, "info" | "warn">;
}

/** More news of one kind than this in one run are told as a number. */
const MOST_LOGGED = 10;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #allocator: Allocator;
  readonly #reader: ReturnType<Store["reader"]>;
  readonly #allocations = new Map<ServiceKey, Allocation>();
  #closers: Close[] = [];
  /** Services to look at again: those whose status could not be written, and those that had a stand-in. */
  #again: ServiceKey[] = [];
  /** Whether everything could be made out in the last run. */
  #wasComplete = false;
  #failures = 0;
  #isDue = false;
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#allocator = new Allocator(options);
    this.#reader = options.store.reader();
  }

  /** Resolves after the first run, whether its status could be written or not. */
  async start(): Promise<void> {
    await this.#options.status.prepare();
    const first = this.#run();
    // What it writes makes its Services dirty once more; nobody needs to wait for the run that finds that all is well.
    this.#running = first.then(() => this.#runAll());
    const wake = () => this.#wake();
    this.#closers = [this.#reader.onDirty(wake), this.#reader.close, this.#options.source.onProblems(wake)];
    await first;
  }

  /** Resolves when a write under way has ended. */
  async close(): Promise<void> {
    for (const close of this.#closers) close();
    clearTimeout(this.#retry);
    this.#isDue = false;
    await this.#running;
    clearTimeout(this.#retry);
  }

  /** What each Service has, or why it has nothing. */
  allocations(): ReadonlyMap<ServiceKey, Allocation> {
    return this.#allocations;
  }

  #wake(): void {
    this.#isDue = true;
    this.#running ??= this.#runAll();
  }

  async #runAll(): Promise<void> {
    while (this.#isDue) await this.#run();
    this.#running = undefined;
  }

  async #run(): Promise<void> {
    // What changes in the same turn of the event loop is one run.
    await new Promise((resolve) => setImmediate(resolve));
    this.#isDue = false;
    await this.#write(this.#allocate());
  }

  #allocate(): StatusChanges {
    const { store, source, status } = this.#options;
    const dirty = this.#reader.takeDirty();
    const snapshot = store.snapshot();
    const isComplete = source.isComplete();
    const absent = isComplete ? new Map() : absentHolders(status.records(), snapshot.services);
    const keys = [...dirty.services, ...this.#again, ...absent.keys()];
    const results = this.#allocator.converge(withStandIns(snapshot, absent), dirty.all ? undefined : keys);
    this.#again = [...absent.keys()];
    for (const key of absent.keys()) results.delete(key);
    // A Service that went is dirty, but one that went while not everything could be made out is gone only now.
    const isAll = dirty.all || isComplete !== this.#wasComplete;
    this.#wasComplete = isComplete;
    const gone = (isAll ? [...this.#allocations.keys(), ...status.records().keys()] : keys).filter((key) => !snapshot.services.has(key));
    this.#note(results, gone);
    return this.#changes(results, isComplete ? gone : [], snapshot);
  }

  #changes(results: ReadonlyMap<ServiceKey, Allocation>, gone: readonly ServiceKey[], { services }: Snapshot): StatusChanges {
    const records = this.#options.status.records();
    const changes = new Map<ServiceKey, ServiceStatus | undefined>();
    for (const [key, allocation] of results) {
      const service = services.get(key);
      const wanted = statusFrom(allocation);
      if (service !== undefined && !isSameStatus(statusOf(service), wanted)) changes.set(key, wanted);
    }
    for (const key of gone) if (records.has(key)) changes.set(key, undefined);
    return changes;
  }

  async #write(changes: StatusChanges): Promise<void> {
    if (changes.size === 0) return;
    const { status, log } = this.#options;
    clearTimeout(this.#retry);
    try {
      await status.write(changes);
      this.#failures = 0;
      this.#say(
        "info",
        "Status written",
        [...changes].map(([service, written]) => ({ service, vips: written?.vips ?? "released" })),
      );
    } catch (error) {
      this.#failures += 1;
      this.#again.push(...changes.keys());
      const delayMs = backoffMs(this.#failures, Math.random());
      log.warn((error as Error).message, { services: changes.size, retryInMs: delayMs });
      this.#retry = setTimeout(() => this.#wake(), delayMs);
    }
  }

  /** Remembers and tells what is new in the results. */
  #note(results: ReadonlyMap<ServiceKey, Allocation>, gone: readonly ServiceKey[]): void {
    for (const key of gone) this.#allocations.delete(key);
    const refused: Record<string, unknown>[] = [];
    for (const [service, allocation] of results) {
      const said = allocation.refused ?? allocation.cleared;
      const before = this.#allocations.get(service);
      if (said !== undefined && said.message !== (before?.refused ?? before?.cleared)?.message) refused.push({ service, ...said });
      this.#allocations.set(service, allocation);
    }
    this.#say("warn", "Service does not have what it asks for", refused);
  }

  #say(level: "info" | "warn", message: string, news: readonly Readonly<Record<string, unknown>>[]): void {
    const { log } = this.#options;
    if (news.length > MOST_LOGGED) log[level](message, { services: news.length });
    else for (const fields of news) log[level](message, fields);
  }
}
