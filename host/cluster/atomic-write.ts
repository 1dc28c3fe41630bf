/** Replaces a file whole: whoever reads it, and whoever comes after a crash, finds the old text or the new one. */

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
 * so what a crash leaves behind is overwritten by the next write. Rejects with one clear line.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const temporary = temporaryPath(target);
  try {
    const mode = await stat(target).then(
      (found) => found.mode & 0o7777,
      () => NEW_FILE_MODE,
    );
    await writeDurably(temporary, text, mode);
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new Error(`Cannot write ${path}: ${explain(error)}`, { cause: error });
  }
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

async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "w", mode);
    // `open` leaves out what the umask does.
    await file.chmod(mode);
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file?.close();
  }
}
