/** What resources need to know of the plugins that this Herald has. */

import type { PluginDefinition } from "../../announcer.ts";
import type { Raw } from "../../rules/config.ts";
import type { Problem } from "../../rules/vocabulary.ts";
import { type Check, createCheck, NO_ATTRIBUTES } from "../../sandbox/check-config.ts";
import type { Manifest } from "../../sandbox/hosted.ts";

/** What is known of a plugin without running it; resources of its own are for those that Herald brings. */
export type KnownDefinition = Manifest & Pick<PluginDefinition, "translation">;

export interface KnownPlugin {
  readonly definition: KnownDefinition;
  readonly config: Check;
  readonly attributes: Check;
}

/** By name. */
export type KnownPlugins = ReadonlyMap<string, KnownPlugin>;

export function knownPlugins(definitions: readonly KnownDefinition[]): KnownPlugins {
  return new Map(
    definitions.map((definition) => {
      const { name, config, attributes = NO_ATTRIBUTES } = definition;
      return [name, { definition, config: createCheck(name, config), attributes: createCheck(name, attributes) }];
    }),
  );
}

/** Their names, for who named another. */
export function namesOf(known: KnownPlugins): string {
  return [...known.keys()].sort().join(", ");
}

/** What is wrong with the `spec.config` of `object` for a plugin; nothing as long as nobody knows that plugin. */
export function checkConfig(object: string, plugin: string, config: Raw, known: KnownPlugins): readonly Problem[] {
  const found = known.get(plugin);
  if (found?.definition.translation !== undefined) {
    const expected = `no config: resources of its own configure plugin ${plugin}`;
    return [{ object, path: "spec.config", found: "an object", expected }];
  }
  const problems = found?.config(config) ?? [];
  return problems.map((problem) => ({ ...problem, object, path: `spec.config${problem.path === "" ? "" : `.${problem.path}`}` }));
}
