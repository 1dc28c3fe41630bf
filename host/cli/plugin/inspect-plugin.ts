/** What a plugin says of itself before it is granted anything: read in a process of its own, which then ends. */

import type { Log, Permission } from "../../announcer.ts";
import type { PluginBundle } from "../../sandbox/hosted.ts";

export interface Inspection {
  readonly name: string;
  readonly api: number;
  /** What it asks for with its example's config. */
  readonly permissions: readonly Permission[];
}

/** Rejects with one line that names the plugin, where its definition is none. */
export async function inspectPlugin(bundle: PluginBundle, log: Log): Promise<Inspection> {
  const { Cells } = await import("../../sandbox/cell/cells.ts");
  const { openForeignPlugin } = await import("../../sandbox/foreign-plugin.ts");
  const cells = new Cells({ log });
  try {
    const { name, api, example, permissions } = await openForeignPlugin(bundle, cells);
    return { name, api, permissions: await permissions(example) };
  } finally {
    await cells.close();
  }
}
