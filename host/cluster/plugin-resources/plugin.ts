/**
 * Our Plugin: a plugin to have, by its name. Of one that Herald brings, and of one that a flag names, only the config; of any other where it
 * comes from, the hash of what was looked at, and what it may do.
 */

import type { Permission } from "../../announcer.ts";
import { closeObject, complain, openObject, type Parsed, type Raw, type Reading, readObject } from "../../rules/config.ts";
import { PLUGIN_NAME } from "../../sandbox/plugin-name.ts";
import { checkConfig, type KnownPlugins } from "./known-plugins.ts";
import { readGrants } from "./read-grants.ts";

export const PLUGIN = "Plugin";

/** One Plugin object. */
export interface PluginResource {
  readonly name: string;
  /** Undefined: one that Herald brings, or that a flag names. */
  readonly source?: PluginSource;
  /** `sha256-…` of what is at the source. */
  readonly pin?: string;
  readonly grants: readonly Permission[];
  readonly config?: Raw;
}

/** Where a plugin comes from: exactly one of them. */
export type PluginSource = { readonly path: string } | { readonly package: string } | { readonly url: string };

/** As in an `integrity` attribute: 32 bytes in base64. */
const PIN = /^sha256-[A-Za-z0-9+/]{43}=$/;
/** An exact version, since what a range means changes from day to day. */
const PACKAGE = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*@\d+\.\d+\.\d+(?:-[\w.-]+)?$/;
const LONGEST_SOURCE = 2048;
const SOURCES = {
  path: { wanted: "an absolute path", fits: (text: string) => text.startsWith("/") },
  package: { wanted: "a package with its exact version, such as @acme/vrrp@1.2.0", fits: (text: string) => PACKAGE.test(text) },
  url: { wanted: "an https URL without a password in it", fits: isPlainUrl },
};

/** Reads one Plugin object; `known` are those that Herald brings. */
export function readPlugin(object: unknown, known: KnownPlugins): Parsed<PluginResource> {
  const reading = openObject(PLUGIN, object);
  const { name } = reading;
  const spec = reading.spec ?? {};
  if (name !== "" && !PLUGIN_NAME.test(name)) {
    complain(reading, "metadata.name", name, "lower-case letters, digits and dashes, at most 63, a letter first");
  }
  const config = readObject(reading, "spec.config", spec["config"]);
  const grants = readGrants(reading, "spec.grants", spec["grants"]);
  const from = known.has(name) ? demandNoSource(reading, spec) : readSource(reading, spec);
  if (config !== undefined) reading.problems.push(...checkConfig(reading.object, name, config, known));
  return closeObject(reading, { name, ...from, grants, ...(config === undefined ? {} : { config }) });
}

/** `package "@acme/vrrp@1.2.0"`. */
export function sourceText(source: PluginSource): string {
  const [[kind, text] = ["", ""]] = Object.entries(source);
  return `${kind} ${JSON.stringify(text)}`;
}

/** What Herald brings cannot be another, and has what it asks for. */
function demandNoSource(reading: Reading, spec: Raw): Record<string, never> {
  for (const field of ["source", "pin", "grants"]) {
    const value = spec[field];
    const isNothing = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    if (!isNothing) complain(reading, `spec.${field}`, value, `no ${field}: plugin ${reading.name} comes with Herald`);
  }
  return {};
}

function readSource(reading: Reading, spec: Raw): Pick<PluginResource, "source" | "pin"> {
  const { pin, source, grants } = spec;
  if (pin === undefined && source === undefined && grants === undefined) return {};
  if (typeof pin !== "string" || !PIN.test(pin)) complain(reading, "spec.pin", pin, "sha256- and 32 bytes in base64");
  const raw = readObject(reading, "spec.source", source);
  const named = Object.entries(SOURCES).filter(([kind]) => raw?.[kind] !== undefined && raw[kind] !== null);
  const [first] = named;
  if (first === undefined || named.length > 1) {
    const found = named.length > 1 ? named.map(([kind]) => kind).join(" and ") : raw;
    complain(reading, "spec.source", found, `one of ${Object.keys(SOURCES).join(", ")}`);
    return {};
  }
  const [kind, { wanted, fits }] = first;
  const text = raw?.[kind];
  if (typeof text === "string" && text.length <= LONGEST_SOURCE && fits(text))
    return { source: { [kind]: text } as PluginSource, pin: String(pin) };
  complain(reading, `spec.source.${kind}`, text, wanted);
  return {};
}

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return protocol === "https:" && username === "" && password === "";
}
