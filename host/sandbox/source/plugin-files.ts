/** The files of a plugin before anything is known of them, wherever they come from. Each is read once, and what was read is what is used. */

import { posix } from "node:path";

export interface PluginFiles {
  /** The entry module, a path as below. */
  readonly entry: string;
  /**
   * The bytes of one file; undefined where there is none. `path` is within the plugin's folder: `lib/codec.ts`, with `/` and without
   * `.` and `..`. Rejects with SourceError where the file may not be read.
   */
  read(path: string): Promise<Uint8Array | undefined>;
  /** What the package calls itself, for people. */
  readonly title?: string;
  /** Where they were fetched from, where that is not the place that was named. */
  readonly resolved?: string;
}

/** No plugin needs more; what is hostile must end somewhere. */
export const LIMITS = {
  files: 1000,
  fileBytes: 4 * 1024 * 1024,
  allBytes: 32 * 1024 * 1024,
  /** Of a tarball as it is sent. */
  packedBytes: 16 * 1024 * 1024,
  pathLength: 200,
  /** For all fetches of a plugin together. */
  fetchMs: 120_000,
} as const;

/** A plugin that cannot be loaded as it is. The message is for its user: the first line says what, further ones where. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}

/** Reads every file once, however often it is asked for, and never more than the limits. */
export function readOnce(files: PluginFiles): PluginFiles {
  const known = new Map<string, Promise<Uint8Array | undefined>>();
  let bytes = 0;
  const count = async (path: string): Promise<Uint8Array | undefined> => {
    if (known.size >= LIMITS.files) throw new SourceError(`It has more than ${LIMITS.files} files`);
    const contents = await files.read(path);
    bytes += contents?.length ?? 0;
    if (bytes > LIMITS.allBytes) throw new SourceError(`Its files have more than ${LIMITS.allBytes} bytes`);
    return contents;
  };
  const read = (path: string): Promise<Uint8Array | undefined> => {
    const reading = known.get(path) ?? count(path);
    known.set(path, reading);
    return reading;
  };
  return { ...files, read };
}

/** Files that are in memory already. */
export function filesInMemory(contents: ReadonlyMap<string, Uint8Array>): Pick<PluginFiles, "read"> {
  return { read: async (path) => contents.get(path) };
}

/** Where `relative`, such as `../wire.ts`, leads from a file in the folder; undefined: out of it, or to no name that a file may have. */
export function pathFrom(file: string, relative: string): string | undefined {
  const path = posix.join(posix.dirname(file), relative);
  return isPlainPath(path) ? path : undefined;
}

/** Within the folder, in its one spelling, and a name everywhere. */
export function isPlainPath(path: string): boolean {
  const isBounded = path !== "" && path.length <= LIMITS.pathLength;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return isBounded && !/[\\:\0-\x1f\x7f]/.test(path) && path.split("/").every((part) => !["", ".", ".."].includes(part));
}
