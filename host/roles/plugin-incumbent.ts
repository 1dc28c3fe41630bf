/**
 * The instance of a plugin that has the lane, and how another gets it.
 *
 * Another supply, which is new code or new grants, is started beside it, is given all rows, and only then the one before is stopped; where the
 * two cannot be there at once, they follow each other. What cannot start leaves the one that runs alone.
 */

import type { Announcer, Clock, Log } from "../announcer.ts";
import type { Lane } from "../reconcile/lane.ts";
import { createCheck } from "../sandbox/check-config.ts";
import type { Manifest } from "../sandbox/hosted.ts";
import { NeedsChange, needsChange } from "../sandbox/needs-change.ts";
import type { RunningPlugin } from "../sandbox/start-plugin.ts";
import { beginLife, type Instance, type PluginSupply, type StartHosted } from "./plugin-instance.ts";

/** What should run. */
export interface Wanted {
  readonly supply: PluginSupply;
  readonly config: unknown;
}

export interface IncumbentOptions {
  readonly lane: Lane;
  readonly start: StartHosted;
  /** The announcer as the lane gets it. */
  readonly shown: (announcer: Announcer) => Announcer;
  /** The current one has ended by itself. */
  readonly onLost: () => void;
  readonly clock: Pick<Clock, "now">;
  readonly log: Pick<Log, "warn">;
}

/** How long another instance may take to take over all rows. */
const HAND_OVER_MS = 10_000;

export class Incumbent {
  readonly #options: IncumbentOptions;
  #current: Instance | undefined;
  #last: RunningPlugin | undefined;
  #starts = 0;

  constructor(options: IncumbentOptions) {
    this.#options = options;
  }

  get current(): Instance | undefined {
    return this.#current;
  }

  /** The one that runs, or ran last. */
  get running(): RunningPlugin | undefined {
    return this.#current?.running ?? this.#last;
  }

  /** How often one was started, or that was tried. */
  get starts(): number {
    return this.#starts;
  }

  /** It is as wanted. */
  has({ supply, config }: Wanted): boolean {
    const current = this.#current;
    return current?.lost === undefined && current?.supply === supply && current.config === config;
  }

  /** Starts the plugin without giving it the lane. */
  async prepare(wanted: Wanted): Promise<void> {
    this.#current = await this.#begin(wanted);
  }

  /** Gives it the lane. Rejects as `held` does, and then there is none any more. */
  async announce(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    try {
      await this.#options.lane.start(this.#options.shown(current.running.announcer));
    } catch (error) {
      await this.#drop(current);
      throw error;
    }
  }

  /** One step towards what is wanted. Rejects where that fails; then there may be another one to take. */
  async step(wanted: Wanted): Promise<void> {
    const current = this.#current;
    if (current === undefined) await this.#replace(wanted);
    else if (current.lost !== undefined) await this.#lose(current, current.lost);
    else if (current.supply !== wanted.supply) await this.#upgrade(current, wanted);
    else if (await this.#take(current, wanted.config)) current.config = wanted.config;
    else await this.#succeed(current, wanted);
  }

  async end(): Promise<void> {
    await this.#current?.end();
  }

  async #lose(current: Instance, reason: Error): Promise<never> {
    this.#options.lane.lose(reason.message);
    await this.#drop(current);
    throw reason;
  }

  /** False: it has to be started with it. */
  async #take({ supply }: Instance, config: unknown): Promise<boolean> {
    demandConfig(supply.manifest, config);
    try {
      return await this.#options.lane.configure(config);
    } catch (error) {
      if (needsChange(error)) throw error;
      this.#warn("Plugin failed to take its new config; starting it anew", error as Error);
      return false;
    }
  }

  /** Beside each other, their packet programs by different names. */
  async #upgrade(old: Instance, wanted: Wanted): Promise<void> {
    const { lane, shown } = this.#options;
    let next: Instance | undefined;
    try {
      next = await this.#begin(wanted);
      await lane.handOver(shown(next.running.announcer), HAND_OVER_MS);
    } catch (error) {
      await next?.end();
      if (!isAddressInUse(error)) throw error;
      return await this.#upgradeInTurn(old, wanted);
    }
    this.#current = next;
    await old.running.announcer.stop("replace").catch((error: Error) => this.#warn("Announcer did not stop", error));
    await old.end();
  }

  /** What both need is there only once. */
  async #upgradeInTurn(old: Instance, wanted: Wanted): Promise<void> {
    try {
      await this.#succeed(old, wanted);
    } catch (error) {
      await this.#replace({ supply: old.supply, config: old.config });
      // The VIPs would be away for a moment at each try.
      throw new NeedsChange((error as Error).message, { cause: error });
    }
  }

  /** One after the other. */
  async #succeed(old: Instance, wanted: Wanted): Promise<void> {
    await this.#options.lane.stop("replace").catch((error: Error) => this.#warn("Announcer did not stop", error));
    await this.#drop(old);
    await this.#replace(wanted);
  }

  async #replace(wanted: Wanted): Promise<void> {
    await this.prepare(wanted);
    await this.announce();
  }

  async #drop(instance: Instance): Promise<void> {
    this.#last = instance.running;
    this.#current = undefined;
    await instance.end();
  }

  async #begin({ supply, config }: Wanted): Promise<Instance> {
    this.#starts += 1;
    const { start, clock, onLost } = this.#options;
    const { name } = supply.manifest;
    const programName = this.#current?.programName === name ? `${name}~next` : name;
    return await beginLife({ supply, config, programName, nowMs: clock.now(), start, onLost });
  }

  #warn(message: string, error: Error): void {
    this.#options.log.warn(message, { plugin: this.#options.lane.name, error: error.message });
  }
}

/** One that cannot be right is not shown to the plugin, which goes on with the one that it has. */
function demandConfig({ name, config: schema }: Manifest, config: unknown): void {
  const [problem] = createCheck(`plugin ${name}`, schema)(config);
  if (problem === undefined) return;
  const { path, found, expected } = problem;
  throw new NeedsChange(`Cannot configure plugin ${name}: config${path === "" ? "" : ` ${path}`}: found ${found}, expected ${expected}`);
}

/** Of a socket, whoever has it. What comes from a plugin's process is a text only. */
function isAddressInUse(error: unknown): boolean {
  const words = /EADDRINUSE|address (?:is )?(?:already )?in use|another socket is bound/i;
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (words.test(`${cause.name} ${cause.message}`)) return true;
  return false;
}
