/**
 * The plugins of a speaker that come and go while it runs.
 *
 *   wanted → load, each by itself (`plugin-slot.ts`) → one supply a name → runs: added, replaced, removed → `onChange`
 *
 * Whatever changes is looked at as a whole, and no plugin waits for another. One that is added is planned for before it starts, so that the
 * first thing that it hears is all of it; one that goes is told to take everything down first. The built-in ones are runs like the others, but
 * there from the start to the end, and their names are nobody else's.
 */

import type { Clock, Log } from "../announcer.ts";
import type { OtherPlugins } from "../cluster/plugin-resources/translators.ts";
import { contentOf } from "../reconcile/attribute-sets.ts";
import type { PluginSupply } from "./plugin-instance.ts";
import type { PluginRun } from "./plugin-run.ts";
import { type LoadPlugin, PluginSlot } from "./plugin-slot.ts";
import type { WantedPlugin } from "./wanted-plugins.ts";

export interface PluginSetOptions {
  /** Those that are there anyway, by name. */
  readonly builtIns: ReadonlyMap<string, PluginRun>;
  readonly load: LoadPlugin;
  /** A run for a plugin, not started; `onState` is to be called after each change of its state. */
  readonly open: (supply: PluginSupply, onState: () => void) => PluginRun;
  /** What resources say; undefined: nothing. */
  readonly configOf: (name: string) => unknown;
  /** Sees to it that a run is planned for, before it returns. */
  readonly attach: (run: PluginRun) => void;
  /** Sees to it that nobody plans for it any more. */
  readonly detach: (run: PluginRun) => void;
  /** After each change of `others`; with it all that is told of plugins may be another. */
  readonly onChange: () => void;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly log: Log;
  readonly random?: () => number;
}

export class PluginSet {
  readonly #options: PluginSetOptions;
  readonly #runs: Map<string, PluginRun>;
  /** By `WantedPlugin.by`, in the order in which they are wanted. */
  #slots: ReadonlyMap<string, PluginSlot> = new Map();
  readonly #leaving = new Map<string, Promise<void>>();
  #isOn = false;
  #isHalted = false;
  #told = "";

  constructor(options: PluginSetOptions) {
    this.#options = options;
    this.#runs = new Map(options.builtIns);
  }

  /** By name; the same map as long as the set lives. */
  get runs(): ReadonlyMap<string, PluginRun> {
    return this.#runs;
  }

  /** Those that want a plugin and have none yet, with the reason. One of Herald's own is no loss where another of its name was asked for. */
  *pending(): Generator<Pick<PluginSlot, "wanted" | "trouble">> {
    for (const slot of this.#slots.values()) {
      const { supply, trouble, wanted } = slot;
      if (supply === undefined || (trouble !== undefined && wanted.specifier !== undefined)) yield slot;
    }
  }

  /** What resources are to know of plugins that are not Herald's own. */
  others(): OtherPlugins {
    const troubles = new Map<string, string>();
    for (const { wanted, supply, trouble } of this.#slots.values()) {
      const name = wanted.name ?? supply?.manifest.name;
      if (name !== undefined && trouble !== undefined) troubles.set(name, trouble);
    }
    for (const [name, { state, trouble }] of this.#added()) {
      const isLasting = state === "refused" || state === "parked" || state === "running";
      if (isLasting && trouble !== undefined)
        troubles.set(name, state === "parked" ? `parked, since it keeps ending: ${trouble}` : trouble);
    }
    const loaded = Array.from(this.#added(), ([, run]) => run.supply).filter(({ origin }) => origin.kind === "other");
    const mayBeMore = [...this.#slots.values()].some(({ wanted, supply, trouble }) => !(wanted.name ?? supply ?? trouble));
    return { loaded: loaded.map(({ manifest }) => manifest), troubles, mayBeMore };
  }

  /** These from now on, the whole set. */
  want(all: readonly WantedPlugin[]): void {
    if (this.#isHalted) return;
    const before = this.#slots;
    const slotFor = (wanted: WantedPlugin): PluginSlot =>
      before.get(wanted.by) ?? new PluginSlot({ ...this.#options, onChange: () => this.#arrange() });
    this.#slots = new Map(all.map((wanted) => [wanted.by, slotFor(wanted)]));
    for (const [by, slot] of before) if (!this.#slots.has(by)) slot.close();
    for (const wanted of all) this.#slots.get(wanted.by)?.want(wanted);
    this.#arrange();
  }

  /** A plugin has another config. */
  configure(name: string): void {
    const run = this.#runs.get(name);
    if (run !== undefined && !this.#leaving.has(name)) run.configure(this.#options.configOf(name));
  }

  /** Begins with what is wanted; the built-in ones run. */
  start(): void {
    this.#isOn = true;
    this.#arrange();
  }

  /** Nothing comes or goes any more; resolves when what is under way has ended. Runs stay for whoever stops their lanes. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    for (const slot of this.#slots.values()) slot.close();
    await Promise.all([...this.#leaving.values(), ...Array.from(this.#runs.values(), (run) => run.halt())]);
  }

  /** After the lanes have stopped. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#runs.values(), (run) => run.close()));
  }

  #added(): [string, PluginRun][] {
    return [...this.#runs].filter(([name]) => !this.#options.builtIns.has(name));
  }

  #arrange(): void {
    if (!this.#isOn || this.#isHalted) return;
    const supplies = this.#supplies();
    for (const [name, run] of this.#added()) if (!supplies.has(name) && !this.#leaving.has(name)) this.#remove(name, run);
    for (const [name, supply] of supplies) {
      if (this.#leaving.has(name)) continue;
      const run = this.#runs.get(name);
      if (run === undefined) this.#add(name, supply);
      else run.replace(supply);
    }
    this.#tell();
  }

  /** One a name; the others are said to be in its way. */
  #supplies(): ReadonlyMap<string, PluginSupply> {
    const first = new Map<string, string>(Array.from(this.#options.builtIns.keys(), (name) => [name, "Herald itself"]));
    const supplies = new Map<string, PluginSupply>();
    for (const [by, slot] of this.#slots) {
      const name = slot.supply?.manifest.name;
      if (name === undefined || slot.supply === undefined) continue;
      const owner = first.get(name);
      slot.setRival(owner === undefined ? undefined : `the name ${name} is that of a plugin of ${owner}`);
      if (owner !== undefined) continue;
      first.set(name, by);
      supplies.set(name, slot.supply);
    }
    return supplies;
  }

  #add(name: string, supply: PluginSupply): void {
    const run = this.#options.open(supply, () => this.#tell());
    this.#runs.set(name, run);
    this.#tell();
    run.configure(this.#options.configOf(name));
    this.#options.attach(run);
    // One that is not prepared has nothing to reject for.
    void run.start();
    this.#options.log.info("Plugin added", { plugin: name, ...supply.origin });
  }

  #remove(name: string, run: PluginRun): void {
    const { log, detach } = this.#options;
    const leave = async (): Promise<void> => {
      await run.halt();
      detach(run);
      await run.lane.stop("leave").catch((error: Error) => log.warn("Announcer did not stop", { plugin: name, error: error.message }));
      await run.close().catch((error: Error) => log.warn("Plugin did not close", { plugin: name, error: error.message }));
      this.#runs.delete(name);
      this.#leaving.delete(name);
      log.info("Plugin removed", { plugin: name });
      this.#arrange();
    };
    this.#leaving.set(name, leave());
  }

  /** Calls only where something is new, since what it calls may come back here. */
  #tell(): void {
    const { loaded, ...others } = this.others();
    const facts = this.#added().map(([, { supply }]) => [supply.manifest, supply.origin]);
    const told = contentOf([facts, [...others.troubles], others.mayBeMore]);
    if (told === this.#told) return;
    this.#told = told;
    this.#options.onChange();
  }
}
