/**
 * What makes configs and advertisements of resources, for each plugin: the translation that it brings, and our Advertisement and Plugin, which
 * name a plugin and work for every one.
 *
 * A plugin runs once on a node, so it has one config. It comes from the Plugin of its name, else from the first Advertisement, by name, that
 * says one; what else says one must say the same. Fields given by flags win over it.
 *
 * Only built-in plugins run. A Plugin that is none is read and checked, and then said to be not loaded.
 */

import { isDeepStrictEqual } from "node:util";
import { API_GROUP, type PluginDefinition, type Translated as Result, type Translation, type TranslationWorld } from "../../announcer.ts";
import type { Raw } from "../../rules/config.ts";
import type { Advertisement, Problem } from "../../rules/vocabulary.ts";
import type { Translator } from "../translated.ts";
import { ADVERTISEMENT, checkAdvertisement, type PluginAdvertisement, readAdvertisement } from "./advertisement.ts";
import { type KnownPlugin, type KnownPlugins, knownPlugins, namesOf } from "./known-plugins.ts";
import { PLUGIN, type PluginResource, readPlugin, sourceText } from "./plugin.ts";

/** No name of a Kubernetes object has a slash: ours stay apart from the L2Advertisement of the same name. */
const PREFIX = `${API_GROUP}/`;

/** `flags`: what the command line says of a plugin's config. */
export function translatorsOf(plugins: readonly PluginDefinition[], flags: (plugin: string) => unknown = () => ({})): Translator[] {
  const known = knownPlugins(plugins);
  const read: Translation["read"] = {
    [`${API_GROUP}/v1alpha1/${ADVERTISEMENT}`]: (object) => readAdvertisement(object, known),
    [`${API_GROUP}/v1alpha1/${PLUGIN}`]: (object) => readPlugin(object, known),
  };
  const ofPlugins = Array.from(known.values(), (plugin) => ({
    name: plugin.definition.name,
    translation: {
      read: { ...plugin.definition.translation?.read, ...read },
      translate: (world: TranslationWorld) => translate(plugin, known, world, flags(plugin.definition.name)),
    },
  }));
  return [...ofPlugins, { name: "(none)", translation: { read, translate: (world) => complainOfUnknown(world, known) } }];
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

function complainOfUnknown(world: TranslationWorld, known: KnownPlugins): Result<undefined> {
  const unknown = advertisementsOf(world).filter(({ plugin }) => !known.has(plugin));
  const others = [...world.objects(PLUGIN).values()] as PluginResource[];
  return {
    config: undefined,
    advertisements: [],
    problems: [
      ...unknown.map(({ name, plugin }) => ({
        ...{ object: `${ADVERTISEMENT} ${name}`, path: "spec.plugin", found: `${JSON.stringify(plugin.slice(0, 80))}, which is not there` },
        expected: `one of ${namesOf(known)}`,
      })),
      ...others.flatMap(({ name, source }) => {
        if (source === undefined || known.has(name)) return [];
        const expected = `one of the built-in plugins ${namesOf(known)}; not loaded: this Herald runs no others`;
        return { object: `${PLUGIN} ${name}`, path: "spec.source", found: sourceText(source), expected };
      }),
    ],
  };
}

/** In the order of names. */
function advertisementsOf(world: TranslationWorld): readonly PluginAdvertisement[] {
  return [...world.objects(ADVERTISEMENT).values()] as PluginAdvertisement[];
}
