/** Bundles for tests, of a script's text, with a map in which line N of `plugin.ts` is line N of the code. */

import type { PluginBundle } from "../../../sandbox/hosted.ts";

export function bundleOf(code: string, programs: Readonly<Record<string, Uint8Array>> = {}): PluginBundle {
  const mappings = code.split("\n").map((_, at) => (at === 0 ? "AAAA" : "AACA"));
  const map = JSON.stringify({ version: 3, sources: ["plugin.ts"], names: [], mappings: mappings.join(";") });
  return { specifier: "./plugin.ts", pin: "sha256-test", code, map, programs: new Map(Object.entries(programs)) };
}
