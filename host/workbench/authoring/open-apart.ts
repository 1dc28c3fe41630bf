/** A plugin in a process of its own, as a speaker runs it; each opening is a new process, which ends with the stage that it is on. */

import type { Log } from "../../announcer.ts";
import { Cells } from "../../sandbox/cell/cells.ts";
import { openForeignPlugin } from "../../sandbox/foreign-plugin.ts";
import type { HostedPlugin, PluginBundle } from "../../sandbox/hosted.ts";

/** Gives what opens it. */
export function apart(bundle: PluginBundle, log: Log): () => Promise<HostedPlugin> {
  const cells = new Cells({ log });
  return () => openForeignPlugin(bundle, cells);
}
