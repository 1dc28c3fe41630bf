/**
 * What built-in plugins make of the objects of their kinds: their configs, and advertisements to plan with.
 *
 * Stands behind `Standalone` and in front of the store, so it sees the nodes and pools in force. At the end of a batch of changes,
 * each translation that something changed for is asked anew, with everything; what it gives replaces what it gave before.
 */

import { isDeepStrictEqual } from "node:util";
import type { Close, Translation, TranslationWorld } from "../announcer.ts";
import type { Advertisement, NodeFact, Pool, Problem } from "../rules/vocabulary.ts";
import type { KindReaders } from "./objects/project.ts";
import type { SecretContent } from "./objects/project-secret.ts";
import { ClusterSecrets } from "./secrets.ts";
import type { FactKind, FactSink, Facts } from "./store.ts";

/** A plugin with resources of its own. */
export interface Translator {
  readonly name: string;
  readonly translation: Translation;
}

/** One translator and what it gave last. */
interface Part {
  readonly translator: Translator;
  /** Kinds that it reads. */
  readonly kinds: ReadonlySet<string>;
  isDirty: boolean;
  config: unknown;
  advertisements: readonly Advertisement[];
  problems: readonly Problem[];
}

export class Translated implements FactSink {
  readonly secrets = new ClusterSecrets();
  readonly #next: FactSink;
  readonly #node: string | undefined;
  #parts: readonly Part[];
  readonly #objects = new Map<string, Map<string, unknown>>();
  readonly #nodes = new Map<string, NodeFact>();
  readonly #pools = new Map<string, Pool>();
  readonly #calls = new Set<(plugin: string) => void>();

  /** `node`: whose configs to make; undefined in a dry run for all. */
  constructor(next: FactSink, translators: readonly Translator[] = [], node?: string) {
    this.#next = next;
    this.#node = node;
    this.#parts = translators.map((translator) => partOf(translator));
  }

  /** Other translators from now on, which read the same kinds; counts from `commit` on. One of the same name goes on from what that gave last. */
  setTranslators(translators: readonly Translator[]): void {
    const before = new Map(this.#parts.map((part) => [part.translator.name, part]));
    this.#parts = translators.map((translator) => partOf(translator, before.get(translator.name)));
    for (const { name } of translators) before.delete(name);
    for (const part of before.values()) this.#replaceAdvertisements(part, []);
  }

  /** What reads the objects of all the kinds. */
  get readers(): KindReaders {
    return Object.assign({}, ...this.#parts.map(({ translator }) => translator.translation.read));
  }

  replace<K extends FactKind>(kind: K, key: string, fact: Facts[K] | undefined): void {
    this.#next.replace(kind, key, fact);
    if (kind === "nodes" && assign(this.#nodes, key, fact as NodeFact | undefined)) this.#touch();
    else if (kind === "pools" && assign(this.#pools, key, fact as Pool | undefined)) this.#touch();
  }

  /** Sets an object, or removes it; counts from `commit` on. So for Secrets. */
  setObject(kind: string, name: string, value: unknown): void {
    const objects = this.#objects.get(kind) ?? new Map<string, unknown>();
    this.#objects.set(kind, objects);
    if (!assign(objects, name, value)) return;
    for (const part of this.#parts) if (part.kinds.has(kind)) part.isDirty = true;
  }

  setSecret(key: string, content: SecretContent | undefined): void {
    this.secrets.set(key, content);
  }

  /** Ends a batch of changes. */
  commit(): void {
    if (this.secrets.commit()) this.#touch();
    for (const part of this.#parts) if (part.isDirty) this.#translate(part);
  }

  /** The config of a plugin; undefined before the first `commit`, and of one without resources. The same object as long as it says the same. */
  config(plugin: string): unknown {
    return this.#parts.find(({ translator }) => translator.name === plugin)?.config;
  }

  /** The config that a plugin has on a node; undefined where it has no resources. */
  configOn(plugin: string, node: string): unknown {
    const part = this.#parts.find(({ translator }) => translator.name === plugin);
    return part?.translator.translation.translate(this.#worldOf(part, node)).config;
  }

  /** Calls with the plugin's name after each change of its config. */
  onConfig(call: (plugin: string) => void): Close {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  /** What is wrong with objects among themselves. */
  problems(): readonly Problem[] {
    return this.#parts.flatMap(({ problems }) => problems);
  }

  #touch(): void {
    for (const part of this.#parts) part.isDirty = true;
  }

  #translate(part: Part): void {
    part.isDirty = false;
    const { config, advertisements, problems } = part.translator.translation.translate(this.#worldOf(part, this.#node));
    this.#replaceAdvertisements(part, advertisements);
    part.problems = problems;
    if (isDeepStrictEqual(part.config, config)) return;
    part.config = config;
    for (const call of this.#calls) call(part.translator.name);
  }

  /** An advertisement may go from one plugin to another of its kind, in any order. */
  #replaceAdvertisements(part: Part, advertisements: readonly Advertisement[]): void {
    const gone = new Set(part.advertisements.map(keyOf));
    part.advertisements = advertisements;
    for (const advertisement of advertisements) this.#next.replace("advertisements", keyOf(advertisement), advertisement);
    for (const given of this.#parts.flatMap((each) => each.advertisements)) gone.delete(keyOf(given));
    for (const key of gone) this.#next.replace("advertisements", key, undefined);
  }

  #worldOf({ advertisements }: Part, node: string | undefined): TranslationWorld {
    return {
      node: node === undefined ? undefined : this.#nodes.get(node),
      objects: (kind) => inOrder(this.#objects.get(kind) ?? new Map()),
      pools: inOrder(this.#pools),
      nodes: inOrder(this.#nodes),
      secrets: this.secrets.facts(),
      before: advertisements,
    };
  }
}

function partOf(translator: Translator, before?: Part): Part {
  return {
    translator,
    kinds: new Set(Object.keys(translator.translation.read).map((type) => type.slice(type.lastIndexOf("/") + 1))),
    isDirty: true,
    config: before?.config,
    advertisements: before?.advertisements ?? [],
    problems: before?.problems ?? [],
  };
}

function keyOf({ kind, name }: Advertisement): string {
  return `${kind} ${name}`;
}

/** In the order of names, so that the order in which objects came is nowhere to be seen. */
function inOrder<V>(map: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** False where it said so before. */
function assign<V>(map: Map<string, V>, key: string, value: V | undefined): boolean {
  if (isDeepStrictEqual(map.get(key), value)) return false;
  if (value === undefined) map.delete(key);
  else map.set(key, value);
  return true;
}
