/**
 * Which of several controllers writes: the one that holds the Lease. The others hold nothing but a look at it.
 *
 * Nobody must ever give an address to a second Service because it does not know of the first. With D the duration of
 * the Lease (15 s), R the renew deadline (10 s) and t the start of the last renewal that went through:
 *
 * 1. The record in the API server changed after t, and everybody else waits for D after having seen that change. So
 *    nobody else takes the Lease before t + D.
 * 2. A write starts before t + R only (`Fence.mayWrite`). At t + R all connections are reset, so what the kernel has
 *    not sent by then never will be, and the server gives up each write after (D - R) · 0.8 (4 s), which goes with it.
 *    So all writes are over by t + D, with (D - R) · 0.2 (1 s) for clocks that run unevenly.
 * 3. A leader begins to read only when it has the Lease: whatever the one before wrote is in what it reads. Whoever
 *    loses the Lease forgets everything and comes back under a new name, so all this holds between it and itself too.
 * 4. On shutdown the Lease is given back once every write has its answer; where one has none, it runs out by itself.
 *
 * A process may be stopped (SIGSTOP) between asking the fence and sending, and go on a minute later: no check in
 * this process can see that. Therefore each write also names the version of the Service that it was decided from. The
 * API server refuses it where the Service changed since, as it has when another leader gave it an address meanwhile.
 * (Should a Service for which a leader decided nothing get such a late write, then two have one address until the
 * leader sees it; the address book keeps the one that had it, and the other gets another.)
 *
 * Times are monotonic; a wrong or jumping date changes nothing.
 */

import { randomUUID } from "node:crypto";
import type { Clock, Log } from "../../../announcer.ts";
import { API_GROUP } from "../../../rules/api-group.ts";
import { type Api, ApiError } from "../../api/api.ts";
import { Lease } from "./lease.ts";
import { type Fence, type LeaseTimes, Term } from "./term.ts";

/** The same for all controllers of a namespace. */
export const LEASE_NAME = `controller.${API_GROUP}`;

export const LEASE_TIMES: LeaseTimes = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 };

/** What the leader does. */
export interface Work {
  /**
   * Begins, with nothing known from before; resolves with how to stop it, also when `fence.signal` was aborted meanwhile. `closing` ends what
   * it waits for before it has begun: then it rejects with the reason of that.
   */
  start(fence: Fence, closing: AbortSignal): Promise<() => Promise<void>>;
  /** Resets the connections that it writes on, at once. */
  cutOff(): void;
}

export interface LeaderOptions {
  /** For the Lease alone, so that nothing else can keep a renewal waiting. Closed with the leader. */
  readonly api: Api;
  readonly namespace: string;
  /** Name of the pod, for people. */
  readonly name: string;
  readonly log: Pick<Log, "info" | "warn">;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly times?: LeaseTimes;
}

/** Part of the time between two tries that is added by chance, so that candidates do not try together. */
const JITTER = 0.2;

export class Leader {
  readonly #options: LeaderOptions;
  readonly #times: LeaseTimes;
  readonly #closing = new AbortController();
  #term: Term | undefined;
  #running: Promise<void> = Promise.resolve();
  #trouble = "";
  #hasLooked = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#times = options.times ?? LEASE_TIMES;
  }

  /** The API server has said who has the Lease. */
  get hasLooked(): boolean {
    return this.#hasLooked;
  }

  isLeading(): boolean {
    return this.#term?.mayWrite() ?? false;
  }

  /** Does the work whenever the Lease is ours, until closed. */
  runAsLeader(work: Work): void {
    this.#running = this.#run(work);
  }

  /** Resolves when the work has stopped and, if that can be, the Lease is given back. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("Closed"));
    await this.#running;
    this.#options.api.close();
  }

  async #run(work: Work): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const { api, namespace, name, clock } = this.#options;
      const identity = `${name}_${randomUUID()}`;
      const lease = new Lease({ api, namespace, name: LEASE_NAME, identity, durationMs: this.#times.durationMs, clock });
      const term = await this.#win(lease);
      if (term !== undefined) await this.#lead(lease, term, work);
    }
  }

  /** Waits until the Lease is ours; undefined: closed before. */
  async #win(lease: Lease): Promise<Term | undefined> {
    const { clock, log } = this.#options;
    const { signal } = this.#closing;
    const limits = { timeoutMs: this.#times.renewDeadlineMs / 2, signal };
    let holder: string | undefined;
    while (!signal.aborted) {
      let waitMs = this.#times.retryMs;
      try {
        await lease.look(limits);
        this.#hasLooked = true;
        this.#trouble = "";
        const startedAtMs = clock.now();
        if (startedAtMs >= lease.freeAtMs() && (await lease.take(limits))) return new Term(this.#times, clock, startedAtMs);
        if (lease.holder !== holder) log.info("Waiting for the Lease", { lease: LEASE_NAME, holder: lease.holder });
        holder = lease.holder;
        waitMs = Math.min(waitMs, Math.max(0, lease.freeAtMs() - clock.now()));
      } catch (error) {
        this.#tell("Cannot read or take the Lease", error);
      }
      await this.#pause(waitMs, signal);
    }
    return undefined;
  }

  async #lead(lease: Lease, term: Term, work: Work): Promise<void> {
    const { log } = this.#options;
    log.info("Leading", { lease: LEASE_NAME });
    this.#term = term;
    const onOver = () => work.cutOff();
    term.signal.addEventListener("abort", onOver);
    const { signal: closing } = this.#closing;
    const started = work.start(term, closing);
    started.catch((error: Error) => closing.aborted || term.end(error.message));
    await this.#keep(lease, term);
    // The term goes on while the work stops: who closes lets writes under way end, unless that takes too long.
    term.seal();
    await started.then((stop) => stop()).catch((error: Error) => error === closing.reason || log.warn(error.message));
    if (term.signal.aborted) log.warn("Not leading any more", { reason: (term.signal.reason as Error).message });
    else await this.#giveBack(lease, term);
    term.signal.removeEventListener("abort", onOver);
    term.end("Closed");
    this.#term = undefined;
  }

  /** Renews until it is over, or we close. */
  async #keep(lease: Lease, term: Term): Promise<void> {
    const { clock } = this.#options;
    const until = AbortSignal.any([term.signal, this.#closing.signal]);
    while (true) {
      await this.#pause(this.#times.retryMs, until);
      if (until.aborted) return;
      const startedAtMs = clock.now();
      try {
        const isOurs = await lease.renew({ timeoutMs: this.#times.renewDeadlineMs / 2, signal: term.signal });
        if (isOurs) term.extend(startedAtMs);
        else term.end(`${lease.holder || "nobody"} has the Lease`);
        this.#trouble = "";
      } catch (error) {
        if (!term.signal.aborted) this.#tell("Cannot renew the Lease", error);
      }
    }
  }

  async #giveBack(lease: Lease, term: Term): Promise<void> {
    if (!term.isAnswered()) return;
    try {
      await lease.release({ timeoutMs: term.leftMs, signal: term.signal });
    } catch (error) {
      this.#tell("Cannot give the Lease back", error);
    }
  }

  /** Once, as long as it is the same. A connection that brought no answer is not asked again. */
  #tell(message: string, error: unknown): void {
    const { api, log } = this.#options;
    if (!(error instanceof ApiError) || error.status === 0) api.cutOff();
    if (this.#closing.signal.aborted || this.#trouble === String(error)) return;
    this.#trouble = String(error);
    log.warn(message, { lease: LEASE_NAME, reason: (error as Error).message });
  }

  async #pause(delayMs: number, until: AbortSignal): Promise<void> {
    if (until.aborted) return;
    const jitterMs = Math.random() * JITTER * this.#times.retryMs;
    await new Promise<void>((resolve) => {
      const end = () => {
        closeTimer();
        until.removeEventListener("abort", end);
        resolve();
      };
      const closeTimer = this.#options.clock.after(delayMs + jitterMs, end);
      until.addEventListener("abort", end);
    });
  }
}
