/** Plugins for tests: a plugin is a list of methods, which the test calls by name. */

import type { Channel, Plain } from "../../../sandbox/cell/channel.ts";
import type { PluginBundle } from "../../../sandbox/hosted.ts";
import { bundleOf } from "./bundle-of.ts";

/**
 * `methods` are those of an object: `add: (a, b) => a + b`, on the first line of `plugin.ts`. `callPlugin` calls them with what it gets, before the plugin is
 * started; a started one calls them by the name that its announcer is asked for, and finds its context as `methods.context`.
 */
export function pluginOf(methods: string): PluginBundle {
  return bundleOf(`const methods = { ${methods} };
({ default: {
  ...{ name: "probe", api: 1, from: "owner", serves: { kind: "Probe", families: [4] }, config: {}, example: {} },
  permissions: ({ method, args }) => method === undefined ? [] : methods[method](...args),
  start: async (context) => { methods.context = context; return { apply: async () => [], stop: async () => {}, inspect: (what) => methods[what]() }; },
} })`);
}

/** What the method of that name gives. */
export function callPlugin(channel: Channel, method: string, ...args: readonly Plain[]): Promise<Plain> {
  return channel.call("permissions", [{ method, args }]);
}
