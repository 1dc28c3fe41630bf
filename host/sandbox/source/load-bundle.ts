/**
 * From a plugin's name to what is run, without running any of it.
 *
 * A specifier (`specifier.ts`) names a place. There, files are read as the code asks for them, each once (`plugin-files.ts`): from a file
 * or folder of this machine (`local-files.ts`), a tarball (`tarball.ts`), a package (`package-files.ts`) or a web server
 * (`remote-files.ts`): `open-files.ts`. They are bundled in memory (`bundle.ts`), and what the code is made of gets one pin (`pin.ts`).
 *
 * What the lock file knows (`lock-file.ts`) is loaded as the lock has it: the files that it lists are read, and only these, compared, and
 * bundled from memory, so nothing can change between the look and the use. What it does not know is taken over, or refused where it is
 * `frozen`. Scripts are kept by their pin (`cache.ts`, `scripts.ts`). What has to be fetched is fetched only where the caller may; its files stay in the
 * cache, and everybody else has them from there.
 */

import { resolve } from "node:path";
import type { PluginBundle } from "../hosted.ts";
import { bundlePlugin, programsOf, type Script } from "./bundle.ts";
import { Cache, defaultCache } from "./cache.ts";
import { type LockEntry, lockKey, readLock, writeLockEntry } from "./lock-file.ts";
import { type FetchOptions, fetchFiles, keepFiles, keepListing, keptFiles, keptListing, openLocal } from "./open-files.ts";
import { type Listing, listingOf, pinOf } from "./pin.ts";
import { type PluginFiles, readOnce, SourceError } from "./plugin-files.ts";
import { keepScript, type ScriptCache, scriptOf } from "./scripts.ts";
import { type Place, readSpecifier } from "./specifier.ts";

export interface LoadOptions extends FetchOptions {
  /** The lock file's path. Default: nothing is compared, and nothing written. */
  readonly lock?: string;
  /** Only what is pinned already is loaded. Default: what is not is taken over into the lock. */
  readonly frozen?: boolean;
  /** Takes it as it is now, whatever the lock has, and leaves the lock to the caller: `pinPlugin`. */
  readonly anew?: boolean;
  /** The pin that is demanded, as a resource names it. It stands for an entry of the lock. */
  readonly pin?: string;
  /** Default: `defaultCache()`. */
  readonly cache?: string;
  /** Whether what is not in the cache is fetched. Default: it is refused. */
  readonly mayFetch?: boolean;
  /** What relative paths are relative to. Default: the working directory. */
  readonly folder?: string;
  /** Hears what is good to know and stops nothing. */
  readonly warn?: (line: string) => void;
}

export interface LoadedPlugin {
  readonly bundle: PluginBundle;
  /** How the lock names it. */
  readonly key: string;
  /** What the lock has of it, or would have. */
  readonly entry: LockEntry;
  /** What the lock had before. */
  readonly before?: LockEntry;
  /** `name version` of its `package.json`, where it was looked at. */
  readonly title?: string;
  /** Of all its files. */
  readonly bytes: number;
}

/** Rejects with SourceError: its message is for the user, and names the plugin. */
export async function loadBundle(specifier: string, options: LoadOptions = {}): Promise<PluginBundle> {
  return (await loadPlugin(specifier, options)).bundle;
}

/** Puts what was loaded into a lock file, with what has become known of it. Rejects with one clear line. */
export async function pinPlugin(
  lock: string,
  { key, entry }: LoadedPlugin,
  known: Pick<LockEntry, "api" | "permissions"> = {},
): Promise<void> {
  await writeLockEntry(lock, key, { ...entry, ...known });
}

/** As `loadBundle`, with what else is known. */
export async function loadPlugin(specifier: string, options: LoadOptions = {}): Promise<LoadedPlugin> {
  try {
    const place = readSpecifier(specifier, options.folder ?? process.cwd());
    return await new Loading(specifier, place, options).load();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new SourceError(`Cannot load plugin ${specifier}: ${error.message}`);
  }
}

class Loading {
  readonly #specifier: string;
  readonly #place: Place;
  readonly #options: LoadOptions;
  readonly #key: string;
  readonly #keep: ScriptCache;

  constructor(specifier: string, place: Place, options: LoadOptions) {
    this.#specifier = specifier;
    this.#place = place;
    this.#options = options;
    this.#key = lockKey(resolve(options.lock ?? "herald.lock"), place);
    this.#keep = { cache: new Cache(resolve(options.cache ?? defaultCache())), warn: options.warn ?? (() => {}) };
  }

  async load(): Promise<LoadedPlugin> {
    const { lock, anew = false, frozen = false, pin } = this.#options;
    const before = lock === undefined ? undefined : (await readLock(lock)).get(this.#key);
    if (before !== undefined && !anew) return this.#demandPin(await this.#loadKnown(before, before));
    if (frozen && pin === undefined) throw new SourceError(`It is not in ${lock ?? "a lock file"}: ${this.#install()} pins it`);
    const listing = pin === undefined || anew ? undefined : await keptListing(pin, this.#keep.cache);
    const loaded = this.#demandPin(listing === undefined ? await this.#loadNew() : await this.#loadKnown(listing));
    if (lock !== undefined && !frozen && !anew) await pinPlugin(lock, loaded);
    return before === undefined ? loaded : { ...loaded, before };
  }

  /** Takes what is there. */
  async #loadNew(): Promise<LoadedPlugin> {
    const { source, isFetched } = await this.#open();
    const { files, ...script } = await bundlePlugin(source);
    const listing = listingOf(source.entry, files);
    const { cache, warn } = this.#keep;
    const { lock, pin } = this.#options;
    if (isFetched) await keepFiles(files, cache);
    // What nothing pins is bundled each time, as nobody knows what it is made of before.
    if (isFetched || lock !== undefined || pin !== undefined) {
      await keepListing(listing, cache).catch((error: Error) => warn(error.message));
      await keepScript(pinOf(listing), script, this.#keep);
    }
    return this.#loaded(this.#entryOf(listing, source), files, script, source.title);
  }

  /** Takes what was pinned, if it is there. */
  async #loadKnown(listing: Listing, locked?: LockEntry): Promise<LoadedPlugin> {
    const { source, isFetched } = await this.#open(listing);
    const files = new Map<string, Uint8Array>();
    for (const path of Object.keys(listing.files)) {
      const contents = await source.read(path);
      if (contents !== undefined) files.set(path, contents);
    }
    const found = listingOf(source.entry, files);
    if (pinOf(found) !== pinOf(listing)) throw await this.#differs(listing, found, source);
    if (isFetched) await keepFiles(files, this.#keep.cache);
    const script = await scriptOf(listing.entry, files, this.#keep);
    return this.#loaded(locked ?? this.#entryOf(listing, source), files, script, source.title);
  }

  async #differs(pinned: Listing, found: Listing, source: PluginFiles): Promise<SourceError> {
    const actual = await bundlePlugin(source).then(
      ({ files }) => pinOf(listingOf(source.entry, files)),
      () => "none, as it cannot be bundled",
    );
    const changes = Object.entries(pinned.files).flatMap(([path, hash]) => {
      const now = found.files[path];
      return now === hash ? [] : [`  ${path}: ${now === undefined ? "gone" : "changed"}`];
    });
    if (found.entry !== pinned.entry) changes.unshift(`  entry: ${found.entry}, expected ${pinned.entry}`);
    const what = `It is not what is pinned${this.#options.lock === undefined ? "" : ` in ${this.#options.lock}`}`;
    const advice = `If that is meant, ${this.#install("--yes ")} pins it anew`;
    return new SourceError([what, `  expected: ${pinOf(pinned)}`, `  actual: ${actual}`, ...changes, advice].join("\n"));
  }

  #demandPin(loaded: LoadedPlugin): LoadedPlugin {
    const { pin } = this.#options;
    if (pin === undefined || pin === loaded.entry.pin) return loaded;
    throw new SourceError(`Its pin is ${loaded.entry.pin}, expected ${pin}`);
  }

  #loaded(entry: LockEntry, files: ReadonlyMap<string, Uint8Array>, { code, map }: Script, title: string | undefined): LoadedPlugin {
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    const bundle = { specifier: this.#specifier, pin: entry.pin, code, map, programs: programsOf(entry.entry, files) };
    return { bundle, key: this.#key, entry, bytes, ...(title === undefined ? {} : { title }) };
  }

  /** `known`: what it is expected to be, so that it need not be fetched. */
  async #open(known?: Listing): Promise<{ readonly source: PluginFiles; readonly isFetched: boolean }> {
    const place = this.#place;
    if (place.kind === "path") return { source: readOnce(await openLocal(place)), isFetched: false };
    const { cache } = this.#keep;
    const kept = known && (await keptFiles(known, cache));
    if (kept !== undefined) return { source: kept, isFetched: false };
    if (this.#options.mayFetch) return { source: readOnce(await fetchFiles(place, this.#options)), isFetched: true };
    throw new SourceError(`It is not in the cache ${cache.directory}: ${this.#install()} fetches it`);
  }

  #entryOf(listing: Listing, { resolved = this.#key }: PluginFiles): LockEntry {
    return { resolved, pin: pinOf(listing), ...listing };
  }

  #install(flags = ""): string {
    return `herald plugin install ${flags}${this.#specifier}`;
  }
}
