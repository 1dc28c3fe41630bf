/** Plugins that are not Herald's own, from what somebody wants to what can be started, as often as needed. */

import { createCheck, NO_ATTRIBUTES } from "../sandbox/check-config.ts";
import type { HostedPlugin, Manifest, PluginBundle } from "../sandbox/hosted.ts";
import { NeedsChange } from "../sandbox/needs-change.ts";
import { loadBundle } from "../sandbox/source/load-bundle.ts";
import type { PluginSupply } from "./plugin-instance.ts";
import type { LoadPlugin } from "./plugin-slot.ts";

export interface LoaderOptions {
  /** Lock file and cache; only what is pinned is loaded where it is frozen. */
  readonly from: Pick<NonNullable<Parameters<typeof loadBundle>[1]>, "lock" | "frozen" | "cache" | "warn">;
  /** For one life of it, with nothing granted. */
  readonly open: (bundle: PluginBundle) => Promise<HostedPlugin>;
}

/** Nothing is fetched. A wrong pin is looked at again like a file that is not there: both may be mended where the plugin lies. */
export function pluginLoader({ from, open }: LoaderOptions): LoadPlugin {
  return async ({ specifier = "", pin }): Promise<PluginSupply> => {
    const bundle = await loadBundle(specifier, { ...from, ...(pin === undefined ? {} : { pin }) });
    const manifest = await readManifest(bundle, open);
    return { manifest, origin: { kind: "other", specifier, pin: bundle.pin }, open: () => open(bundle) };
  };
}

/** What it says of itself, out of a process that ends again: it may be long before it is started, and it may never be. */
async function readManifest(bundle: PluginBundle, open: LoaderOptions["open"]): Promise<Manifest> {
  const { permissions: _, start: __, foreign, ...manifest } = await open(bundle);
  await foreign?.close();
  const { name, config, attributes = NO_ATTRIBUTES } = manifest;
  try {
    for (const schema of [config, attributes]) createCheck(name, schema);
  } catch (error) {
    throw new NeedsChange(`Cannot use plugin ${name}: its schemas make no sense: ${(error as Error).message}`, { cause: error });
  }
  return manifest;
}
