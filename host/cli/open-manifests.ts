/** Manifests, read once by a command that announces nothing. */

import { hostname } from "node:os";
import { ManifestsSource } from "../cluster/manifests/manifests.ts";
import { translatorsOf, WANTED_PLUGINS, type WantedByResources } from "../cluster/plugin-resources/translators.ts";
import { Store } from "../cluster/store.ts";
import { factOf, ownSupply } from "../roles/plugin-instance.ts";
import { wantedPlugins } from "../roles/wanted-plugins.ts";
import type { AnnouncerFact } from "../rules/vocabulary.ts";
import { loadKnown } from "./load-known.ts";
import { allOf, type ShippedPlugins } from "./shipped-plugins.ts";

export interface ManifestsPlace {
  readonly manifests: string;
  readonly allocations: string | undefined;
  /** Undefined: the Nodes of the manifests, or where they have none, this box. */
  readonly node?: string | undefined;
}

export interface OpenedManifests {
  readonly source: ManifestsSource;
  readonly store: Store;
  /** That it was read as, if one. */
  readonly node: string | undefined;
  /** Of the plugins that would run: those of `Plugin` resources too, where they can be loaded. */
  readonly announcers: readonly AnnouncerFact[];
}

/** Throws where there is nothing at the path. */
export async function openManifests(own: ShippedPlugins, { manifests, allocations, node }: ManifestsPlace): Promise<OpenedManifests> {
  const store = new Store();
  const known = allOf(own);
  const nothing = { loaded: [], troubles: new Map<string, string>() };
  const options = {
    ...{ path: manifests, follow: false, translators: translatorsOf(known, undefined, nothing) },
    ...(node === undefined ? {} : { node }),
    ...(allocations === undefined ? {} : { allocations }),
  };
  const source = await ManifestsSource.open(options, store);
  source.close();
  // As for a speaker: without Nodes this box is the one.
  if (node === undefined && store.snapshot().nodes.size === 0) return openManifests(own, { manifests, allocations, node: hostname() });
  const wanted = wantedPlugins({ ...own, flags: [], resources: source.translated.config(WANTED_PLUGINS) as WantedByResources });
  const { supplies, troubles } = await loadKnown(wanted.filter(({ specifier }) => specifier !== undefined));
  source.setTranslators(translatorsOf(known, undefined, { loaded: supplies.map(({ manifest }) => manifest), troubles }));
  const named = own.optional.filter(({ name }) => wanted.some((each) => each.specifier === undefined && each.name === name));
  const ours = [...own.builtIns, ...named].map((definition) => ownSupply(definition, "shipped"));
  return { source, store, node, announcers: [...ours, ...supplies].map(factOf) };
}
