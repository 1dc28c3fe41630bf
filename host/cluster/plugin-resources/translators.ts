/**
 * What makes configs and advertisements of resources, for each plugin: the translation that it brings, and our Advertisement and Plugin, which
 * name a plugin and work for every one.
 *
 * A plugin runs once on a node, so it has one config. It comes from the Plugin of its name, else from the first Advertisement, by name, that
 * says one; what else says one must say the same. Fields given by flags win over it.
 *
 * Plugins that Herald brings are known from the start, and an object that they do not understand is refused when it is read. Others come, go
 * and change while everything else stays: what is said to them is kept as it is and judged whenever it is translated. Which of them there
 * should be is a translation like any other (`WANTED_PLUGINS`).
 */

import { isDeepStrictEqual } from "node:util";
import { API_GROUP, type Translated as Result, type Translation, type TranslationWorld } from "../../announcer.ts";
import type { Raw } from "../../rules/config.ts";
import type { Advertisement, Problem } from "../../rules/vocabulary.ts";
import type { Manifest } from "../../sandbox/hosted.ts";
import type { Translator } from "../translated.ts";
import { ADVERTISEMENT, checkAdvertisement, type PluginAdvertisement, readAdvertisement } from "./advertisement.ts";
import { checkConfig, type KnownDefinition, type KnownPlugin, type KnownPlugins, knownPlugins, namesOf } from "./known-plugins.ts";
import { PLUGIN, type PluginResource, readPlugin, sourceText } from "./plugin.ts";

/** No name of a Kubernetes object has a slash: ours stay apart from the L2Advertisement of the same name. */
const PREFIX = `${API_GROUP}/`;

/** The translator whose config is `WantedByResources`; no plugin has such a name. */
export const WANTED_PLUGINS = "(plugins)";

/** Which plugins resources ask for. */
export interface WantedByResources {
  /** In the order of names. */
  readonly plugins: readonly PluginResource[];
  /** Whom Advertisements name, sorted. */
  readonly advertised: readonly string[];
}

/** The plugins that Herald does not bring, as they are now. */
export interface OtherPlugins {
  readonly loaded: readonly Manifest[];
  /** Why one is not loaded, by its name; one that is in neither is being loaded. */
  readonly troubles: ReadonlyMap<string, string>;
  /** Some may be there by names that are not known yet. */
  readonly mayBeMore?: boolean;
}

/** `flags`: what the command line says of a plugin's config. `others`: undefined where only `shipped` are run. */
export function translatorsOf(
  shipped: readonly KnownDefinition[],
  flags: (plugin: string) => unknown = () => ({}),
  others?: OtherPlugins,
): Translator[] {
  const own = knownPlugins(shipped);
  const known = new Map([...own, ...knownPlugins(others?.loaded ?? [])]);
  const read: Translation["read"] = {
    [`${API_GROUP}/v1alpha1/${ADVERTISEMENT}`]: (object) => readAdvertisement(object, own),
    [`${API_GROUP}/v1alpha1/${PLUGIN}`]: (object) => readPlugin(object, own),
  };
  const ofPlugins = Array.from(known.values(), (plugin) => ({
    name: plugin.definition.name,
    translation: {
      read: { ...plugin.definition.translation?.read, ...read },
      translate: (world: TranslationWorld) => translate(plugin, known, world, flags(plugin.definition.name)),
    },
  }));
  // The first, so that one that is not wanted any more does not hear of another config before it goes.
  return [{ name: WANTED_PLUGINS, translation: { read, translate: (world) => wantPlugins(world, own, known, others) } }, ...ofPlugins];
}

function translate(plugin: KnownPlugin, known: KnownPlugins, world: TranslationWorld, flags: unknown): Result {
  const { name, translation, serves } = plugin.definition;
  const isOurs = (advertisement: Advertisement) => advertisement.name.startsWith(PREFIX);
  const own = translation?.translate({ ...world, before: world.before.filter((each) => !isOurs(each)) });
  const configured = world.objects(PLUGIN).get(name) as PluginResource | undefined;
  const naming = advertisementsOf(world).filter((each) => each.plugin === name);
  const source = configured?.config === undefined ? naming.find(({ config }) => config !== undefined) : undefined;
  const config = configured?.config ?? source?.config;
  const by = source === undefined ? `${PLUGIN} ${name}` : `${ADVERTISEMENT} ${source.name}`;
  const advertisements: Advertisement[] = [];
  const problems: Problem[] = [];
  for (const each of naming) {
    const wrong = [...checkAdvertisement(each, known), ...objectToConfig(each, config, by)];
    problems.push(...wrong);
    const before = world.before.find((fact) => fact.name === PREFIX + each.name);
    if (wrong.length === 0) advertisements.push(factOf(each, serves.kind));
    else if (before !== undefined) advertisements.push(before);
  }
  return {
    config: own === undefined ? { ...config, ...(flags as Raw) } : own.config,
    advertisements: [...(own?.advertisements ?? []), ...advertisements],
    problems: [...(own?.problems ?? []), ...problems],
  };
}

function objectToConfig({ name, config }: PluginAdvertisement, wanted: Raw | undefined, by: string): Problem[] {
  if (config === undefined || isDeepStrictEqual(config, wanted)) return [];
  const expected = `none, or that of ${by}: a plugin has one config`;
  return [{ object: `${ADVERTISEMENT} ${name}`, path: "spec.config", found: "another config", expected }];
}

function factOf({ plugin: _, config: __, name, ...rest }: PluginAdvertisement, kind: string): Advertisement {
  return { ...rest, name: PREFIX + name, kind };
}

function wantPlugins(world: TranslationWorld, own: KnownPlugins, known: KnownPlugins, others: OtherPlugins | undefined) {
  const plugins = [...world.objects(PLUGIN).values()] as PluginResource[];
  const advertised = advertisementsOf(world);
  const named = new Set(plugins.map(({ name }) => name));
  const isUnknown = ({ plugin }: PluginAdvertisement) =>
    !(known.has(plugin) || (others !== undefined && (named.has(plugin) || others.mayBeMore)));
  const config: WantedByResources = { plugins, advertised: [...new Set(advertised.map(({ plugin }) => plugin))].sort() };
  return {
    config,
    advertisements: [],
    problems: [
      ...advertised.filter(isUnknown).map(({ name, plugin }) => ({
        ...{ object: `${ADVERTISEMENT} ${name}`, path: "spec.plugin", found: `${JSON.stringify(plugin.slice(0, 80))}, which is not there` },
        expected: `one of ${namesOf(known)}`,
      })),
      ...plugins.filter(({ name }) => !own.has(name)).flatMap((plugin) => problemsOf(plugin, known, others)),
    ],
  };
}

/** Of a Plugin that is none of Herald's own. */
function problemsOf({ name, source, config }: PluginResource, known: KnownPlugins, others: OtherPlugins | undefined): readonly Problem[] {
  const object = `${PLUGIN} ${name}`;
  const trouble = others?.troubles.get(name);
  const ofConfig = config === undefined ? [] : checkConfig(object, name, config, known);
  if (trouble !== undefined) {
    const found = source === undefined ? "nothing" : sourceText(source);
    return [...ofConfig, { object, path: "spec.source", found, expected: `a plugin that runs: ${trouble}` }];
  }
  if (known.has(name) || (others !== undefined && (source !== undefined || others.mayBeMore))) return ofConfig;
  if (source === undefined) return [{ object, path: "spec.source", found: "nothing", expected: `a source, or one of ${namesOf(known)}` }];
  return [
    {
      object,
      path: "spec.source",
      found: sourceText(source),
      expected: `one of the plugins ${namesOf(known)}; others are not loaded here`,
    },
  ];
}

/** In the order of names. */
function advertisementsOf(world: TranslationWorld): readonly PluginAdvertisement[] {
  return [...world.objects(ADVERTISEMENT).values()] as PluginAdvertisement[];
}
