/** A plugin that is started over the bridge, as one in a process of its own is, without the process. */

import type { PluginDefinition } from "../../announcer.ts";
import { inspect, startOver } from "../../sandbox/bridge/bridge.ts";
import type { GuardPowers } from "../../sandbox/bridge/far-side.ts";
import { servePlugin } from "../../sandbox/bridge/serve-plugin.ts";
import { memoryChannels } from "../../sandbox/cell/memory-channels.ts";
import type { HostedPlugin, Manifest } from "../../sandbox/hosted.ts";
import { machineClock } from "../../sandbox/powers/clock.ts";
import { codecs } from "../../sandbox/powers/codecs.ts";

export const guardPowers: GuardPowers = { clock: machineClock, random: () => Math.random(), codec: codecs };

/** As the conformance suite takes it: a new plugin half for each that is opened. */
export function bridged<Config>(definition: PluginDefinition<Config>): Manifest & { open(): Promise<HostedPlugin> } {
  return {
    ...definition,
    async open() {
      const { host, plugin } = memoryChannels();
      servePlugin(plugin, definition, guardPowers);
      return {
        ...(await inspect(host)),
        permissions: (config) => definition.permissions(config as Config),
        start: (context, config) => startOver(host, context, config),
      };
    },
  };
}
