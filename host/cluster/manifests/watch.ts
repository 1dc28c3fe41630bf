/**
 * Follows one directory. Says only that something may have changed: `call("web.yaml")` for one entry, `call(undefined)`
 * for everything. The kernel's events are quick but not sure: there are none from network file systems, none once the
 * directory is another one under the same name, and their number is limited. So the owner calls `check` now and then;
 * seldom is enough where nothing but events is to be expected (`isSure`).
 */

import { type FSWatcher, watch } from "node:fs";
import { readdir, realpath, stat, statfs } from "node:fs/promises";
import { basename, resolve } from "node:path";

/** statfs(2) "f_type" of file systems that only this kernel writes to: ext, XFS, Btrfs, F2FS, ZFS, FAT, tmpfs, ramfs, overlay. */
const LOCAL = new Set([...[0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1], ...[0x4d44, 0x01021994, 0x858458f6, 0x794c7630]]);

export class DirectoryWatch {
  readonly #path: string;
  readonly #call: (name: string | undefined) => void;
  #watcher: FSWatcher | undefined;
  #identity = "";
  #isSure = false;
  /** Something was told since the last check. */
  #hasChanged = true;
  #closed = false;

  constructor(path: string, call: (name: string | undefined) => void) {
    this.#path = path;
    this.#call = call;
  }

  /** As far as the last check can tell, no change comes without an event. */
  get isSure(): boolean {
    return this.#isSure && this.#watcher !== undefined;
  }

  /** Watches the directory that has the name now. Where there is none, or no events are to be had, the next check will try. */
  async check(): Promise<void> {
    const identity = await identify(this.#path);
    // What tells takes a look at each entry, so only where one may be another: an event would have told of that.
    if (identity !== this.#identity || this.#hasChanged) {
      this.#hasChanged = false;
      this.#isSure = identity !== "" && (await tellsAll(this.#path));
    }
    if (this.#closed || (identity === this.#identity && this.#watcher !== undefined)) return;
    this.#drop();
    this.#identity = identity;
    if (identity === "") return;
    try {
      this.#watcher = watch(this.#path, (_event, name) => this.#tell(name));
      this.#watcher.on("error", () => this.#drop());
    } catch {
      // ENOSPC or EMFILE: all inotify watches of this machine are taken. The owner's checks are the only events then.
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #tell(name: string | null): void {
    this.#hasChanged = true;
    // The directory's own name: it was moved or removed. `..data` is swapped for all entries of a ConfigMap at once.
    const everything = name === null || name === basename(this.#path) || name.startsWith("..");
    this.#call(everything ? undefined : name);
  }

  #drop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

/** Inode numbers are used again at once, so the time of birth belongs to it. */
async function identify(path: string): Promise<string> {
  try {
    const { dev, ino, birthtimeNs } = await stat(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    return "";
  }
}

/** What a link leads to changes without an event, and so does a link on the way to the directory. */
async function tellsAll(path: string): Promise<boolean> {
  try {
    const [real, { type }, entries] = await Promise.all([
      realpath(path),
      statfs(path, { bigint: true }),
      readdir(path, { withFileTypes: true }),
    ]);
    return real === resolve(path) && LOCAL.has(Number(BigInt.asUintN(32, type))) && !entries.some((entry) => entry.isSymbolicLink());
  } catch {
    return false;
  }
}
