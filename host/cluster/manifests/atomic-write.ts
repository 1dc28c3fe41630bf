/** Replaces a file whole: whoever reads it, and whoever comes after a crash, finds the old text or the new one. */

import type { BigIntStats } from "node:fs";
import { type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const NEW_FILE_MODE = 0o644;
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "the directory does not exist",
};

/**
 * Writes beside the file, then renames. The file keeps its mode; a link stays a link. The name of the new file is fixed,
 * so what a crash leaves behind is overwritten by the next write; where several processes write the same file, each names its
 * own by `suffix`. Gives the identity of what was written; rejects with one clear line.
 */
export async function writeAtomically(path: string, contents: string | Uint8Array, suffix = ""): Promise<string> {
  const [target, mode] = await Promise.all([realpath(path).catch(() => path), modeOf(path)]);
  const temporary = `${temporaryPath(target)}${suffix}`;
  try {
    const identity = await writeDurably(temporary, contents, mode);
    await rename(temporary, target);
    return identity;
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new Error(`Cannot write ${path}: ${explain(error)}`, { cause: error });
  }
}

/** Of the file as it is now; another one after each change. Undefined where there is none to be seen. */
export async function identify(path: string): Promise<string | undefined> {
  return await stat(path, { bigint: true }).then(identityOf, () => undefined);
}

/** What a system error means, for people. */
export function explain(error: unknown): string {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  return REASONS[code] === undefined ? code : `${REASONS[code]} (${code})`;
}

/** Hidden, and in the same directory: a rename cannot cross file systems. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.tmp`);
}

async function modeOf(path: string): Promise<number> {
  return await stat(path).then(
    (found) => found.mode & 0o7777,
    () => NEW_FILE_MODE,
  );
}

async function writeDurably(path: string, contents: string | Uint8Array, mode: number): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // What lies there may lead to a file of somebody else's.
    await unlink(path).catch(() => undefined);
    file = await open(path, "wx", mode);
    await file.writeFile(contents);
    const [found] = await Promise.all([file.stat({ bigint: true }), file.datasync()]);
    // Node 20.6 reports bytes as written that a full disk did not take, so only the file itself is believed.
    if (found.size !== BigInt(Buffer.byteLength(contents))) throw Object.assign(new Error("Short write"), { code: "ENOSPC" });
    // `open` leaves out what the umask does.
    if ((Number(found.mode) & 0o7777) !== mode) await file.chmod(mode);
    return identityOf(found);
  } finally {
    await file?.close();
  }
}

/** Without the time of change: a rename is one. */
function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}
