/** The files of a plugin by its place: read here, fetched where that is allowed, or out of the cache where they were fetched before. */

import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Cache } from "./cache.ts";
import { createFetcher, type Fetcher } from "./fetcher.ts";
import { localFiles, readInFolder } from "./local-files.ts";
import { packageFiles } from "./package-files.ts";
import { hashOf, type Listing, pinOf } from "./pin.ts";
import { filesInMemory, LIMITS, type PluginFiles, SourceError } from "./plugin-files.ts";
import { remoteFiles } from "./remote-files.ts";
import { type Place, readUrl } from "./specifier.ts";
import { tarballFiles } from "./tarball.ts";

export interface FetchOptions {
  /** URL of the npm registry. Default: packages are refused. */
  readonly registry?: string;
  /** PEM of an authority that is trusted beside those that Node knows. */
  readonly authority?: string;
}

type LocalPlace = Extract<Place, { kind: "path" }>;
type RemotePlace = Exclude<Place, LocalPlace>;

/** Rejects with SourceError. */
export async function openLocal({ path, isTarball }: LocalPlace): Promise<PluginFiles> {
  if (!isTarball) return localFiles(path);
  const real = await realpath(path).catch(() => path);
  const packed = await readInFolder(dirname(real), basename(real), LIMITS.packedBytes);
  if (packed === undefined) throw new SourceError(`There is no file at ${path}`);
  return tarballFiles(packed);
}

/** Rejects with SourceError. */
export async function fetchFiles(place: RemotePlace, { registry, authority }: FetchOptions): Promise<PluginFiles> {
  const fetch = createFetcher(authority === undefined ? {} : { authority });
  if (place.kind === "url") return place.isTarball ? fetchTarball(place.url, fetch) : remoteFiles(place.url, fetch);
  if (registry === undefined || registry === "") {
    throw new SourceError(
      "No registry of packages is known: name one by --registry URL, or in the environment variable npm_config_registry",
    );
  }
  return packageFiles(place, readUrl(registry), fetch);
}

async function fetchTarball(url: URL, fetch: Fetcher): Promise<PluginFiles> {
  const packed = await fetch(url, LIMITS.packedBytes);
  if (packed === undefined) throw new SourceError(`There is nothing at ${url.href}`);
  return tarballFiles(packed);
}

/** All files of a listing; undefined where one is missing or damaged. */
export async function keptFiles({ entry, files }: Listing, cache: Cache): Promise<PluginFiles | undefined> {
  const contents = new Map<string, Uint8Array>();
  for (const [path, hash] of Object.entries(files)) {
    const kept = await cache.get("files", hash);
    if (kept === undefined || hashOf(kept) !== hash) return undefined;
    contents.set(path, kept);
  }
  return { entry, ...filesInMemory(contents) };
}

/** Rejects with SourceError where the cache cannot be written. */
export async function keepFiles(files: ReadonlyMap<string, Uint8Array>, cache: Cache): Promise<void> {
  for (const contents of files.values()) await cache.put("files", hashOf(contents), contents);
}

/** What a pin stands for, where that was loaded here before. */
export async function keptListing(pin: string, cache: Cache): Promise<Listing | undefined> {
  const kept = await cache.get("listings", pin);
  if (kept === undefined) return undefined;
  const { entry, files } = JSON.parse(new TextDecoder().decode(kept)) as Listing;
  return pinOf({ entry, files }) === pin ? { entry, files } : undefined;
}

export async function keepListing({ entry, files }: Listing, cache: Cache): Promise<void> {
  await cache.put("listings", pinOf({ entry, files }), JSON.stringify({ entry, files }));
}
