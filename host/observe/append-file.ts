/**
 * Appends lines to a file that somebody else may rotate: by truncating it, since every write goes to its end, or by renaming it, since it is
 * opened anew where its name leads elsewhere. Nobody waits for the disk. What cannot be written is kept for later, as far as there is room.
 */

import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Clock, Log } from "../announcer.ts";

export interface AppendFileOptions {
  readonly path: string;
  /** What it is, for the log: `audit log`. */
  readonly what: string;
  /** Makes the line that stands for lines that were lost. */
  readonly lostLine: (count: number) => string;
  readonly log: Log;
  readonly clock: Pick<Clock, "after">;
}

const MOST_BYTES = 256 * 1024;
const RETRY_MS = 5000;
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

export class AppendFile {
  readonly #options: AppendFileOptions;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #file: FileHandle | undefined;
  /** What the last write left of a line. */
  #torn: Buffer | undefined;
  #hasTrouble = false;
  #writing: Promise<void> | undefined;
  #stopRetry: (() => void) | undefined;

  constructor(options: AppendFileOptions) {
    this.#options = options;
  }

  /** Takes a line without its end. Never throws. */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#waitingBytes + bytes.length > MOST_BYTES) this.#lost += 1;
    else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    }
    if (this.#stopRetry === undefined) this.#writing ??= this.#flush();
  }

  /** Writes what waits, as far as that goes. */
  async close(): Promise<void> {
    this.#stopRetry?.();
    await this.#writing;
    if (this.#waitingBytes > 0) await this.#flush();
    this.#stopRetry?.();
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
  }

  async #flush(): Promise<void> {
    const { what, path, log, clock } = this.#options;
    try {
      while (this.#waiting.length > 0 || this.#torn !== undefined) await this.#writeOnce();
      if (this.#hasTrouble) log.info(`Writing the ${what} again`, { file: path });
      this.#hasTrouble = false;
    } catch (error) {
      if (!this.#hasTrouble) log.warn(`Cannot write the ${what}; going on without`, { file: path, error: (error as Error).message });
      this.#hasTrouble = true;
      this.#stopRetry = clock.after(RETRY_MS, () => {
        this.#stopRetry = undefined;
        this.#writing ??= this.#flush();
      });
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeOnce(): Promise<void> {
    const file = await this.#reopen();
    const lost = this.#lost === 0 ? [] : [Buffer.from(`${this.#options.lostLine(this.#lost)}\n`)];
    const batch = Buffer.concat([...(this.#torn === undefined ? [] : [this.#torn]), ...this.#waiting, ...lost]);
    const taken = this.#waiting.length;
    const { bytesWritten } = await file.write(batch);
    if (bytesWritten === 0) throw new Error("it takes nothing");
    this.#torn = bytesWritten < batch.length ? batch.subarray(bytesWritten) : undefined;
    this.#waiting = this.#waiting.slice(taken);
    this.#waitingBytes = this.#waiting.reduce((sum, { length }) => sum + length, this.#torn?.length ?? 0);
    if (lost.length > 0) this.#lost = 0;
  }

  /** The file that has the name now. */
  async #reopen(): Promise<FileHandle> {
    const { path } = this.#options;
    const [now, ours] = await Promise.all([stat(path).catch(() => undefined), this.#file?.stat()]);
    if (this.#file !== undefined && now?.ino === ours?.ino && now?.dev === ours?.dev) return this.#file;
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
    const file = await open(path, FLAGS, 0o600);
    // The rest of a line makes sense behind its beginning only.
    if (this.#torn !== undefined) this.#torn = this.#torn.subarray(this.#torn.indexOf("\n") + 1);
    this.#file = file;
    return file;
  }
}
