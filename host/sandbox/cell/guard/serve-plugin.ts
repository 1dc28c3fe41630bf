/** The plugin half of the bridge. */

import type { Clock } from "../../../announcer.ts";
import type { Channel, Methods } from "../channel.ts";

/** What the guard lends a plugin beside its channel. Bounded already, and not hardened. */
export interface LentTimers {
  readonly clock: Clock;
  /** From 0 to below 1. */
  random(): number;
}

/** Serves a definition's methods as they are. */
export function servePlugin(channel: Channel, definition: unknown, timers: LentTimers): void {
  const make = (definition as { serve?: (channel: Channel, timers: LentTimers) => Methods }).serve;
  channel.serve(make?.(channel, timers) ?? {});
}
