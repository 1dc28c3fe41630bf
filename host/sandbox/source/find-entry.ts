/** Which file of a plugin's folder is its entry: as `package.json` says, or by its name. */

import { type PluginFiles, pathFrom, SourceError } from "./plugin-files.ts";

const BY_NAME = ["plugin.ts", "index.ts", "plugin.js", "index.js", "plugin.mjs", "index.mjs"];
/** Fields of `package.json`, the first that is there. */
const FIELDS = ["herald", "exports", "main"];
const MOST_STEPS = 4;

export interface Entry {
  readonly entry: string;
  /** `name version` of `package.json`. */
  readonly title?: string;
}

/** Rejects with SourceError. */
export async function findEntry(read: PluginFiles["read"]): Promise<Entry> {
  const manifest = await readManifest(read);
  const title = [manifest["name"], manifest["version"]].filter((part) => typeof part === "string").join(" ");
  const entry = entryIn(manifest) ?? (await entryByName(read));
  if (entry === undefined)
    throw new SourceError(`It has no entry: expected ${BY_NAME.slice(0, 2).join(" or ")}, or "herald" in package.json`);
  return { entry, ...(title === "" ? {} : { title }) };
}

async function readManifest(read: PluginFiles["read"]): Promise<Readonly<Record<string, unknown>>> {
  const contents = await read("package.json");
  if (contents === undefined) return {};
  try {
    const manifest: unknown = JSON.parse(new TextDecoder().decode(contents));
    if (typeof manifest === "object" && manifest !== null && !Array.isArray(manifest)) return { ...manifest };
  } catch {
    // The same answer as for JSON of the wrong shape.
  }
  throw new SourceError("Its package.json is no JSON object");
}

function entryIn(manifest: Readonly<Record<string, unknown>>): string | undefined {
  for (const field of FIELDS) {
    const found = pathIn(manifest[field]);
    if (found === undefined) continue;
    const entry = pathFrom("package.json", found);
    if (entry === undefined)
      throw new SourceError(`Its package.json names ${JSON.stringify(found)} as ${field}: expected a path in its folder`);
    return entry;
  }
  return undefined;
}

/** `"./a.js"`, or what `exports` says of `.` to who imports. */
function pathIn(value: unknown, steps = MOST_STEPS): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || steps === 0) return undefined;
  const { ".": here, import: imported, default: byDefault } = value as Readonly<Record<string, unknown>>;
  return pathIn(here ?? imported ?? byDefault, steps - 1);
}

async function entryByName(read: PluginFiles["read"]): Promise<string | undefined> {
  for (const name of BY_NAME) {
    if ((await read(name)) !== undefined) return name;
  }
  return undefined;
}
