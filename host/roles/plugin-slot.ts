/** One wanted plugin on its way to something that can be started: loaded, and again where that failed and may help, or something else is wanted. */

import type { Clock, Log } from "../announcer.ts";
import { contentOf } from "../reconcile/attribute-sets.ts";
import { NeedsChange, needsChange } from "../sandbox/needs-change.ts";
import type { PluginSupply } from "./plugin-instance.ts";
import { Restarts } from "./restarts.ts";
import type { WantedPlugin } from "./wanted-plugins.ts";

/** Rejects with the reason; with NeedsChange where trying again is of no use. */
export type LoadPlugin = (wanted: WantedPlugin) => Promise<PluginSupply>;

export interface SlotOptions {
  readonly load: LoadPlugin;
  /** After each change of `supply` or `trouble`. */
  readonly onChange: () => void;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly log: Pick<Log, "error">;
  readonly random?: () => number;
}

export class PluginSlot {
  readonly #options: SlotOptions;
  readonly #restarts: Restarts;
  #wanted: WantedPlugin | undefined;
  /** What `supply` was loaded for, or can never be. */
  #settled: WantedPlugin | undefined;
  #supply: PluginSupply | undefined;
  #trouble: string | undefined;
  #rival: string | undefined;
  #loading: Promise<void> | undefined;
  #endPause: () => void = () => {};
  #isClosed = false;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#restarts = new Restarts(false, options.random);
  }

  /** What was loaded last; it stays while another is being loaded, or cannot be. */
  get supply(): PluginSupply | undefined {
    return this.#supply;
  }

  /** Why it is not as it is wanted. */
  get trouble(): string | undefined {
    return this.#trouble ?? this.#rival;
  }

  get wanted(): WantedPlugin {
    if (this.#wanted === undefined) throw new Error("Cannot tell what is wanted: nothing was said yet");
    return this.#wanted;
  }

  want(wanted: WantedPlugin): void {
    if (this.#wanted !== undefined && contentOf(this.#wanted) === contentOf(wanted)) return;
    this.#wanted = wanted;
    this.#restarts.forget();
    this.#endPause();
    this.#loading ??= this.#load();
  }

  /** Why another one is run by its name. */
  setRival(rival: string | undefined): void {
    this.#rival = rival;
  }

  close(): void {
    this.#isClosed = true;
    this.#endPause();
  }

  async #load(): Promise<void> {
    while (!this.#isClosed && this.#settled !== this.#wanted) {
      const { wanted } = this;
      try {
        const supply = demandName(wanted, await this.#options.load(wanted));
        if (wanted === this.#wanted && !this.#isClosed) this.#settle(wanted, supply);
      } catch (error) {
        if (wanted === this.#wanted && !this.#isClosed) await this.#fail(wanted, error as Error);
      }
    }
    this.#loading = undefined;
  }

  #settle(wanted: WantedPlugin, supply: PluginSupply): void {
    this.#settled = wanted;
    this.#supply = supply;
    this.#trouble = undefined;
    this.#options.onChange();
  }

  async #fail(wanted: WantedPlugin, error: Error): Promise<void> {
    const { clock, log } = this.#options;
    const isForGood = needsChange(error);
    const { delayMs } = this.#restarts.ended(clock.now(), 0);
    // What fails in the same way again is not news.
    if (error.message !== this.#trouble) log.error(error.message, { by: wanted.by, ...(isForGood ? {} : { retryAfterMs: delayMs }) });
    this.#trouble = error.message;
    if (isForGood) this.#settled = wanted;
    this.#options.onChange();
    if (isForGood || this.#isClosed || wanted !== this.#wanted) return;
    await new Promise<void>((resolve) => {
      const close = clock.after(delayMs, resolve);
      this.#endPause = () => {
        close();
        resolve();
      };
    });
  }
}

function demandName({ name }: WantedPlugin, supply: PluginSupply): PluginSupply {
  const found = supply.manifest.name;
  if (name === undefined || name === found) return supply;
  throw new NeedsChange(`Cannot use plugin ${name}: it calls itself ${JSON.stringify(found)}, expected the name of its resource`);
}
