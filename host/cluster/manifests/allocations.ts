/**
 * `allocations.yaml`, the status of Services on a box without Kubernetes. Every speaker reads and follows it; one
 * controller writes it, and reads it too, so that an edit by hand is just another change of status.
 *
 * Addresses are not lost to a bad moment: a file that is gone, unreadable or half written leaves the record as it was;
 * where a line makes no sense, nothing that the other lines do not say is forgotten; and what could not be understood
 * is kept as `allocations.yaml.bad` before the file is written anew.
 */

import { copyFile, stat, unlink } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { ServiceKey } from "../../rules/vocabulary.ts";
import { isSameStatus, type ServiceStatus, type StatusChanges, type StatusWriter } from "../service-status.ts";
import { type BadLine, changeAllocations, formatAllocations, parseAllocations } from "./allocations-text.ts";
import { explain, identify, temporaryPath, writeAtomically } from "./atomic-write.ts";
import { Follow } from "./follow.ts";
import { readTextFile, signatureOf } from "./read-file.ts";
import type { SourceProblem } from "./source-problems.ts";
import { Doubts, SETTLE_MS } from "./unfinished.ts";

export interface AllocationsCalls {
  /** The status of a Service changed; undefined: there is none on record. */
  setStatus(key: ServiceKey, status: ServiceStatus | undefined): void;
  onProblems(): void;
}

export class AllocationsFile implements StatusWriter {
  readonly path: string;
  readonly #calls: AllocationsCalls;
  readonly #follow: Follow;
  readonly #doubts = new Doubts();
  readonly #records = new Map<ServiceKey, ServiceStatus>();
  /** As last understood; undefined: there has been no file yet. */
  #text: string | undefined;
  #bad: readonly BadLine[] = [];
  /** Of the file as last understood; empty: it is to be read again. */
  #signature = "";
  /** The file as a whole: not to be read, or gone. */
  #trouble: { readonly found: string; readonly expected: string; readonly isGone: boolean } | undefined;
  #isWriter = false;
  /** Identity of the file that we wrote, as long as we know of no other. */
  #written: string | undefined;
  /** To be written next, all of it at once. */
  #next = new Map<ServiceKey, ServiceStatus | undefined>();
  #commit: Promise<void> | undefined;
  /** One read or write at a time, so that nothing old comes after something new. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, calls: AllocationsCalls) {
    this.path = path;
    this.#calls = calls;
    this.#follow = new Follow(dirname(path), async (names) => {
      if (names === undefined ? !(await this.#isAsRead()) : names.has(basename(path))) await this.#look();
    });
  }

  /** Reads the file for the first time. */
  async start(follow: boolean): Promise<void> {
    if (follow) await this.#follow.start();
    else await this.#look();
  }

  close(): void {
    this.#follow.close();
  }

  records(): ReadonlyMap<ServiceKey, ServiceStatus> {
    return this.#records;
  }

  problems(): SourceProblem[] {
    const { found, expected } = this.#trouble ?? {};
    const whole = found === undefined || expected === undefined ? [] : [{ line: 1, found, expected }];
    return [...whole, ...this.#bad].map((problem) => ({ file: this.path, object: "allocations", path: "", ...problem }));
  }

  /** Removes what a writer before us left behind when it was killed. */
  async prepare(): Promise<void> {
    this.#isWriter = true;
    await unlink(temporaryPath(this.path)).catch(() => undefined);
  }

  write(service: ServiceKey, status: ServiceStatus | undefined): Promise<void> {
    if (status === undefined && !this.#records.has(service)) return Promise.resolve();
    this.#next.set(service, status);
    this.#commit ??= this.#inTurn(() => {
      const changes = this.#next;
      this.#next = new Map();
      this.#commit = undefined;
      return this.#change(changes);
    });
    return this.#commit;
  }

  async #change(changes: StatusChanges): Promise<void> {
    const isOurs = this.#written !== undefined && (await identify(this.path)) === this.#written;
    if (!isOurs) await this.#read();
    if (this.#bad.length > 0 || this.#trouble?.isGone === false) await this.#keepBad();
    const before = isOurs ? this.#text : undefined;
    const text = before === undefined ? formatAllocations(new Map([...this.#records, ...changes])) : changeAllocations(before, changes);
    this.#written = await writeAtomically(this.path, text);
    this.#accept(text, changes, []);
  }

  async #look(): Promise<void> {
    await this.#inTurn(() => this.#read());
    // The writer puts a lost file back. Should that fail, the next look misses it again.
    if (this.#isWriter && this.#trouble?.isGone) await this.#inTurn(() => this.#change(new Map())).catch(() => undefined);
  }

  /** Its time stamps say that nobody wrote to it since it was read. */
  async #isAsRead(): Promise<boolean> {
    const known = this.#signature;
    const now = known === "" ? undefined : await stat(this.path, { bigint: true }).catch(() => undefined);
    return now !== undefined && signatureOf(now, Date.now()) === known;
  }

  async #read(): Promise<void> {
    const read = await readTextFile(this.path);
    this.#signature = "";
    if (read.state !== "text" || read.text !== this.#text) this.#written = undefined;
    if (read.state === "text") this.#take(read.text, read.signature);
    else if (read.state === "unreadable") this.#trouble = { found: read.found, expected: read.expected, isGone: false };
    else if (this.#text !== undefined) this.#trouble = { found: "nothing", expected: "the file that was there", isGone: true };
    this.#calls.onProblems();
  }

  #take(text: string, signature: string): void {
    if (this.#text !== undefined && !this.#doubts.believes(this.path, this.#text, text, performance.now())) {
      this.#follow.lookAgain(SETTLE_MS);
      return;
    }
    this.#trouble = undefined;
    this.#signature = signature;
    if (text === this.#text) return;
    const { records, bad } = parseAllocations(text);
    const changes = new Map<ServiceKey, ServiceStatus | undefined>(records);
    if (bad.length === 0) for (const key of this.#records.keys()) if (!records.has(key)) changes.set(key, undefined);
    this.#accept(text, changes, bad);
  }

  #accept(text: string, changes: StatusChanges, bad: readonly BadLine[]): void {
    this.#text = text;
    this.#bad = bad;
    this.#trouble = undefined;
    for (const [key, status] of changes) {
      const old = this.#records.get(key);
      if (old === undefined || status === undefined ? old === status : isSameStatus(old, status)) continue;
      if (status === undefined) this.#records.delete(key);
      else this.#records.set(key, status);
      this.#calls.setStatus(key, status);
    }
    this.#calls.onProblems();
  }

  async #keepBad(): Promise<void> {
    const copy = `${this.path}.bad`;
    await copyFile(this.path, copy).catch((error: unknown) => {
      throw new Error(`Cannot write ${this.path}: what is in it makes no sense, and cannot be kept as ${copy} (${explain(error)})`);
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}
