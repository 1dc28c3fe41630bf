/**
 * A plugin's very bundle, run in this process: for its own author's tests, never for a stranger's code. The stack of what it throws
 * leads into its sources.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { PluginDefinition } from "../../announcer.ts";
import type { HostedPlugin, PluginBundle } from "../../sandbox/hosted.ts";

/** `folder`: where the plugin lies. Rejects with what its code throws when it is loaded, and where it exports no definition. */
export async function loadHere(bundle: PluginBundle, folder: string): Promise<PluginDefinition & Pick<HostedPlugin, "foreign">> {
  const aside = mkdtempSync(join(tmpdir(), "herald-plugin-"));
  try {
    const file = join(aside, "plugin.mjs");
    const map = JSON.parse(bundle.map) as { sources: readonly string[] };
    const sources = map.sources.map((source) => pathToFileURL(resolve(folder, source)).href);
    const inline = Buffer.from(JSON.stringify({ ...map, sources })).toString("base64");
    writeFileSync(file, `${bundle.code}\nexport default plugin.default;\n//# sourceMappingURL=data:application/json;base64,${inline}\n`);
    process.setSourceMapsEnabled(true);
    const { default: definition } = (await import(pathToFileURL(file).href)) as { default?: PluginDefinition };
    if (typeof definition?.start !== "function") throw new Error("It has no default export by definePlugin");
    return { ...definition, ...foreignPart(definition, bundle) };
  } finally {
    rmSync(aside, { recursive: true });
  }
}

function foreignPart({ program }: PluginDefinition, { specifier, pin, programs }: PluginBundle): Pick<HostedPlugin, "foreign"> {
  const bytes = program === undefined ? undefined : programs.get(program);
  if (bytes === undefined) return {};
  return { foreign: { specifier, pin, program: bytes, onLost: () => () => {}, close: async () => {} } };
}
