/** Reads a manifest, whatever is lying there under its name. */

import { constants, type FileHandle, lstat, open } from "node:fs/promises";

/** Larger than any set of manifests that a person keeps in one file; `kubectl` objects end at 1.5 MiB each. */
const MAX_BYTES = 16 * 1024 * 1024;

export type FileRead =
  | { readonly state: "text"; readonly text: string; readonly signature: string }
  | { readonly state: "missing" }
  | { readonly state: "unreadable"; readonly found: string; readonly expected: string };

/** How long a file must be unchanged for its time stamps to tell the next change (they tick every 4 ms, or worse). */
const SURE_AFTER_MS = 100;

/** Reads a whole file as UTF-8. Never throws, never waits for a pipe, never reads more than 16 MiB. */
export async function readTextFile(path: string): Promise<FileRead> {
  let file: FileHandle | undefined;
  try {
    // O_NONBLOCK: opening a named pipe would wait for its writer otherwise. Windows has neither.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    return await readHandle(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") return unreadable(code ?? String(error), "a file that can be read");
    return (await isLink(path)) ? unreadable("a link that leads nowhere", "a file") : { state: "missing" };
  } finally {
    await file?.close();
  }
}

/** Changes whenever the file does; empty where that cannot be told. */
export function signatureOf(stat: { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }, nowMs: number): string {
  if (Math.abs(nowMs - Number(stat.ctimeNs / 1_000_000n)) < SURE_AFTER_MS) return "";
  return `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}

async function readHandle(file: FileHandle): Promise<FileRead> {
  const stat = await file.stat({ bigint: true });
  if (stat.isDirectory()) return unreadable("a directory", "a file");
  if (!stat.isFile()) return unreadable("a pipe, socket or device", "a file");
  const bytes = await readUpTo(file, Number(stat.size), MAX_BYTES);
  if (bytes === undefined) return unreadable(`more than ${MAX_BYTES / 1024 / 1024} MiB`, "a smaller file");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { state: "text", text, signature: signatureOf(stat, Date.now()) };
  } catch {
    return unreadable("bytes that are no UTF-8 text", "a text file");
  }
}

/** Undefined where there is more. The size is a guess: the file may be growing. */
async function readUpTo(file: FileHandle, size: number, max: number): Promise<Uint8Array | undefined> {
  if (size > max) return undefined;
  let buffer = new Uint8Array(size + 1);
  for (let length = 0; ; ) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    length += bytesRead;
    if (bytesRead === 0) return buffer.subarray(0, length);
    if (length > max) return undefined;
    if (length === buffer.length) {
      const larger = new Uint8Array(Math.min(2 * length, max) + 1);
      larger.set(buffer);
      buffer = larger;
    }
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

function unreadable(found: string, expected: string): FileRead {
  return { state: "unreadable", found, expected };
}
