/**
 * What each address is to be told, and has been. For an address there is one call at a time, and always for what is wanted last: nothing is
 * announced any more once it is to be withdrawn, however often that has to be tried.
 */

import type { Close, Context } from "herald";
import type { Rendered } from "./template.ts";

export interface Goal extends Rendered {
  readonly action: "announce" | "withdraw";
  /** The same for every attempt, and for nothing else. */
  readonly key: string;
}

export type Outcome =
  | { readonly kind: "done" }
  /** `afterMs`: not before. */
  | { readonly kind: "failed"; readonly reason: string; readonly afterMs?: number }
  /** Nothing that a further attempt soon would change. */
  | { readonly kind: "refused"; readonly reason: string };

export interface CallsOptions {
  readonly concurrency: number;
  readonly longestPauseMs: number;
  /** Never rejects. */
  perform(goal: Goal): Promise<Outcome>;
}

interface Task {
  /** Undefined: nothing any more, once the call that is under way has ended. */
  goal: Goal | undefined;
  /** What was announced last, as it was said. */
  announced?: string;
  wasTried: boolean;
  isRunning: boolean;
  attempts: number;
  closeTimer: Close;
}

const FIRST_PAUSE_MS = 1000;

export class Calls {
  readonly #context: Pick<Context, "clock" | "random" | "log" | "metrics" | "report">;
  readonly #options: CallsOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #ready = new Set<string>();
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(context: Pick<Context, "clock" | "random" | "log" | "metrics" | "report">, options: CallsOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** What was announced so already, is being, or is to be, is not again. */
  announce(vip: string, goal: Goal): void {
    const task = this.#tasks.get(vip);
    const isWanted = task?.goal?.action === "announce" && sayingOf(task.goal) === sayingOf(goal);
    if (isWanted || (task?.goal === undefined && task?.announced === sayingOf(goal) && !task.isRunning)) return;
    this.#want(vip, goal);
  }

  /** `goal` undefined: nobody is to be told. What was never tried to be announced need not be withdrawn. */
  withdraw(vip: string, goal: Goal | undefined): void {
    const task = this.#tasks.get(vip);
    if (task === undefined || task.goal?.action === "withdraw") return;
    if (goal !== undefined && task.wasTried) this.#want(vip, goal);
    else this.#forget(vip, task);
  }

  /** Resolves when nothing is left to be done now, but for what waits for its next attempt. */
  async settled(): Promise<void> {
    if (this.#running + this.#ready.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    for (const { closeTimer } of this.#tasks.values()) closeTimer();
    this.#tasks.clear();
    this.#ready.clear();
  }

  #want(vip: string, goal: Goal): void {
    const task = this.#tasks.get(vip) ?? { goal, wasTried: false, isRunning: false, attempts: 0, closeTimer: () => {} };
    this.#tasks.set(vip, task);
    task.closeTimer();
    Object.assign(task, { goal, attempts: 0 });
    if (!task.isRunning) this.#enqueue(vip);
  }

  #forget(vip: string, task: Task): void {
    task.closeTimer();
    task.goal = undefined;
    this.#ready.delete(vip);
    this.#context.report(vip, undefined);
    // What is under way has to end before anything else is said of the address.
    if (!task.isRunning) this.#tasks.delete(vip);
  }

  #enqueue(vip: string): void {
    this.#ready.add(vip);
    this.#pump();
  }

  #pump(): void {
    for (const vip of this.#ready) {
      if (this.#running >= this.#options.concurrency) return;
      this.#ready.delete(vip);
      const task = this.#tasks.get(vip);
      if (task?.goal !== undefined) void this.#run(vip, task, task.goal);
    }
    if (this.#running > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #run(vip: string, task: Task, goal: Goal): Promise<void> {
    this.#running += 1;
    Object.assign(task, { isRunning: true, wasTried: true });
    const outcome = await this.#options.perform(goal);
    this.#running -= 1;
    task.isRunning = false;
    this.#context.metrics.count("calls_total", { action: goal.action, outcome: outcome.kind });
    if (this.#tasks.get(vip) === task) this.#conclude(vip, task, goal, outcome);
    this.#pump();
  }

  #conclude(vip: string, task: Task, goal: Goal, outcome: Outcome): void {
    if (outcome.kind === "done" && goal.action === "announce") task.announced = sayingOf(goal);
    if (task.goal === undefined) this.#tasks.delete(vip);
    else if (task.goal !== goal) this.#ready.add(vip);
    else if (outcome.kind !== "done") this.#tryAgain(vip, task, goal, outcome);
    else this.#finish(vip, task, goal);
  }

  #finish(vip: string, task: Task, { action }: Goal): void {
    this.#context.report(vip, undefined);
    task.goal = undefined;
    if (action === "withdraw") this.#tasks.delete(vip);
  }

  #tryAgain(vip: string, task: Task, { action }: Goal, outcome: Exclude<Outcome, { kind: "done" }>): void {
    const { clock, random, report, log } = this.#context;
    const { longestPauseMs } = this.#options;
    task.attempts += 1;
    const spreadMs = Math.min(longestPauseMs, FIRST_PAUSE_MS * 2 ** (task.attempts - 1)) * (0.5 + random() / 2);
    const asked = outcome.kind === "failed" ? (outcome.afterMs ?? 0) : longestPauseMs;
    report(vip, `${action} ${outcome.kind}, attempt ${task.attempts}: ${outcome.reason}`);
    if (task.attempts === 1) log.warn("A call did not succeed; trying again", { vip, action, reason: outcome.reason });
    task.closeTimer = clock.after(Math.max(spreadMs, asked), () => this.#enqueue(vip));
  }
}

/** Equal where the same is said. */
function sayingOf({ method, url, body }: Rendered): string {
  return JSON.stringify([method, url, body]);
}
