/**
 * The controller: gives Services their addresses and keeps the record of it.
 *
 *   store dirty → allocate (rules) → what differs from the Services' status → written → back through the store
 *
 * Start, change, retry and restart are this one path. The record is the Services' status and nothing else, so a
 * restart, which begins with it, changes nothing. Nobody sees an address before it is on record. A box with a file and
 * a cluster with an API server differ only in where status is written: `StatusWriter`.
 *
 * Writes do not hold up decisions: a run decides from what is there, and begins the writes that it needs. Of one
 * Service there is one at a time (`status-writes.ts`), and an address goes from one Service to another in two steps
 * (`handover.ts`), so that at no moment two are on record with it. Nor does anybody wait for another one's address to
 * be asked for on the network (`probe-gate.ts`), where its pool demands that.
 */

import type { Close, Log } from "../announcer.ts";
import { type AllocateOptions, Allocator } from "../rules/allocate.ts";
import { isOurClass, type Said } from "../rules/demand.ts";
import type { Allocation } from "../rules/settle.ts";
import type { Problem, ServiceFact, ServiceKey, Snapshot } from "../rules/vocabulary.ts";
import { absentHolders, withStandIns } from "./absent-holders.ts";
import { AddressProbe, type ProbeAnswer } from "./address-probe.ts";
import type { Dirty } from "./dirty.ts";
import { Handover } from "./handover.ts";
import { ProbeGate } from "./probe-gate.ts";
import { isSameStatus, type ServiceStatus, type StatusWriter, statusFrom, statusOf } from "./service-status.ts";
import { StandingProblems } from "./standing-problems.ts";
import { StatusWrites } from "./status-writes.ts";
import type { Store } from "./store.ts";

/** Who wants to hear what comes of it, each thing once. */
export interface AllocationNews {
  /** What it does not get, has lost, or should ask for in other words. */
  said(service: ServiceFact, what: Said): void;
  /** Its status is on record; `service` as it was before. */
  written(service: ServiceFact, status: ServiceStatus): void;
  /** `allocations()` may be others now. */
  decided(): void;
}

export interface ControllerOptions extends AllocateOptions {
  readonly store: Store;
  /** Has read everything. While it is not complete, Services that are missing keep their addresses. */
  readonly source: { isComplete(): boolean; onProblems(call: () => void): Close };
  readonly status: StatusWriter;
  readonly log: Pick<Log, "info" | "warn">;
  readonly news?: AllocationNews;
  /** Called after each run with the time that it took; writes are not in it. */
  readonly onRun?: (tookMs: number) => void;
  /** How the network is asked whether an address is in use; for tests. */
  readonly probe?: (address: string) => Promise<ProbeAnswer>;
}

/** More news of one kind than this in one run are told as a number. */
const MOST_LOGGED = 10;
/** While many are written. */
const MOST_UNTOLD = 1000;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #allocator: Allocator;
  readonly #reader: ReturnType<Store["reader"]>;
  readonly #allocations = new Map<ServiceKey, Allocation>();
  readonly #handover = new Handover();
  readonly #writes: StatusWrites;
  readonly #probe = new AddressProbe();
  readonly #gate: ProbeGate;
  /** Services that wait for the network's answer. */
  #probing = new Set<ServiceKey>();
  #closers: Close[] = [];
  /** Services to look at again: those whose status could not be written, and those that had a stand-in. */
  #again: ServiceKey[] = [];
  /** Services that wait for an address which another one has still to give up. */
  #blocked = new Set<ServiceKey>();
  /** Status that was written since the last run. */
  #news: Record<string, unknown>[] = [];
  readonly #problems = new StandingProblems();
  /** Whether everything could be made out in the last run. */
  #wasComplete = false;
  /** What the last run decided from. */
  #snapshot: Snapshot | undefined;
  #settled = 0;
  #wakened: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#allocator = new Allocator(options);
    this.#reader = options.store.reader();
    const again = (services: Iterable<ServiceKey>) => {
      this.#again.push(...services);
      this.#wake();
    };
    const changed = () => {
      again(this.#probing);
      this.#probing = new Set();
    };
    const ask = options.probe ?? ((address) => this.#probe.ask(address));
    this.#gate = new ProbeGate({ ask, changed, log: options.log });
    const written = (key: ServiceKey, status: ServiceStatus | undefined) => this.#written(key, status);
    this.#writes = new StatusWrites({ status: options.status, again, written, log: options.log });
  }

  /** Resolves after the first run, whether its status could be written or not. */
  async start(): Promise<void> {
    await this.#options.status.prepare();
    const wake = () => this.#wake();
    this.#closers = [this.#reader.onDirty(wake), this.#reader.close, this.#options.source.onProblems(wake)];
    this.#run();
    await this.#writes.ended();
    this.#tellWritten();
  }

  /** Resolves when no write is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const close of this.#closers) close();
    clearImmediate(this.#wakened);
    this.#gate.close();
    this.#probe.close();
    await this.#writes.close();
  }

  /** What each Service has, or why it has nothing. */
  allocations(): ReadonlyMap<ServiceKey, Allocation> {
    return this.#allocations;
  }

  /** Services that were settled, each time that they were, writes that failed, and writes under way. */
  counts(): { readonly services: number; readonly failures: number; readonly writing: number } {
    return { services: this.#settled, failures: this.#writes.failures, writing: this.#writes.count };
  }

  /** Reservations that somebody stands in the way of. */
  problems(): readonly Problem[] {
    return this.#problems.all();
  }

  /** Calls after each change of `problems`. */
  onProblems(call: () => void): Close {
    return this.#problems.onChange(call);
  }

  /** What changes in the same turn of the event loop is one run. */
  #wake(): void {
    if (!this.#isClosed) this.#wakened ??= setImmediate(() => this.#run());
  }

  #run(): void {
    clearImmediate(this.#wakened);
    this.#wakened = undefined;
    const startedMs = performance.now();
    // One of many is nothing to speak of.
    if (this.#writes.count <= MOST_LOGGED || this.#news.length >= MOST_UNTOLD) this.#tellWritten();
    for (const [key, status] of this.#allocate()) this.#writes.write(key, status);
    this.#options.news?.decided();
    this.#options.onRun?.(performance.now() - startedMs);
  }

  /** What to write now. */
  #allocate(): Map<ServiceKey, ServiceStatus | undefined> {
    const { store, source, status } = this.#options;
    const dirty = this.#reader.takeDirty();
    const before = this.#snapshot;
    const snapshot = (this.#snapshot = store.snapshot());
    if (before !== undefined) this.#noteGivenUp(dirty, before, snapshot);
    const isComplete = source.isComplete();
    const absent = isComplete ? new Map() : absentHolders(status.records(), snapshot.services);
    const keys = [...dirty.services, ...this.#again, ...absent.keys()];
    const results = this.#allocator.converge(
      { ...withStandIns(snapshot, absent), strangers: this.#gate.strangers(), arePoolsKnown: isComplete },
      dirty.all ? undefined : keys,
    );
    this.#again = [...absent.keys()];
    for (const key of absent.keys()) results.delete(key);
    this.#settled += results.size;
    // A Service that went is dirty, but one that went while not everything could be made out is gone only now.
    const isAll = dirty.all || isComplete !== this.#wasComplete;
    this.#wasComplete = isComplete;
    const gone = (isAll ? [...this.#allocations.keys(), ...status.records().keys()] : keys).filter((key) => !snapshot.services.has(key));
    const records = status.records();
    const released = isComplete ? gone.filter((key) => records.has(key) || this.#holds(key)) : [];
    this.#note(results, gone, snapshot);
    this.#noteProblems();
    return this.#changes([...results.keys()], released, snapshot);
  }

  #changes(
    settled: readonly ServiceKey[],
    released: readonly ServiceKey[],
    { services }: Snapshot,
  ): Map<ServiceKey, ServiceStatus | undefined> {
    const changes = new Map<ServiceKey, ServiceStatus | undefined>(released.map((key) => [key, undefined]));
    for (const key of [...settled, ...this.#handover.services()]) {
      const wanted = this.#allocations.get(key)?.vips ?? [];
      const shown = [...(services.get(key)?.ingress ?? []), ...this.#writes.vipsUnderWay(key)];
      this.#handover.leaves(
        key,
        shown.filter((vip) => !wanted.includes(vip)),
      );
    }
    const candidates = new Set([...settled, ...this.#blocked]);
    this.#blocked = new Set();
    for (const key of candidates) {
      const service = services.get(key);
      const status = service && this.#nextStatus(service);
      if (service !== undefined && status !== undefined && !isSameStatus(statusOf(service), status)) changes.set(key, status);
    }
    return changes;
  }

  /** Tells the gate of addresses that were on record with our Services until now. */
  #noteGivenUp(dirty: Dirty, before: Snapshot, { services, pools }: Snapshot): void {
    if (![...pools.values()].some(({ isProbed }) => isProbed)) return;
    for (const key of dirty.all ? before.services.keys() : dirty.services) {
      const service = before.services.get(key);
      if (service === undefined || !isOurClass(service, this.#options.loadBalancerClass)) continue;
      const now = services.get(key)?.ingress ?? [];
      this.#gate.wereOurs(service.ingress.filter((vip) => !now.includes(vip)));
    }
  }

  #holds(key: ServiceKey): boolean {
    return (this.#allocations.get(key)?.vips.length ?? 0) > 0;
  }

  /** What a Service is to have on record next, which is not always what it is to have in the end. */
  #nextStatus({ key }: ServiceFact): ServiceStatus | undefined {
    const allocation = this.#allocations.get(key);
    if (allocation === undefined) return undefined;
    if (!this.#handover.mustWait(key, allocation.vips)) return this.#provenStatus(key, allocation);
    this.#blocked.add(key);
    // Two that change places would wait for each other for ever: so each gives up what it has first.
    return this.#handover.isLeaving(key) ? { vips: [] } : undefined;
  }

  /** Undefined as long as it has an address that the network must be asked for, and has not answered for yet. */
  #provenStatus(key: ServiceKey, allocation: Allocation): ServiceStatus | undefined {
    const pools = this.#snapshot?.pools;
    const { vips, pools: names } = allocation;
    const doubtful = vips.filter((vip, at) => pools?.get(names[at] ?? "")?.isProbed && !this.#isOnRecord(vip));
    if (doubtful.length === 0 || this.#gate.isClear(doubtful)) return statusFrom(allocation);
    this.#probing.add(key);
    return undefined;
  }

  /** Then our own speakers may answer for it: it is not to be asked for. */
  #isOnRecord(vip: string): boolean {
    return this.#allocator
      .holdersOf(vip)
      .some((key) => this.#snapshot?.services.get(key)?.ingress.includes(vip) || this.#writes.vipsUnderWay(key).includes(vip));
  }

  #written(key: ServiceKey, status: ServiceStatus | undefined): void {
    this.#news.push({ service: key, vips: status?.vips ?? "released" });
    this.#wake();
    const service = this.#snapshot?.services.get(key);
    if (service !== undefined && status !== undefined) this.#options.news?.written(service, status);
  }

  #tellWritten(): void {
    this.#say("info", "Status written", this.#news.splice(0));
  }

  /** Remembers and tells what is new in the results. */
  #note(results: ReadonlyMap<ServiceKey, Allocation>, gone: readonly ServiceKey[], { services }: Snapshot): void {
    for (const key of gone) this.#allocations.delete(key);
    const refused: Record<string, unknown>[] = [];
    for (const [key, allocation] of results) {
      const before = this.#allocations.get(key);
      this.#allocations.set(key, allocation);
      const known = new Set(saidOf(before).map(({ message }) => message));
      const news = saidOf(allocation).filter(({ message }) => !known.has(message));
      const told = allocation.refused ?? allocation.cleared;
      if (told !== undefined && news.includes(told)) refused.push({ service: key, ...told });
      const service = services.get(key);
      for (const what of news) if (service !== undefined) this.#options.news?.said(service, what);
    }
    this.#say("warn", "Service does not have what it asks for", refused);
  }

  #noteProblems(): void {
    const news = this.#problems.set(this.#allocator.problems());
    const fields = news.map(({ object, found }) => ({ reservation: object, found }));
    this.#say("warn", "Reserved address is held by another Service", fields);
  }

  #say(level: "info" | "warn", message: string, news: readonly Readonly<Record<string, unknown>>[]): void {
    const { log } = this.#options;
    if (news.length > MOST_LOGGED) log[level](message, { services: news.length });
    else for (const fields of news) log[level](message, fields);
  }
}

function saidOf({ cleared, refused, deprecated, ignored }: Partial<Allocation> = {}): Said[] {
  return [cleared, refused, deprecated, ignored].filter((said) => said !== undefined);
}
