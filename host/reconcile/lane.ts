/**
 * One announcer's lane: it brings the announcer from what it was told to what it should announce.
 *
 * A turn is: difference → `apply` → settle. One turn runs at a time; what changes meanwhile is the next turn. A refused
 * row comes again after a delay of its own, and nothing waits for it. A failed `apply` leaves all of its rows unsure,
 * and the whole lane waits, because it was the announcer that failed and not a row. So add, change, delete, retry and
 * restart are one path. A new config is a turn of its own.
 */

import type { Announcer, Changes, Clock, Close, Log, Refusal } from "../announcer.ts";
import type { Announcement } from "../rules/vocabulary.ts";
import { Alarm } from "./alarm.ts";
import { ApplyRecord } from "./apply-record.ts";
import { backoffMs } from "./backoff.ts";
import { Books } from "./books.ts";
import type { LaneRow, LaneState, Taking, WaitingConfig } from "./lane-state.ts";
import { Retries } from "./retries.ts";

/** How long `stop` and `handOver` wait for the announcer to settle before they go on without. */
const STOP_PATIENCE_MS = 2000;

const NOTHING: Changes = { added: [], changed: [], removed: [] };

export interface LaneOptions {
  readonly name: string;
  readonly clock: Pick<Clock, "now" | "after">;
  /** In [0, 1), for the jitter of retries. */
  readonly random?: () => number;
  readonly log?: Pick<Log, "warn">;
  /** Called after each turn, with how far rows have come by then in `rows`. */
  readonly onTurn?: () => void;
}

export class Lane {
  readonly name: string;
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #random: () => number;
  readonly #log: Pick<Log, "warn"> | undefined;
  readonly #onTurn: () => void;
  readonly #books = new Books();
  readonly #retries = new Retries();
  #announcer: Announcer | undefined;
  /** Counts starts and stops: what an announcer of an earlier life answers is not for the books. */
  #life = 0;
  /** No `apply` has succeeded in this life. */
  #isFresh = false;
  readonly #record = new ApplyRecord();
  /** Waits for its turn. */
  #config: WaitingConfig | undefined;
  #isConfiguring = false;
  #failuresInARow = 0;
  #pausedUntilMs = 0;
  /** The end of the pause, or the next refused row's time. */
  readonly #alarm: Alarm;
  #idleCalls: (() => void)[] = [];
  #taking: Taking | undefined;

  constructor(options: LaneOptions) {
    this.name = options.name;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#log = options.log;
    this.#onTurn = options.onTurn ?? (() => {});
    this.#alarm = new Alarm(options.clock, () => this.run());
  }

  /** What should be announced at a VIP, undefined for nothing; then, whether another node announces it. Takes effect with `run`. */
  desire(vip: string, announcement: Announcement | undefined, isElsewhere = false): void {
    if (this.#books.desire(vip, announcement, isElsewhere)) this.#retries.forget(vip);
  }

  /** Tells the announcer what is new, unless it is being told: then that comes next. */
  run(): void {
    if (this.#announcer === undefined || this.#record.isApplying || this.#isConfiguring) return;
    if (this.#config !== undefined) {
      void this.#turnConfig(this.#announcer, this.#config);
      return;
    }
    const now = this.#clock.now();
    const changes = now < this.#pausedUntilMs ? undefined : this.#takeChanges(now);
    if (changes !== undefined) void this.#turn(this.#announcer, changes);
    else {
      this.#alarm.set(now < this.#pausedUntilMs ? this.#pausedUntilMs : this.#retries.nextDueMs());
      for (const call of this.#idleCalls.splice(0)) call();
    }
  }

  /**
   * Gives the lane a started announcer; what that holds from before counts as told. Its first `apply` comes at once, even with nothing,
   * so what is desired should be known before. Rejects as `held` does.
   */
  async start(announcer: Announcer): Promise<void> {
    this.#endLife();
    const life = this.#life;
    const held = (await announcer.held?.()) ?? [];
    if (life !== this.#life) return;
    for (const { vip } of this.#books.restart(held)) this.#log?.warn("Held row is not usable", { announcer: this.name, vip });
    this.#announcer = announcer;
    this.#isFresh = true;
    this.run();
  }

  /**
   * Gives the lane another started announcer while the one that it has goes on, which stays as it is and is the caller's to stop afterwards.
   * Resolves when the other has taken over everything. Rejects where it does not within `patienceMs`: then the lane goes on with the one from
   * before; and where the lane is stopped.
   */
  async handOver(next: Announcer, patienceMs: number): Promise<void> {
    const before = this.#announcer;
    if (before === undefined) return this.start(next);
    const life = this.#life;
    await this.#idle(STOP_PATIENCE_MS);
    if (life !== this.#life) throw new Error("Stopped meanwhile");
    const rows = [...this.#books.rows()];
    const told = rows.filter(({ state, isDesired }) => state === "told" || !isDesired).map(({ announcement }) => announcement);
    try {
      await this.#takeOver(next, patienceMs);
    } catch (error) {
      // A stop, or another start, has come in between.
      if (this.#life !== life + 1) throw error;
      this.#endLife();
      this.#books.restart(told);
      this.#announcer = before;
      this.#isFresh = false;
      this.run();
      throw error;
    }
  }

  /** Gives the announcer a new config between two calls of `apply`. False: it must be started anew with that. Rejects as `configure` does. */
  configure(config: unknown): Promise<boolean> {
    if (this.#announcer === undefined) return Promise.resolve(false);
    this.#config?.resolve(false);
    return new Promise((resolve, reject) => {
      this.#config = { config, resolve, reject };
      this.run();
    });
  }

  /**
   * Ends this life of the lane; it may be started again. `leave` first takes everything down, as far as the announcer
   * lets it in one more try. Whoever calls this sees to it that nobody desires anything meanwhile.
   */
  async stop(why: "leave" | "replace"): Promise<void> {
    const announcer = this.#announcer;
    if (announcer === undefined) return this.#endLife();
    if (why === "leave") await attempt(async () => await announcer.drain?.());
    if (why === "leave") for (const vip of [...this.#books.desired()]) this.desire(vip, undefined);
    await this.#idle(STOP_PATIENCE_MS);
    if (why === "leave") {
      this.#pausedUntilMs = 0;
      this.#books.retryAll();
      await this.#idle(STOP_PATIENCE_MS);
    }
    this.#endLife();
    await announcer.stop(why);
  }

  /** The announcer has ended by itself: every row is unsure until the lane is started again. */
  lose(why: string): void {
    this.#endLife();
    this.#books.doubtAll();
    this.#record.lastError = why;
    this.#onTurn();
  }

  /** Every row that is desired or told, with how far it has come. */
  rows(): LaneRow[] {
    return Array.from(this.#books.rows(), (row) => {
      const refusal = this.#retries.get(row.announcement.vip);
      return refusal === undefined ? row : { ...row, refusal };
    });
  }

  state(): LaneState {
    const counts = { desired: 0, told: 0, untold: 0, unsure: 0 };
    for (const { isDesired, state } of this.#books.rows()) {
      counts[state] += 1;
      if (isDesired) counts.desired += 1;
    }
    return {
      name: this.name,
      isStarted: this.#announcer !== undefined,
      ...counts,
      ...this.#record.state(),
    };
  }

  async #takeOver(next: Announcer, patienceMs: number): Promise<void> {
    let close: Close = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        close = this.#clock.after(patienceMs, () => reject(new Error(`Nothing was taken over within ${patienceMs} ms`)));
        this.start(next).catch(reject);
        this.#taking = { resolve, reject };
      });
    } finally {
      close();
    }
  }

  #takeChanges(nowMs: number): Changes | undefined {
    this.#books.retry(this.#retries.takeDue(nowMs));
    return this.#books.take() ?? (this.#isFresh ? NOTHING : undefined);
  }

  async #turnConfig(announcer: Announcer, { config, resolve, reject }: WaitingConfig): Promise<void> {
    const life = this.#life;
    this.#config = undefined;
    this.#isConfiguring = true;
    const outcome = await attempt(async () => (await announcer.configure?.(config)) ?? false);
    if (outcome.error === undefined) resolve(outcome.value);
    else reject(outcome.cause);
    if (life !== this.#life) return;
    this.#isConfiguring = false;
    this.#onTurn();
    this.run();
  }

  /** Never rejects but for a bug of our own. */
  async #turn(announcer: Announcer, changes: Changes): Promise<void> {
    const life = this.#life;
    this.#record.begin(this.#clock.now());
    const outcome = await attempt(() => announcer.apply(changes));
    if (life !== this.#life) return;
    const now = this.#clock.now();
    this.#record.end(now, outcome.error);
    if (outcome.error === undefined) this.#settle(changes, outcome.value, now);
    else this.#fail(changes, outcome.cause, now);
    this.#onTurn();
    this.run();
  }

  #settle(changes: Changes, refusals: readonly Refusal[], nowMs: number): void {
    this.#failuresInARow = 0;
    this.#isFresh = false;
    this.#taking?.resolve();
    this.#taking = undefined;
    const refused = new Map(refusals.map(({ vip, reason }) => [vip, reason]));
    this.#books.settle(changes, refused, nowMs);
    const random = this.#random();
    for (const { vip } of [...changes.added, ...changes.changed, ...changes.removed]) {
      const reason = refused.get(vip);
      if (reason === undefined) this.#retries.forget(vip);
      else {
        if (this.#retries.get(vip)?.reason !== reason) this.#log?.warn("Row refused", { announcer: this.name, vip, reason });
        this.#retries.refuse(vip, reason, nowMs, random);
      }
    }
  }

  #fail(changes: Changes, cause: Error, nowMs: number): void {
    this.#taking?.reject(cause);
    this.#taking = undefined;
    this.#failuresInARow += 1;
    const delayMs = backoffMs(this.#failuresInARow, this.#random());
    this.#pausedUntilMs = nowMs + delayMs;
    this.#books.retry([...changes.added, ...changes.changed, ...changes.removed].map(({ vip }) => vip));
    this.#log?.warn("Announcer failed", { announcer: this.name, error: cause.message, retryAfterMs: delayMs });
  }

  /** Resolves when there is nothing to tell now, or when the time is over. */
  async #idle(patienceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const close = this.#clock.after(patienceMs, resolve);
      this.#idleCalls.push(() => {
        close();
        resolve();
      });
      this.run();
    });
  }

  #endLife(): void {
    this.#life += 1;
    this.#announcer = undefined;
    this.#record.abandon();
    this.#isConfiguring = false;
    this.#config?.resolve(false);
    this.#config = undefined;
    this.#failuresInARow = 0;
    this.#pausedUntilMs = 0;
    this.#retries.clear();
    this.#alarm.clear();
    this.#idleCalls = [];
    this.#taking?.reject(new Error("Stopped meanwhile"));
    this.#taking = undefined;
  }
}

async function attempt<T>(call: () => Promise<T>): Promise<{ value: T; error?: undefined } | { error: string; cause: Error }> {
  try {
    return { value: await call() };
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    return { error: cause.message, cause };
  }
}
