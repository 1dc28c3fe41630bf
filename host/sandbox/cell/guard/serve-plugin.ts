/** The plugin half of the bridge. */

import type { Clock } from "../../../announcer.ts";
import type { Channel, Plain } from "../channel.ts";

/** What the guard lends a plugin beside its channel. */
export interface GuardPowers {
  readonly clock: Clock;
  /** From 0 to below 1. */
  random(): number;
  harden?<Value>(value: Value): Value;
  stackOf?(error: unknown): string | undefined;
}

interface Definition {
  permissions(config: Plain): unknown;
  start(context: unknown, config: Plain): unknown;
}

/** Serves a definition's methods as they are. */
export function servePlugin(channel: Channel, definition: unknown, powers: GuardPowers): void {
  const { permissions, start } = definition as Definition;
  const context = harden({ clock: powers.clock, report: (key: string, state: string) => channel.tell("report", [key, state]) });
  channel.serve({
    permissions: (config) => permissions(config ?? null),
    start: (_, config) => start(context, config ?? null),
  });
}
