/** The plugins that come with Herald, for commands that plan. */

import type { PluginDefinition } from "../announcer.ts";
import type { Snapshot } from "../rules/vocabulary.ts";

export interface ShippedPlugins {
  readonly builtIns: readonly PluginDefinition[];
  /** Run only where somebody names them. */
  readonly optional: readonly PluginDefinition[];
}

/** All that resources may speak to. */
export function allOf({ builtIns, optional }: ShippedPlugins): readonly PluginDefinition[] {
  return [...builtIns, ...optional];
}

/** Those that may have something to announce: of the optional ones, whom an advertisement is for. */
export function announcersIn(
  { builtIns, optional }: ShippedPlugins,
  { advertisements }: Pick<Snapshot, "advertisements">,
): readonly PluginDefinition[] {
  return [...builtIns, ...optional.filter(({ serves }) => advertisements.some(({ kind }) => kind === serves.kind))];
}
