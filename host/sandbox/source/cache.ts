/**
 * What was fetched and bundled, so that neither is needed again: files by their hash, listings by their pin, scripts by the pin and all
 * that has a part in bundling. Nothing in it is believed for being there: each entry carries its own hash, and what is damaged counts as
 * absent. That keeps accidents out; who may write here is somebody whose code runs, so the directory is the owner's alone.
 */

import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { explain, writeAtomically } from "../../cluster/manifests/atomic-write.ts";
import { hashOf } from "./pin.ts";
import { LIMITS, SourceError } from "./plugin-files.ts";

type Kind = "files" | "listings" | "scripts";

const OTHERS_MAY_WRITE = 0o022;
/** Of a hash as `hashOf` writes it, and the end of its line. */
const HEAD_BYTES = 52;
const MOST_BYTES = 4 * LIMITS.allBytes;

/** `$XDG_CACHE_HOME/herald`; without it `/var/cache/herald` for root, `~/.cache/herald` for others. */
export function defaultCache(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const home = environment["XDG_CACHE_HOME"];
  if (home !== undefined && isAbsolute(home)) return join(home, "herald");
  return process.getuid?.() === 0 ? "/var/cache/herald" : join(homedir(), ".cache", "herald");
}

export class Cache {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Undefined where there is none, and where it is not what was put there. Rejects where others may write. */
  async get(kind: Kind, key: string): Promise<Uint8Array | undefined> {
    if (!(await this.#isOurs())) return undefined;
    const path = this.#path(kind, key);
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    if (size < HEAD_BYTES || size > MOST_BYTES) return undefined;
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    const contents = new Uint8Array(bytes.subarray(HEAD_BYTES));
    return bytes.toString("latin1", 0, HEAD_BYTES) === headOf(contents) ? contents : undefined;
  }

  /** Rejects with one clear line where it cannot be kept. */
  async put(kind: Kind, key: string, contents: string | Uint8Array): Promise<void> {
    const path = this.#path(kind, key);
    try {
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      await this.#isOurs();
      await mkdir(join(this.directory, kind), { recursive: true, mode: 0o700 });
    } catch (error) {
      if (error instanceof SourceError) throw error;
      throw new SourceError(`Cannot write to the cache ${this.directory}: ${explain(error)}`);
    }
    const bytes = Buffer.from(contents);
    // Others may write the same at the same time.
    const suffix = `.${process.pid}-${randomBytes(4).toString("hex")}`;
    await writeAtomically(path, Buffer.concat([Buffer.from(headOf(bytes)), bytes]), suffix).catch((error: Error) => {
      throw new SourceError(error.message);
    });
  }

  #path(kind: Kind, key: string): string {
    return join(this.directory, kind, createHash("sha256").update(key).digest("hex"));
  }

  /** False where there is no directory yet. */
  async #isOurs(): Promise<boolean> {
    const found = await stat(this.directory).catch(() => undefined);
    if (found === undefined) return false;
    if (!found.isDirectory()) throw new SourceError(`Cannot use the cache ${this.directory}: it is no directory`);
    const user = process.getuid?.();
    if (user === undefined) return true;
    if (found.uid !== user)
      throw new SourceError(`Cannot use the cache ${this.directory}: it belongs to user ${found.uid}, expected ${user}`);
    if ((found.mode & OTHERS_MAY_WRITE) !== 0) {
      throw new SourceError(`Cannot use the cache ${this.directory}: others may write to it; chmod go-w, and look at what is in it`);
    }
    return true;
  }
}

function headOf(contents: Uint8Array): string {
  return `${hashOf(contents)}\n`;
}
