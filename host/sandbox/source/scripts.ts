/** Scripts out of the cache, or made anew: without esbuild where the same files were bundled before, in the same way. */

import { createRequire } from "node:module";
import { bundlePlugin, type Script, STYLE } from "./bundle.ts";
import type { Cache } from "./cache.ts";
import { contractModule } from "./contract-module.ts";
import { hashOf, listingOf, pinOf } from "./pin.ts";
import { filesInMemory, SourceError } from "./plugin-files.ts";

export interface ScriptCache {
  readonly cache: Cache;
  /** Hears what could not be kept; the script is good without. */
  readonly warn: (line: string) => void;
}

/** Of files whose pin is known. Rejects with SourceError, also where the code needs fewer files than these, or others. */
export async function scriptOf(entry: string, files: ReadonlyMap<string, Uint8Array>, keep: ScriptCache): Promise<Script> {
  const pin = pinOf(listingOf(entry, files));
  const kept = await keep.cache.get("scripts", await keyOf(pin));
  if (kept !== undefined) {
    const { code, map } = JSON.parse(new TextDecoder().decode(kept)) as Script;
    return { code, map };
  }
  const bundled = await bundlePlugin({ entry, ...filesInMemory(files) });
  const unused = [...files.keys()].find((path) => !bundled.files.has(path));
  if (unused !== undefined) throw new SourceError(`Its code does not use ${unused}`);
  await keepScript(pin, bundled, keep);
  return bundled;
}

export async function keepScript(pin: string, { code, map }: Script, { cache, warn }: ScriptCache): Promise<void> {
  const key = await keyOf(pin);
  await cache.put("scripts", key, JSON.stringify({ code, map })).catch((error: Error) => warn(error.message));
}

/** The version is in a file: esbuild itself is loaded only to bundle. */
async function keyOf(pin: string): Promise<string> {
  const { version } = createRequire(import.meta.url)("esbuild/package.json") as { readonly version: string };
  return JSON.stringify([pin, version, hashOf(JSON.stringify(STYLE)), (await contractModule()).hash]);
}
