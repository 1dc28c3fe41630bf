/**
 * One VIP group's fence: a Lease that is held by the node that answers for the group, for networks in which nodes cannot hear each other
 * announce. Followed here by each member of the group; taken, when it is free, by one that wants it.
 *
 * With D the duration of the Lease (6 s), R the renew deadline (4 s) and t the start of the last renewal that went through: nobody else takes
 * it before t + D, since everybody counts from when they saw that renewal, by their own monotonic clock; and from t + R on it is not said to
 * be ours any more. So two never have a "yes" at the same time, with 2 s for a node that is slow to act on that.
 */

import type { Clock, Log } from "../../../announcer.ts";
import type { Api } from "../../api/api.ts";
import { Lease } from "../leader/lease.ts";
import { type LeaseTimes, Term } from "../leader/term.ts";
import { ownName } from "../reports/owned-object.ts";

/** `yes`: this node has the Lease. `no`: another one has. `unknown`: nobody has it for certain, or the API server does not say. */
export type FenceAnswer = "yes" | "no" | "unknown";

export interface FenceOptions {
  readonly api: Api;
  /** Herald's own. */
  readonly namespace: string;
  /** Of this process, and of no other at any time. */
  readonly identity: string;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly log: Pick<Log, "info" | "warn">;
  /** The same for all members. */
  readonly times?: LeaseTimes;
}

const FENCE_TIMES: LeaseTimes = { durationMs: 6000, renewDeadlineMs: 4000, retryMs: 2000 };
/** Part of the time between two tries that is added by chance, so that members do not try together. */
const JITTER = 0.1;

export class GroupFence {
  readonly #options: FenceOptions;
  readonly #group: string;
  readonly #times: LeaseTimes;
  readonly #onChange: () => void;
  readonly #lease: Lease;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #isWanted: boolean;
  #term: Term | undefined;
  /** When the API server said last how it is. */
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #told: FenceAnswer = "unknown";
  #trouble = "";
  #wake: () => void = () => {};

  /** `onChange`: after each change of the answer. */
  constructor(group: string, isWanted: boolean, options: FenceOptions, onChange: () => void) {
    const { api, namespace, identity, clock, times = FENCE_TIMES } = options;
    this.#options = options;
    this.#group = group;
    this.#times = times;
    this.#isWanted = isWanted;
    this.#onChange = onChange;
    this.#lease = new Lease({ api, namespace, name: fenceName(group), identity, durationMs: times.durationMs, clock });
    this.#running = this.#run();
  }

  answer(): FenceAnswer {
    const { clock } = this.#options;
    if (this.#term?.mayWrite()) return "yes";
    const isKnown = clock.now() - this.#lookedAtMs < this.#times.durationMs;
    return isKnown && clock.now() < this.#lease.freeAtMs() ? "no" : "unknown";
  }

  /** A holder that does not want it any more gives it back. */
  want(isWanted: boolean): void {
    if (this.#isWanted === isWanted) return;
    this.#isWanted = isWanted;
    this.#wake();
  }

  /** Resolves when it is given back, if that can be. */
  async close(): Promise<void> {
    this.#isWanted = false;
    this.#closing.abort(new Error("Closed"));
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const wasWanted = this.#isWanted;
      const pauseMs = await this.#turn();
      this.#tell();
      if (wasWanted === this.#isWanted) await this.#pause(pauseMs);
    }
    await this.#giveBack();
    this.#tell();
  }

  /** One look, renewal or release; how long to wait for the next. */
  async #turn(): Promise<number> {
    const { clock } = this.#options;
    const { retryMs } = this.#times;
    try {
      if (this.#term !== undefined && this.#isWanted) await this.#renew(this.#term);
      else if (this.#term !== undefined) await this.#giveBack();
      else if (await this.#look()) return 0;
      this.#trouble = "";
      return this.#isWanted && this.#term === undefined ? Math.min(retryMs, Math.max(0, this.#lease.freeAtMs() - clock.now())) : retryMs;
    } catch (error) {
      this.#complain(error as Error);
      return retryMs;
    }
  }

  /** True where it was taken by another in this moment, so that it is worth another look. */
  async #look(): Promise<boolean> {
    const { clock, log } = this.#options;
    await this.#lease.look(this.#limits());
    this.#lookedAtMs = clock.now();
    const startedAtMs = clock.now();
    if (!this.#isWanted || startedAtMs < this.#lease.freeAtMs()) return false;
    if (!(await this.#lease.take(this.#limits()))) return true;
    log.info("Has the fence of a VIP group", { group: this.#group });
    const term = new Term(this.#times, clock, startedAtMs);
    // It runs out while nothing is under way, too.
    term.signal.addEventListener("abort", () => this.#tell());
    this.#term = term;
    return false;
  }

  async #renew(term: Term): Promise<void> {
    const startedAtMs = this.#options.clock.now();
    const isOurs = await this.#lease.renew(this.#limits());
    this.#lookedAtMs = this.#options.clock.now();
    if (isOurs) term.extend(startedAtMs);
    else term.end("Another node has it");
    // One that has run out is taken anew, if nobody else has it.
    if (!term.mayWrite()) this.#term = undefined;
  }

  async #giveBack(): Promise<void> {
    const term = this.#term;
    this.#term = undefined;
    if (!term?.mayWrite()) return term?.end("Over");
    // From here on another may have it.
    term.end("Not wanted any more");
    const { log } = this.#options;
    const { renewDeadlineMs } = this.#times;
    const limits = { timeoutMs: renewDeadlineMs, signal: AbortSignal.timeout(renewDeadlineMs) };
    await this.#lease.release(limits).catch((error: Error) => log.warn("Cannot give back a fence", { reason: error.message }));
  }

  #limits() {
    return { timeoutMs: this.#times.renewDeadlineMs / 2, signal: this.#closing.signal };
  }

  /** Once, as long as it is the same. */
  #complain({ message }: Error): void {
    if (this.#closing.signal.aborted || this.#trouble === message) return;
    this.#trouble = message;
    this.#options.log.warn("Cannot reach the fence of a VIP group", { group: this.#group, reason: message });
  }

  #tell(): void {
    const answer = this.answer();
    if (answer === this.#told) return;
    this.#told = answer;
    this.#onChange();
  }

  async #pause(delayMs: number): Promise<void> {
    if (this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const closeTimer = this.#options.clock.after(delayMs + Math.random() * JITTER * this.#times.retryMs, resolve);
      this.#wake = () => {
        closeTimer();
        resolve();
      };
    });
    this.#wake = () => {};
  }
}

/** A group is named by an address: colons are not for names. */
function fenceName(group: string): string {
  return ownName(`herald-fence-${group.replaceAll(":", "-")}`, group);
}
