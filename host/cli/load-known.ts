/** What commands that announce nothing know of plugins that are not built in: what the plugins say of themselves, in a sandbox, with nothing granted. */

import { createLog } from "../observe/log.ts";
import type { PluginSupply } from "../roles/plugin-instance.ts";
import type { WantedPlugin } from "../roles/wanted-plugins.ts";

export interface Known {
  readonly supplies: readonly PluginSupply[];
  /** Why one is not known, by its name. */
  readonly troubles: ReadonlyMap<string, string>;
}

/** Each that is there, or was fetched by `herald plugin install`; nothing is fetched, and no lock file is written. */
export async function loadKnown(wanted: readonly WantedPlugin[]): Promise<Known> {
  const supplies: PluginSupply[] = [];
  const troubles = new Map<string, string>();
  if (wanted.length === 0) return { supplies, troubles };
  const { Cells } = await import("../sandbox/cell/cells.ts");
  const { openForeignPlugin } = await import("../sandbox/foreign-plugin.ts");
  const { pluginLoader } = await import("../roles/load-plugins.ts");
  const cells = new Cells({ log: createLog({ level: "none", format: "text", write: () => {} }, {}) });
  const load = pluginLoader({ from: {}, open: (bundle) => openForeignPlugin(bundle, cells) });
  try {
    for (const each of wanted) {
      await load(each).then(
        (supply) => supplies.push(supply),
        (error: Error) => troubles.set(each.name ?? each.by, error.message),
      );
    }
  } finally {
    await cells.close();
  }
  return { supplies, troubles };
}
