/** Our Advertisement: MetalLB's L2Advertisement with a plugin's name, and what that plugin wants to be told. */

import { closeObject, complain, openObject, ownText, type Parsed, type Raw, readObject } from "../../rules/config.ts";
import { readSelections } from "../../rules/l2-advertisement.ts";
import type { Advertisement } from "../../rules/vocabulary.ts";
import { checkConfig, type KnownPlugins } from "./known-plugins.ts";

export const ADVERTISEMENT = "Advertisement";

/** One Advertisement object. */
export interface PluginAdvertisement extends Omit<Advertisement, "kind"> {
  /** The plugin that announces. */
  readonly plugin: string;
  /** Undefined: it says nothing about the plugin's config. */
  readonly config?: Raw;
}

/** Reads one Advertisement object. What it says to a plugin that is not known stays unchecked until that is. */
export function readAdvertisement(object: unknown, known: KnownPlugins): Parsed<PluginAdvertisement> {
  const reading = openObject(ADVERTISEMENT, object);
  const { plugin, ...spec } = reading.spec ?? {};
  if (typeof plugin !== "string" || plugin === "") complain(reading, "spec.plugin", plugin, "the name of a plugin");
  const config = readObject(reading, "spec.config", spec["config"]);
  const advertisement = {
    name: reading.name,
    plugin: typeof plugin === "string" ? ownText(plugin) : "",
    ...readSelections(reading),
    attributes: readObject(reading, "spec.attributes", spec["attributes"]) ?? {},
    ...(config === undefined ? {} : { config }),
  };
  reading.problems.push(...checkAdvertisement(advertisement, known));
  return closeObject(reading, advertisement);
}

/** What the plugin, where it is known, does not understand. */
export function checkAdvertisement({ name, plugin, attributes, config }: PluginAdvertisement, known: KnownPlugins) {
  const object = `${ADVERTISEMENT} ${name}`;
  const ofAttributes = known.get(plugin)?.attributes(attributes) ?? [];
  return [
    ...ofAttributes.map((problem) => ({ ...problem, object, path: `spec.attributes${problem.path === "" ? "" : `.${problem.path}`}` })),
    ...(config === undefined ? [] : checkConfig(object, plugin, config, known)),
  ];
}
