/**
 * One plugin of a speaker, by its name: in its lane, with the code and the config of the moment, and alive.
 *
 *   wanted (supply, config)  against  the incumbent, or none  →  one step (`plugin-incumbent.ts`)  →  again
 *
 * Whatever comes while a step is under way is the next one. A plugin that has ended by itself makes its rows unsure, and is started again
 * (`restarts.ts`), and all rows are told again by the same path; so is one that does not start. What only a change can mend waits for one.
 */

import type { Announcer, Clock, Close, Log } from "../announcer.ts";
import type { Standings } from "../liveness/standing.ts";
import { Lane } from "../reconcile/lane.ts";
import type { ForeignPart, Manifest } from "../sandbox/hosted.ts";
import { needsChange } from "../sandbox/needs-change.ts";
import type { RunningPlugin } from "../sandbox/start-plugin.ts";
import { Incumbent, type Wanted } from "./plugin-incumbent.ts";
import type { PluginSupply, StartHosted } from "./plugin-instance.ts";
import { Restarts } from "./restarts.ts";
import { RowLog } from "./row-log.ts";

/** How far it has come: `waiting` and `parked` are tried again by themselves, `refused` when something changes. */
export type PluginState = "starting" | "running" | "waiting" | "parked" | "refused";

export interface RunOptions extends Wanted {
  readonly start: StartHosted;
  /** Undefined: whatever the announcer is told is announced. */
  readonly standings?: Standings | undefined;
  /** After each change of `state`, `trouble` or `manifest`. */
  readonly onState?: () => void;
  /** In [0, 1), for the jitter of restarts. */
  readonly random?: () => number;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly log: Log;
}

export class PluginRun {
  readonly lane: Lane;
  readonly #options: RunOptions;
  readonly #incumbent: Incumbent;
  readonly #restarts: Restarts;
  #wanted: Wanted;
  /** What ran last as it was wanted. */
  #good: Wanted | undefined;
  /** What was wanted and did not come to run, and why. */
  #failed: { readonly reason: string; readonly isForGood: boolean } | undefined;
  #state: PluginState = "starting";
  #trouble: string | undefined;
  #isOn = false;
  #isHalted = false;
  #following: Promise<void> | undefined;
  #endPause: () => void = () => {};
  readonly #rowCalls = new Set<() => void>();
  readonly #rowLog: RowLog;
  readonly #stopLog: Close;

  /** Nothing runs before `prepare` or `start`. */
  constructor(options: RunOptions) {
    const { supply, config, start, clock, log, standings } = options;
    const { name } = supply.manifest;
    this.#options = options;
    this.#wanted = { supply, config };
    this.#restarts = new Restarts(supply.origin.kind !== "built-in", options.random);
    const onTurn = (): void => {
      for (const call of this.#rowCalls) call();
    };
    this.lane = new Lane({ name, clock, log, onTurn });
    this.#rowLog = new RowLog({ log, via: name, standings });
    this.#stopLog = this.#rowLog.follow(() => this.lane.rows());
    const shown = (announcer: Announcer) => saying(announcer, this.#rowLog);
    this.#incumbent = new Incumbent({ lane: this.lane, start, shown, clock, log, onLost: () => this.#wake() });
  }

  /** The one that runs, or ran last; undefined: none has ever run. */
  get plugin(): RunningPlugin | undefined {
    return this.#incumbent.running;
  }

  /** Of the one that runs, else the one that is wanted. */
  get supply(): PluginSupply {
    return (this.#incumbent.current ?? this.#wanted).supply;
  }

  /** The resource kind whose advertisements it serves. */
  get kind(): string {
    return this.supply.manifest.serves.kind;
  }

  /** Who announces by it. */
  get from(): Manifest["from"] {
    return this.supply.manifest.from;
  }

  get state(): PluginState {
    return this.#state;
  }

  /** Why it is not, or not yet again, as it is wanted. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** How often it was started again, or that was tried. */
  get restarts(): number {
    return Math.max(0, this.#incumbent.starts - 1);
  }

  /** The process that it has to itself, or shares with other plugins; undefined: it has none. */
  get process(): ForeignPart["process"] {
    return this.#incumbent.current?.hosted.foreign?.process;
  }

  /** Calls after each turn of the lane: rows may have come further, and may be for others than before. */
  onRows(call: () => void): Close {
    this.#rowCalls.add(call);
    return () => void this.#rowCalls.delete(call);
  }

  /** Starts the plugin, which announces nothing before `start`. Rejects where it does not start. */
  prepare(): Promise<void> {
    return this.#incumbent.prepare(this.#wanted);
  }

  /** Begins to announce. Rejects as `held` of a plugin that is prepared does; one that is not is started by and by. */
  async start(): Promise<void> {
    if (this.#incumbent.current !== undefined) {
      await this.#incumbent.announce();
      this.#say("running", undefined);
    }
    this.#isOn = true;
    this.#wake();
  }

  /** Sees to it that the plugin has this config. */
  configure(config: unknown): void {
    if (config !== this.#wanted.config) this.#want({ ...this.#wanted, config });
  }

  /** Sees to it that this is what runs, by the same name. */
  replace(supply: PluginSupply): void {
    if (supply !== this.#wanted.supply) this.#want({ ...this.#wanted, supply });
  }

  /** Takes nothing new any more, and waits until what is under way has ended. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    this.#endPause();
    await this.#following;
  }

  /** Closes what the plugin opened; after the lane has stopped. */
  async close(): Promise<void> {
    this.#stopLog();
    await this.#incumbent.end();
  }

  #want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#failed = undefined;
    this.#restarts.forget();
    if (this.#incumbent.has(wanted)) this.#say("running", undefined);
    this.#wake();
  }

  #wake(): void {
    this.#endPause();
    if (this.#isOn && this.#next() !== undefined) this.#following ??= this.#follow();
  }

  /** Until what is wanted runs, what ran before is to; but only a new config is tried until it runs, since for each try the one before has to stop. */
  #target(): Wanted | undefined {
    const { current } = this.#incumbent;
    if (this.#failed === undefined) return this.#wanted;
    const { isForGood } = this.#failed;
    const isUp = current !== undefined && current.lost === undefined;
    if (!isUp && this.#good !== undefined && (isForGood || this.#good.supply !== this.#wanted.supply)) return this.#good;
    return isForGood ? undefined : this.#wanted;
  }

  /** The next step is towards this; undefined: there is none to take. */
  #next(): Wanted | undefined {
    if (this.#isHalted) return undefined;
    const target = this.#target();
    return target !== undefined && this.#incumbent.has(target) ? undefined : target;
  }

  async #follow(): Promise<void> {
    for (let target = this.#next(); target !== undefined; target = this.#next()) {
      const before = this.#incumbent.current;
      try {
        await this.#incumbent.step(target);
        this.#good = target;
        if (target === this.#wanted) this.#failed = undefined;
        this.#say("running", this.#failed?.reason);
      } catch (error) {
        const isLoss = before?.lost !== undefined;
        if (!isLoss) this.#note(error as Error, target);
        await this.#fail(error as Error, isLoss ? this.#options.clock.now() - before.sinceMs : 0);
      }
    }
    this.#following = undefined;
  }

  /** What is wanted and what ran before are tried in turn. */
  #note(error: Error, target: Wanted): void {
    const isForGood = needsChange(error);
    if (target === this.#wanted) this.#failed = { reason: error.message, isForGood };
    else if (isForGood) this.#good = undefined;
    else if (this.#failed?.isForGood === false) this.#failed = undefined;
  }

  async #fail(error: Error, ranMs: number): Promise<void> {
    const { log, clock } = this.#options;
    const plugin = this.lane.name;
    const isUp = this.#incumbent.current !== undefined;
    if (needsChange(error)) {
      log.error(error.message, { plugin });
      this.#say(isUp ? "running" : "refused", error.message);
      return;
    }
    const { delayMs, isParked } = this.#restarts.ended(clock.now(), ranMs);
    log.error(error.message, { plugin, retryAfterMs: delayMs, ...(isParked ? { state: "parked" } : {}) });
    this.#say(isUp ? "running" : isParked ? "parked" : "waiting", error.message);
    const isStale = this.#isHalted || this.#next() === undefined || this.#incumbent.current?.lost !== undefined;
    if (!isStale) await this.#pause(delayMs);
  }

  #say(state: PluginState, trouble: string | undefined): void {
    this.#state = state;
    this.#trouble = trouble;
    this.#options.onState?.();
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const close = this.#options.clock.after(delayMs, resolve);
      this.#endPause = () => {
        close();
        resolve();
      };
    });
  }
}

/** The announcer, with what it has taken over said. */
function saying(announcer: Announcer, rowLog: RowLog): Announcer {
  return {
    ...announcer,
    async apply(changes) {
      const refused = await announcer.apply(changes);
      rowLog.applied(changes, refused);
      return refused;
    },
  };
}
