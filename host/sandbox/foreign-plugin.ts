/**
 * A plugin that is not built in, as what the host starts.
 *
 * Its code is loaded into a process of its own, where it has no power at all, and asked what it is. All that power it gets comes later, by `start`, over the channel, cut
 * to its grants. What it says of itself is checked before anything else is made of it; it must say the same whenever it is asked.
 */

import { API_VERSION } from "../announcer.ts";
import { visible } from "../observe/log.ts";
import { askPermissions, inspect, startOver } from "./bridge/bridge.ts";
import type { Cells, Lodging } from "./cell/cells.ts";
import type { ForeignPart, HostedPlugin, Manifest, PluginBundle } from "./hosted.ts";
import { NeedsChange } from "./needs-change.ts";

/** For one life of the plugin. Rejects with one line that names it, with no process left, where it cannot be loaded or its definition is none. */
export async function openForeignPlugin(bundle: PluginBundle, cells: Cells): Promise<HostedPlugin> {
  const { specifier } = bundle;
  const lodging = await cells.open(specifier, bundle);
  const { channel } = lodging;
  try {
    const manifest = await inspect(channel);
    demandKnown(manifest, bundle);
    cells.demandSame(bundle.pin, manifest);
    // The plugin's half checks the example by the schemas; a schema of which nothing can be made fails here too.
    await askPermissions(channel, manifest.example).catch((error: Error) => {
      throw new Error(`its example does not do: ${error.message}`, { cause: error });
    });
    return {
      ...manifest,
      permissions: (config) => askPermissions(channel, config),
      start: (context, config) => startOver(channel, context, config),
      foreign: foreignPart(bundle, manifest, lodging),
    };
  } catch (error) {
    await lodging.close();
    throw new Error(`Cannot load plugin ${JSON.stringify(specifier)}: ${visible((error as Error).message)}`, { cause: error });
  }
}

function demandKnown({ api, program }: Manifest, { programs }: PluginBundle): void {
  if (!Number.isInteger(api) || api < 1)
    throw new NeedsChange(`found API version ${api}, expected a whole number from 1 to ${API_VERSION}`);
  if (api > API_VERSION) throw new NeedsChange(`it needs a newer Herald: one with API version ${api}, this one has ${API_VERSION}`);
  if (program === undefined || programs.has(program)) return;
  const known = Array.from(programs.keys(), (path) => JSON.stringify(path)).join(", ");
  throw new Error(`its packet program ${JSON.stringify(program)} is not in its folder: found ${known || "none"}`);
}

function foreignPart({ specifier, pin, programs }: PluginBundle, { program }: Manifest, lodging: Lodging): ForeignPart {
  const bytes = program === undefined ? undefined : programs.get(program);
  const listeners = new Set<(reason: Error) => void>();
  let isClosed = false;
  let lost: Error | undefined;
  lodging.onEnd(({ error }) => {
    if (isClosed) return;
    lost = error;
    for (const call of listeners) call(error);
  });
  return {
    ...{ specifier, pin, process: { pid: lodging.pid, isolation: lodging.isolation } },
    ...(bytes === undefined ? {} : { program: bytes }),
    onLost(call) {
      listeners.add(call);
      if (lost !== undefined) call(lost);
      return () => void listeners.delete(call);
    },
    async close() {
      isClosed = true;
      await lodging.close();
    },
  };
}
