/**
 * The plugins of a speaker: the built-in ones from the start to the end, and a set of others that comes and goes (`plugin-set.ts`).
 *
 * What is known of them, and how each one is doing, reaches whatever goes by it: the translators of resources, the plan, and who asks.
 */

import type { Clock, Close, Log, PluginDefinition } from "../announcer.ts";
import { translatorsOf, WANTED_PLUGINS, type WantedByResources } from "../cluster/plugin-resources/translators.ts";
import type { Source } from "../cluster/source.ts";
import type { Translator } from "../cluster/translated.ts";
import type { Standings } from "../liveness/standing.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import type { AnnouncerFact } from "../rules/vocabulary.ts";
import type { OperatorOptions } from "../sandbox/permissions/operator.ts";
import { type PluginHost, startPlugin } from "../sandbox/start-plugin.ts";
import { factOf, ownSupply, type PluginSupply } from "./plugin-instance.ts";
import { PluginRun } from "./plugin-run.ts";
import { PluginSet } from "./plugin-set.ts";
import type { LoadPlugin } from "./plugin-slot.ts";
import { wantedPlugins } from "./wanted-plugins.ts";

/** Which plugins a speaker may have beside the built-in ones. */
export interface MorePlugins {
  /** Herald's own, for whom a flag or a resource names. */
  readonly optional?: readonly PluginDefinition[];
  /** Of `--plugin`: names of those, and places of others. */
  readonly named?: readonly string[];
  /** Loads what is not Herald's own; default: there is nothing else. */
  readonly load?: LoadPlugin;
  /** What they may do, and who hears of it, given what `Plugin` resources grant. */
  readonly permissions?: (resource: NonNullable<OperatorOptions["resource"]>) => Pick<PluginHost, "operator" | "audit">;
}

export interface PluginChoice extends MorePlugins {
  /** With what flags say of their configs, before resources do; one with a translation has its config from resources alone. */
  readonly builtIns: readonly { readonly definition: PluginDefinition; readonly config: unknown }[];
}

export interface SpeakerParts {
  readonly source: Pick<Source, "translated" | "setTranslators">;
  readonly reconciler: Pick<Reconciler, "attach" | "detach" | "run" | "setAnnouncers">;
  readonly host: PluginHost;
  readonly standings: Standings;
  /** Tells of this node by an Event; undefined: nobody is told. */
  readonly warnOfNode: ((reason: string, message: string) => void) | undefined;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly log: Log;
}

export class SpeakerPlugins {
  readonly #choice: PluginChoice;
  readonly #builtIns: readonly PluginSupply[];
  readonly #calls = new Set<() => void>();
  #set: PluginSet | undefined;
  #closers: Close[] = [];

  constructor(choice: PluginChoice) {
    this.#choice = choice;
    this.#builtIns = choice.builtIns.map(({ definition }) => ownSupply(definition, "built-in"));
  }

  /** By name. */
  get runs(): ReadonlyMap<string, PluginRun> {
    return this.#set?.runs ?? new Map();
  }

  /** Plugins that are wanted and cannot be loaded, or are being loaded. */
  pending(): ReturnType<PluginSet["pending"]> | [] {
    return this.#set?.pending() ?? [];
  }

  /** Calls after each change of `runs`, or of what is known of one; at once where there are some. */
  onRuns(call: () => void): Close {
    this.#calls.add(call);
    if (this.#set !== undefined) call();
    return () => void this.#calls.delete(call);
  }

  /** For resources, as things are now. */
  translators(): Translator[] {
    const { builtIns, optional = [], named = [], load } = this.#choice;
    const flags = (name: string): unknown => builtIns.find(({ definition }) => definition.name === name)?.config;
    const nothing = load && { loaded: [], troubles: new Map(), mayBeMore: named.length > 0 };
    const own = [...builtIns.map(({ definition }) => definition), ...optional];
    return translatorsOf(own, flags, this.#set === undefined || load === undefined ? nothing : this.#set.others());
  }

  /** For the plan, as things are now. */
  facts(): AnnouncerFact[] {
    return this.#set === undefined ? this.#builtIns.map(factOf) : Array.from(this.#set.runs.values(), ({ supply }) => factOf(supply));
  }

  /** Starts the built-in ones, which announce nothing yet; rejects where one does not start. */
  async prepare(parts: SpeakerParts): Promise<void> {
    const { source, reconciler } = parts;
    const { translated } = source;
    const permissions = this.#choice.permissions?.((name) => grantsOf(translated.config(WANTED_PLUGINS) as WantedByResources, name));
    const host = { ...parts.host, ...permissions };
    const open = (supply: PluginSupply, config: unknown, onState?: () => void) => this.#open(supply, config, { ...parts, host }, onState);
    const builtIns = new Map(this.#builtIns.map((supply) => [supply.manifest.name, open(supply, translated.config(supply.manifest.name))]));
    this.#set = new PluginSet({
      ...{
        builtIns,
        load: (wanted) => this.#load(wanted),
        configOf: (name) => translated.config(name),
        clock: parts.clock,
        log: parts.log,
      },
      open: (supply, onState) => open(supply, undefined, onState),
      attach(run) {
        reconciler.attach(run.lane);
        reconciler.run();
      },
      detach: (run) => reconciler.detach(run.lane.name),
      onChange: () => this.#changed(parts),
    });
    // From here on, for to start takes its time: what changes meanwhile is what they are to have.
    this.#closers = [translated.onConfig((name) => (name === WANTED_PLUGINS ? this.#want(source) : this.#set?.configure(name)))];
    for (const run of builtIns.values()) {
      await run.prepare();
      reconciler.attach(run.lane);
    }
    this.#want(source);
    for (const call of this.#calls) call();
  }

  /** Everybody announces from now on; rejects where a built-in one cannot. */
  async start(): Promise<void> {
    for (const run of this.runs.values()) await run.start();
    this.#set?.start();
  }

  /** Nothing comes, goes or changes any more. */
  async halt(): Promise<void> {
    for (const close of this.#closers.splice(0)) close();
    await this.#set?.halt();
  }

  /** After the lanes have stopped. */
  async close(): Promise<void> {
    await this.#set?.close();
  }

  #want({ translated }: Pick<Source, "translated">): void {
    const { builtIns, optional = [], named = [], load } = this.#choice;
    const resources = translated.config(WANTED_PLUGINS) as WantedByResources;
    const wanted = wantedPlugins({ builtIns: builtIns.map(({ definition }) => definition), optional, flags: named, resources });
    this.#set?.want(load === undefined ? wanted.filter(({ specifier }) => specifier === undefined) : wanted);
  }

  async #load(wanted: Parameters<LoadPlugin>[0]): Promise<PluginSupply> {
    const { optional = [], load } = this.#choice;
    if (wanted.specifier !== undefined && load !== undefined) return await load(wanted);
    const definition = optional.find(({ name }) => name === wanted.name);
    if (definition === undefined) throw new Error(`There is no plugin ${wanted.name}`);
    return ownSupply(definition, "shipped");
  }

  #open(supply: PluginSupply, config: unknown, { host, standings, warnOfNode, clock, log }: SpeakerParts, onState?: () => void): PluginRun {
    let isParked = false;
    const run: PluginRun = new PluginRun({
      ...{ supply, config, standings, clock, log },
      start: (hosted, itsConfig, programName) => startPlugin(hosted, itsConfig, { ...host, programName }),
      onState: () => {
        if (run.state === "parked" && !isParked)
          warnOfNode?.("PluginParked", `Plugin ${supply.manifest.name} keeps ending: ${run.trouble}`);
        isParked = run.state === "parked" || (isParked && run.state === "starting");
        onState?.();
      },
    });
    return run;
  }

  #changed({ source, reconciler }: SpeakerParts): void {
    reconciler.setAnnouncers(this.facts());
    source.setTranslators(this.translators());
    for (const call of this.#calls) call();
  }
}

/** For the content that the resource names. */
function grantsOf({ plugins }: WantedByResources, name: string): ReturnType<NonNullable<OperatorOptions["resource"]>> {
  const { pin, grants = [] } = plugins.find((plugin) => plugin.name === name) ?? {};
  return pin === undefined ? undefined : { pin, allow: grants };
}
