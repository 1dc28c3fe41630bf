/** A plugin that lies on this machine: one file, whose folder it may import from, or a folder. */

import { constants, type Stats } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { findEntry } from "./find-entry.ts";
import { LIMITS, type PluginFiles, SourceError } from "./plugin-files.ts";

const ABSENT = ["ENOENT", "ENOTDIR", "EISDIR"];

/** The place itself may be a link, as Kubernetes mounts files; within the folder there are none. Rejects with SourceError. */
export async function localFiles(place: string): Promise<PluginFiles> {
  const real = await realpath(place).catch((error: NodeJS.ErrnoException) => {
    throw new SourceError(ABSENT.includes(error.code ?? "") ? `There is no file or folder at ${place}` : error.message);
  });
  const isFolder = (await stat(real)).isDirectory();
  const folder = isFolder ? real : dirname(real);
  const read = (path: string) => readInFolder(folder, path);
  return isFolder ? { ...(await findEntry(read)), read } : { entry: basename(real), read };
}

/** Of a folder whose path has no links in it; undefined where there is no such file. Rejects with SourceError. */
export async function readInFolder(folder: string, path: string, mostBytes: number = LIMITS.fileBytes): Promise<Uint8Array | undefined> {
  const place = join(folder, path);
  // Without waiting for whoever writes to a pipe.
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (ABSENT.includes(error.code ?? "")) return undefined;
    throw new SourceError(error.code === "ELOOP" ? `${path} is a symbolic link, which a plugin's folder cannot have` : error.message);
  });
  try {
    return file && (await readWhole(file, place, path, mostBytes));
  } finally {
    await file?.close();
  }
}

/** A folder is no file. */
async function readWhole(file: FileHandle, place: string, path: string, mostBytes: number): Promise<Uint8Array | undefined> {
  const found = await file.stat();
  if (found.isDirectory()) return undefined;
  if (!found.isFile()) throw new SourceError(`${path} is no regular file`);
  await demandNoLinks(found, place, path);
  // One byte more than may be: a file can grow while it is read.
  const buffer = Buffer.alloc(Math.min(found.size, mostBytes) + 1);
  let length = 0;
  for (let read = 1; read > 0 && length < buffer.length; length += read) {
    read = (await file.read(buffer, length, buffer.length - length)).bytesRead;
  }
  if (length > mostBytes) throw new SourceError(`${path} has more than ${mostBytes} bytes`);
  if (length > found.size) throw new SourceError(`${path} changed while it was read`);
  return new Uint8Array(buffer.subarray(0, length));
}

/** What was opened is what lies there, and no folder on the way is a link, whoever exchanges it meanwhile. */
async function demandNoLinks(opened: Stats, place: string, path: string): Promise<void> {
  const real = await realpath(place);
  const { dev, ino } = await stat(real);
  if (real !== place || dev !== opened.dev || ino !== opened.ino) {
    throw new SourceError(`${path} is behind a symbolic link, which a plugin's folder cannot have`);
  }
}
