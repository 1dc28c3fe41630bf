/**
 * A plugin packed by `npm pack`, or by tar and gzip. It is unpacked into memory only, so no name in it can reach a file of this machine; what
 * no honest packer makes is refused all the same: links, devices, names that lead elsewhere or come twice, and more than the limits.
 */

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { visible } from "../../observe/log.ts";
import { withinTime } from "../within-time.ts";
import { findEntry } from "./find-entry.ts";
import { filesInMemory, isPlainPath, LIMITS, type PluginFiles, SourceError } from "./plugin-files.ts";

const LIMIT_MS = 20_000;
/** What tar adds: a header a file, the rest of the last block, the end. */
const MOST_UNPACKED_BYTES = LIMITS.allBytes + LIMITS.files * 2048;

/** Rejects with SourceError. */
export async function tarballFiles(packed: Uint8Array): Promise<PluginFiles> {
  const files = withoutFolder(await withinTime("Unpacking", LIMIT_MS, async () => unpack(await unzip(packed))));
  const { read } = filesInMemory(files);
  return { ...(await findEntry(read)), read };
}

async function unzip(packed: Uint8Array): Promise<Uint8Array> {
  return await promisify(gunzip)(packed, { maxOutputLength: MOST_UNPACKED_BYTES }).catch((error: NodeJS.ErrnoException) => {
    const isLarge = error.code === "ERR_BUFFER_TOO_LARGE";
    throw new SourceError(isLarge ? `Unpacked it has more than ${LIMITS.allBytes} bytes` : `It is no whole tar.gz file: ${error.message}`);
  });
}

async function unpack(tar: Uint8Array): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const entries = extract();
  entries.end(tar);
  try {
    for await (const entry of entries) {
      const path = pathOf(entry.header);
      const pieces: Uint8Array[] = [];
      for await (const piece of entry) pieces.push(piece as Uint8Array);
      if (path === undefined) continue;
      if (files.has(path)) throw new SourceError(`It has ${visible(path)} twice`);
      if (files.size === LIMITS.files) throw new SourceError(`It has more than ${LIMITS.files} files`);
      files.set(path, new Uint8Array(Buffer.concat(pieces)));
    }
  } catch (error) {
    throw error instanceof SourceError ? error : new SourceError(`It is no whole tar file: ${(error as Error).message}`);
  }
  return files;
}

/** Undefined: a directory. */
function pathOf({ name, type, size = 0 }: Header): string | undefined {
  const path = String(name).replace(/^(?:\.\/+)+/, "");
  const shown = visible(String(name).slice(0, LIMITS.pathLength));
  if (type !== "file" && type !== "directory")
    throw new SourceError(`${shown} is a ${type ?? "thing of an unknown kind"}, expected files only`);
  if (type === "directory" && (path === "" || path === ".")) return undefined;
  if (!isPlainPath(type === "directory" ? path.replace(/\/$/, "") : path)) {
    throw new SourceError(`${shown} is no path that a plugin's file may have`);
  }
  if (size > LIMITS.fileBytes) throw new SourceError(`${shown} has more than ${LIMITS.fileBytes} bytes`);
  return type === "directory" ? undefined : path;
}

/** npm packs into `package/`, others into a folder of another name, or into none. */
function withoutFolder(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const [first = ""] = files.keys();
  const folder = first.slice(0, first.indexOf("/") + 1);
  const isCommon = folder !== "" && [...files.keys()].every((path) => path.startsWith(folder));
  return isCommon ? new Map([...files].map(([path, contents]) => [path.slice(folder.length), contents])) : files;
}
