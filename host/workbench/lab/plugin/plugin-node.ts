/** A node of the plugin lab: a host with the kernel's network, that runs one plugin in a process of its own, or another in its place. */

import type { Announcement } from "../../../announcer.ts";
import { createLog } from "../../../observe/log.ts";
import { createMetrics } from "../../../observe/metrics.ts";
import { openKernelNetwork } from "../../../packets/network.ts";
import type { HostedPlugin, PluginBundle } from "../../../sandbox/hosted.ts";
import { loadBundle } from "../../../sandbox/source/load-bundle.ts";
import { type PluginHost, type RunningPlugin, startPlugin } from "../../../sandbox/start-plugin.ts";
import { apart } from "../../authoring/open-apart.ts";
import { noChanges } from "../../conformance/play.ts";
import { granting } from "../../conformance/stage.ts";
import { serve } from "../host-process.ts";
import { CACHE } from "./plugin-lab.ts";

/** What is to run from now on. */
export interface Order {
  readonly path: string;
  readonly rows: readonly Announcement[];
}

interface Life {
  readonly order: Order;
  readonly bundle: PluginBundle;
  readonly plugin: HostedPlugin;
  readonly running: RunningPlugin;
}

export async function runPluginNode(node: string): Promise<number> {
  const log = createLog({ level: "info", format: "text", write: (line) => process.stderr.write(line) }, { node });
  const network = await openKernelNetwork((error) => log.error(error.message));
  const host: PluginHost = { node, ...network, log, metrics: createMetrics(), operator: granting({}) };
  let life: Life | undefined;

  const begin = async (order: Order, bundle: PluginBundle, plugin: HostedPlugin): Promise<Life> => {
    try {
      const running = await startPlugin(plugin, plugin.example, host);
      const refused = await running.announcer.apply({ ...noChanges, added: order.rows });
      for (const { vip, reason } of refused) log.warn("Refused", { vip, reason });
      plugin.foreign?.onLost((reason) => log.error("The plugin's process ended", { reason: reason.message }));
      return { order, bundle, plugin, running };
    } catch (error) {
      await plugin.foreign?.close();
      throw error;
    }
  };
  const end = async ({ plugin, running }: Life): Promise<void> => {
    await running.announcer.stop("replace").catch((error: Error) => log.warn(error.message));
    await running.close();
    await plugin.foreign?.close();
  };

  await serve<Order>(async (order) => {
    // What cannot be loaded takes nothing down.
    const bundle = await loadBundle(order.path, { cache: CACHE });
    const plugin = await apart(bundle, log)();
    const before = life;
    if (before !== undefined) await end(before);
    life = await begin(order, bundle, plugin).catch(async (error: Error) => {
      if (before !== undefined) life = await begin(before.order, before.bundle, await apart(before.bundle, log)());
      throw error;
    });
  });
  return 0;
}
