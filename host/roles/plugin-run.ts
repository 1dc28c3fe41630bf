/**
 * One plugin of a speaker: started, in its lane, and with the config of the moment.
 *
 * Of configs that come while one is being taken, the last counts. One that the running announcer cannot take makes it stop for a successor
 * that starts with it; a start that fails is tried again, so that a config can mend it too.
 */

import type { Announcer, Clock, Close, PluginDefinition } from "../announcer.ts";
import type { Standings } from "../liveness/standing.ts";
import { backoffMs } from "../reconcile/backoff.ts";
import { Lane } from "../reconcile/lane.ts";
import { type PluginHost, type RunningPlugin, startPlugin } from "../sandbox/start-plugin.ts";
import { RowLog } from "./row-log.ts";

type LaneClock = Pick<Clock, "now" | "after">;

export interface RunHost extends PluginHost {
  /** Undefined: whatever the announcer is told is announced. */
  readonly standings?: Standings | undefined;
}

export class PluginRun {
  readonly lane: Lane;
  readonly #definition: PluginDefinition;
  readonly #host: RunHost;
  readonly #clock: LaneClock;
  #plugin: RunningPlugin;
  /** The lane has the announcer of `#plugin`. */
  #isUp = false;
  #config: unknown;
  #wanted: unknown;
  #following: Promise<void> | undefined;
  #isHalted = false;
  #restarts = 0;
  #endPause: () => void = () => {};
  readonly #rowCalls = new Set<() => void>();
  readonly #rowLog: RowLog;
  readonly #stopLog: Close;

  /** Starts the plugin; rejects where it does not start. Nothing is announced before `start`. */
  static async open(definition: PluginDefinition, config: unknown, host: RunHost, clock: LaneClock): Promise<PluginRun> {
    return new PluginRun(definition, config, host, clock, await startPlugin(definition, config, host));
  }

  private constructor(definition: PluginDefinition, config: unknown, host: RunHost, clock: LaneClock, plugin: RunningPlugin) {
    this.#definition = definition;
    this.#config = config;
    this.#wanted = config;
    this.#host = host;
    this.#clock = clock;
    this.#plugin = plugin;
    const onTurn = (): void => {
      for (const call of this.#rowCalls) call();
    };
    this.lane = new Lane({ name: definition.name, clock, log: host.log, onTurn });
    this.#rowLog = new RowLog({ log: host.log, via: plugin.name, standings: host.standings });
    this.#stopLog = this.#rowLog.follow(() => this.lane.rows());
  }

  /** The one that runs, or ran last. */
  get plugin(): RunningPlugin {
    return this.#plugin;
  }

  /** The resource kind whose advertisements it serves. */
  get kind(): string {
    return this.#definition.serves.kind;
  }

  /** Who announces by it. */
  get from(): PluginDefinition["from"] {
    return this.#definition.from;
  }

  /** Calls after each turn of the lane: rows may have come further, and may be for others than before. */
  onRows(call: () => void): Close {
    this.#rowCalls.add(call);
    return () => void this.#rowCalls.delete(call);
  }

  /** How often it was started again, or that was tried. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Begins to announce. Rejects as `held` does. */
  async start(): Promise<void> {
    await this.lane.start(saying(this.#plugin.announcer, this.#rowLog));
    this.#isUp = true;
    this.configure(this.#wanted);
  }

  /** Sees to it that the plugin has this config. */
  configure(config: unknown): void {
    this.#wanted = config;
    if (this.#isUp && !this.#isHalted && this.#config !== config) this.#following ??= this.#follow();
  }

  /** Takes no configs any more, and waits until what is under way has ended. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    this.#endPause();
    await this.#following;
  }

  /** Closes what the plugin opened; after the lane has stopped. */
  close(): Promise<void> {
    this.#stopLog();
    return this.#plugin.close();
  }

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#isHalted && !(this.#isUp && this.#config === this.#wanted); ) {
      const config = this.#wanted;
      try {
        if (!this.#isUp || !(await this.#take(config))) await this.#restart(config);
        this.#config = config;
        failures = 0;
      } catch (error) {
        const delayMs = backoffMs(++failures, Math.random());
        this.#host.log.error((error as Error).message, { retryAfterMs: delayMs });
        await this.#pause(delayMs);
      }
    }
    this.#following = undefined;
  }

  async #take(config: unknown): Promise<boolean> {
    try {
      return await this.lane.configure(config);
    } catch (error) {
      this.#host.log.warn("Plugin failed to take its new config; starting it anew", {
        plugin: this.lane.name,
        error: (error as Error).message,
      });
      return false;
    }
  }

  async #restart(config: unknown): Promise<void> {
    this.#restarts += 1;
    if (this.#isUp) {
      this.#isUp = false;
      await this.lane.stop("replace").catch((error: Error) => {
        this.#host.log.error("Announcer did not stop", { announcer: this.lane.name, error: error.message });
      });
    }
    await this.#plugin.close();
    this.#plugin = await startPlugin(this.#definition, config, this.#host);
    await this.lane.start(saying(this.#plugin.announcer, this.#rowLog));
    this.#isUp = true;
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const close = this.#clock.after(delayMs, resolve);
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
