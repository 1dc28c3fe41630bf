/**
 * Which plugins a speaker should have beside the built-in ones, in the order in which they get a name that several have: those that flags
 * name, those that `Plugin` resources bring, and of those that come with Herald the ones that anybody names.
 */

import type { Permission } from "../announcer.ts";
import type { PluginResource, PluginSource } from "../cluster/plugin-resources/plugin.ts";
import type { WantedByResources } from "../cluster/plugin-resources/translators.ts";
import type { Manifest } from "../sandbox/hosted.ts";

export interface WantedPlugin {
  /** Who wants it, as a person knows it: `--plugin ./vrrp.ts`, `Plugin vrrp`. No two have the same. */
  readonly by: string;
  /** What it must be called; undefined: as it calls itself. */
  readonly name?: string;
  /** Where it is; undefined: it comes with Herald. */
  readonly specifier?: string;
  /** What it must be; undefined: what the lock file has. */
  readonly pin?: string;
  readonly grants?: readonly Permission[];
}

export interface Wishes {
  readonly builtIns: readonly Pick<Manifest, "name">[];
  readonly optional: readonly Pick<Manifest, "name">[];
  /** Of `--plugin`: names of plugins that come with Herald, and places of others. */
  readonly flags: readonly string[];
  readonly resources: WantedByResources;
}

const NOTHING: WantedByResources = { plugins: [], advertised: [] };

export function wantedPlugins({ builtIns, optional, flags, resources = NOTHING }: Wishes): readonly WantedPlugin[] {
  const own = new Set([...builtIns, ...optional].map(({ name }) => name));
  const named = new Set([...flags, ...resources.plugins.map(({ name }) => name), ...resources.advertised]);
  return [
    ...[...new Set(flags)].filter((flag) => !own.has(flag)).map((specifier) => ({ by: `--plugin ${specifier}`, specifier })),
    ...resources.plugins.flatMap((plugin) => wantedBy(plugin)),
    ...optional.filter(({ name }) => named.has(name)).map(({ name }) => ({ by: `plugin ${name}`, name })),
  ];
}

function wantedBy({ name, source, pin, grants }: PluginResource): WantedPlugin[] {
  if (source === undefined) return [];
  return [{ by: `Plugin ${name}`, name, specifier: specifierOf(source), grants, ...(pin === undefined ? {} : { pin }) }];
}

function specifierOf(source: PluginSource): string {
  if ("path" in source) return source.path;
  return "package" in source ? source.package : source.url;
}
