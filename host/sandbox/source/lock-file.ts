/**
 * `herald.lock`: what every plugin that is not built in was made of when somebody took it over. By specifier, sorted, to be read and to be
 * committed; places are relative to the file's own folder. A lock that cannot be understood is an error, never an empty one.
 */

import { readFile, stat } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import type { Permission } from "../../announcer.ts";
import { writeAtomically } from "../../cluster/manifests/atomic-write.ts";
import { HASH, type Listing, pinOf } from "./pin.ts";
import { isPlainPath, SourceError } from "./plugin-files.ts";
import type { Place } from "./specifier.ts";

export interface LockEntry extends Listing {
  /** Where it was found: a path, or the URL of what was fetched. */
  readonly resolved: string;
  readonly pin: string;
  /** Of the API that it was written for, where that is known. */
  readonly api?: number;
  /** What it asked for with its example's config, where that is known. */
  readonly permissions?: readonly Permission[];
}

export type Lock = ReadonlyMap<string, LockEntry>;

const VERSION = 1;
const MOST_BYTES = 8 * 1024 * 1024;

/** Empty where there is no such file. Rejects with SourceError, naming it, where it is none of ours or was damaged. */
export async function readLock(path: string): Promise<Lock> {
  const text = await readText(path);
  if (text === undefined) return new Map();
  const refuse = (what: string): never => {
    throw new SourceError(`Cannot use lock file ${path}: ${what}`);
  };
  const root = parse(text) ?? refuse("it is no JSON object");
  if (root["version"] !== VERSION) refuse(`its version is ${JSON.stringify(root["version"])?.slice(0, 20)}, expected ${VERSION}`);
  const plugins = asObject(root["plugins"]) ?? refuse('"plugins" is no object');
  return new Map(
    Object.entries(plugins).map(([specifier, value]) => {
      const entry = readEntry(value) ?? refuse(`what it says of ${JSON.stringify(specifier.slice(0, 100))} is damaged`);
      if (pinOf(entry) !== entry.pin) refuse(`of ${JSON.stringify(specifier.slice(0, 100))} the pin is not that of its files`);
      return [specifier, entry];
    }),
  );
}

let lastWrite: Promise<unknown> = Promise.resolve();

/** Puts one entry in, or takes it out, one after the other in this process. Rejects with one clear line. */
export function writeLockEntry(path: string, specifier: string, entry: LockEntry | undefined): Promise<void> {
  const write = lastWrite.then(() => rewrite(path, specifier, entry));
  lastWrite = write.catch(() => {});
  return write;
}

async function rewrite(path: string, specifier: string, entry: LockEntry | undefined): Promise<void> {
  const lock = new Map(await readLock(path));
  if (entry === undefined) lock.delete(specifier);
  else lock.set(specifier, readEntry(entry) ?? entry); // in its one order
  const plugins = Object.fromEntries([...lock].sort(([left], [right]) => (left < right ? -1 : 1)));
  const text = `${JSON.stringify({ version: VERSION, plugins }, undefined, 2)}\n`;
  await writeAtomically(path, text, `.${process.pid}`).catch((error: Error) => {
    throw new SourceError(error.message);
  });
}

/** How the lock names a plugin: a place of this machine from the lock's folder, what is fetched as it is. */
export function lockKey(lock: string, place: Place): string {
  if (place.kind === "package") return `${place.name}@${place.version}`;
  if (place.kind === "url") return place.url.href;
  const path = relative(dirname(lock), place.path).split(sep).join("/");
  return path.startsWith("../") || path === ".." ? path : `./${path}`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SourceError(`Cannot read lock file ${path}: ${(error as Error).message}`);
  }
}

function readEntry(value: unknown): LockEntry | undefined {
  const { resolved, entry, pin, files, api, permissions } = asObject(value) ?? {};
  const hashes = Object.entries(asObject(files) ?? {});
  if (typeof resolved !== "string" || typeof entry !== "string" || typeof pin !== "string" || hashes.length === 0) return undefined;
  if (!hashes.every(([path, hash]) => isPlainPath(path) && typeof hash === "string" && HASH.test(hash))) return undefined;
  return {
    resolved,
    entry,
    pin,
    ...(typeof api === "number" ? { api } : {}),
    ...(Array.isArray(permissions) ? { permissions: permissions as Permission[] } : {}),
    files: Object.fromEntries(hashes) as Record<string, string>,
  };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
