/** Manifests, read once by a command that announces nothing. */

import { hostname } from "node:os";
import type { PluginDefinition } from "../announcer.ts";
import { ManifestsSource } from "../cluster/manifests/manifests.ts";
import { translatorsOf } from "../cluster/plugin-resources/translators.ts";
import { Store } from "../cluster/store.ts";

export interface ManifestsPlace {
  readonly manifests: string;
  readonly allocations: string | undefined;
  /** Undefined: the Nodes of the manifests, or where they have none, this box. */
  readonly node?: string | undefined;
}

/** The node that it was read as, if one. Throws where there is nothing at the path. */
export async function openManifests(
  builtIns: readonly PluginDefinition[],
  { manifests, allocations, node }: ManifestsPlace,
): Promise<{ source: ManifestsSource; store: Store; node: string | undefined }> {
  const store = new Store();
  const options = {
    ...{ path: manifests, follow: false, translators: translatorsOf(builtIns) },
    ...(node === undefined ? {} : { node }),
    ...(allocations === undefined ? {} : { allocations }),
  };
  const source = await ManifestsSource.open(options, store);
  source.close();
  // As for a speaker: without Nodes this box is the one.
  if (node !== undefined || store.snapshot().nodes.size > 0) return { source, store, node };
  return openManifests(builtIns, { manifests, allocations, node: hostname() });
}
