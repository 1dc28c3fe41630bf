/**
 * Manifests on disk as the source of facts: a directory, as `kubectl apply -f DIR` takes it (not recursive; *.yaml,
 * *.yml, *.json), or one file; and beside them the file with the Services' status (`allocations.ts`).
 *
 *   event → read the file → cut it into documents → parse those that are new → objects → facts in the store
 *
 * It never gives up and never guesses: what cannot be read or understood is told as a problem, with its line, and what
 * was understood last stays in force. A file that seems to be half written is left alone for a moment
 * (`unfinished.ts`). Where the whole directory is gone, everything stays as it was until there is one again.
 *
 * Deviation from kubectl: hidden files are not read, since editors and our own writes put half-finished ones there.
 */

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { Close } from "../../announcer.ts";
import { ClusterObjects } from "../cluster-objects.ts";
import type { FactSink } from "../store.ts";
import { Translated, type Translator } from "../translated.ts";
import { AllocationsFile } from "./allocations.ts";
import { Follow } from "./follow.ts";
import { ManifestSet } from "./manifest-set.ts";
import { type FileRead, readTextFile, signatureOf } from "./read-file.ts";
import type { SourceProblem } from "./source-problems.ts";
import { Standalone } from "./standalone.ts";
import { Doubts, SETTLE_MS } from "./unfinished.ts";

const EXTENSIONS = new Set([".yaml", ".yml", ".json"]);
const READS_AT_ONCE = 32;

export interface ManifestsOptions {
  /** A directory, or one file. */
  readonly path: string;
  /** The name of this node; without it no Node is made up. */
  readonly node?: string;
  /** Default: `allocations.yaml` beside the manifests. */
  readonly allocations?: string;
  /** False: read once. */
  readonly follow: boolean;
  /** Plugins whose resources are read, too. */
  readonly translators?: readonly Translator[];
}

export class ManifestsSource {
  /** The status of the Services: read here, written by a controller. */
  readonly allocations: AllocationsFile;
  /** What plugins make of their resources. */
  readonly translated: Translated;
  readonly #directory: string;
  readonly #onlyFile: string | undefined;
  readonly #manifests: ManifestSet;
  readonly #node: string | undefined;
  readonly #standalone: Standalone;
  readonly #objects: ClusterObjects;
  readonly #follow: Follow;
  readonly #doubts = new Doubts();
  readonly #signatures = new Map<string, string>();
  readonly #calls = new Set<() => void>();
  #directoryProblem: SourceProblem | undefined;
  #hasStarted = false;
  #told = "";

  /** Reads everything, and follows it from then on. Throws where there is nothing at that path. */
  static async open(options: ManifestsOptions, store: FactSink): Promise<ManifestsSource> {
    const found = await stat(options.path).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`Cannot read manifests at ${options.path}: ${error.code}, expected a directory or a file`, { cause: error });
    });
    const source = new ManifestsSource(options, found.isDirectory(), store);
    await source.allocations.start(options.follow);
    if (options.follow) await source.#follow.start();
    else await source.#look(undefined);
    return source;
  }

  private constructor({ path, node, allocations, translators }: ManifestsOptions, isDirectory: boolean, store: FactSink) {
    this.#directory = isDirectory ? path : dirname(path);
    this.#onlyFile = isDirectory ? undefined : basename(path);
    this.#node = node;
    this.translated = new Translated(store, translators, node);
    this.#standalone = new Standalone(this.translated, node);
    this.#objects = new ClusterObjects(this.#standalone, this.translated);
    this.#manifests = new ManifestSet(this.#objects, this.translated.readers);
    this.#follow = new Follow(this.#directory, (names) => this.#look(names));
    this.allocations = new AllocationsFile(allocations ?? join(this.#directory, "allocations.yaml"), {
      setStatus: (key, status) => this.#objects.setStatus(key, status),
      onProblems: () => this.#tell(),
    });
  }

  /** Documents parsed since the start. */
  get parsedDocuments(): number {
    return this.#manifests.parsedDocuments;
  }

  /** Has the same objects translated by these from now on; they read the same kinds. */
  setTranslators(translators: readonly Translator[]): void {
    this.translated.setTranslators(translators);
    this.#objects.commit();
    this.#tell();
  }

  /** Everything could be made out; else there may be objects that the store does not have. */
  isComplete(): boolean {
    return this.#directoryProblem === undefined && this.#manifests.isComplete();
  }

  /** What is wrong now, in the order of files and lines. */
  problems(): readonly SourceProblem[] {
    const manifests = this.#manifests.problems((name) => join(this.#directory, name));
    const directory = this.#directoryProblem === undefined ? [] : [this.#directoryProblem];
    return [...directory, ...this.#strangerProblem(), ...manifests, ...this.allocations.problems()];
  }

  #strangerProblem(): SourceProblem[] {
    const nodes = this.#standalone.strangers();
    if (nodes === undefined) return [];
    const expected = "a Node for this box, or the name of one of them with --node; it announces nothing";
    return [{ file: this.#directory, line: 1, object: `Node ${this.#node}`, path: "", found: `only ${nodes.join(", ")}`, expected }];
  }

  /** Calls after each change of `problems`. */
  onProblems(call: () => void): Close {
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  /** Kinds that Herald does not read, and how many objects there are of each. */
  ignored(): ReadonlyMap<string, number> {
    return this.#manifests.ignored();
  }

  close(): void {
    this.#follow.close();
    this.allocations.close();
  }

  async #look(names: ReadonlySet<string> | undefined): Promise<void> {
    const listed = names === undefined ? await this.#list() : [...names].filter((name) => this.#isManifest(name));
    const reads = new Map<string, FileRead>();
    for (let at = 0; at < listed.length; at += READS_AT_ONCE) {
      const some = listed.slice(at, at + READS_AT_ONCE);
      const read = await Promise.all(some.map((name) => this.#read(name, names !== undefined)));
      for (const [index, name] of some.entries()) if (read[index] !== undefined) reads.set(name, read[index]);
    }
    for (const [name, read] of reads) this.#take(name, read);
    this.#objects.commit();
    this.#hasStarted = true;
    this.#tell();
  }

  /** Everything to look at, in the order of names; nothing where there is no directory. */
  async #list(): Promise<readonly string[]> {
    try {
      const there = (await readdir(this.#directory)).filter((name) => this.#isManifest(name));
      this.#directoryProblem = undefined;
      return [...new Set([...there, ...this.#manifests.names(), ...this.#doubts.names()])].sort();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const problem = { object: "directory", path: "", found: code ?? String(error), expected: "a directory that can be read" };
      this.#directoryProblem = { file: this.#directory, line: 1, ...problem };
      return [];
    }
  }

  #isManifest(name: string): boolean {
    if (this.#onlyFile !== undefined) return name === this.#onlyFile;
    if (name.startsWith(".") || !EXTENSIONS.has(extname(name))) return false;
    return resolve(this.#directory, name) !== resolve(this.allocations.path);
  }

  /** Undefined: nothing new. An event is proof enough of a change; without one, time stamps decide. */
  async #read(name: string, isEvent: boolean): Promise<FileRead | undefined> {
    const path = join(this.#directory, name);
    const known = this.#signatures.get(name) ?? "";
    if (!isEvent && known !== "") {
      const now = await stat(path, { bigint: true }).catch(() => undefined);
      if (now !== undefined && signatureOf(now, Date.now()) === known) return undefined;
    }
    return await readTextFile(path);
  }

  #take(name: string, read: FileRead): void {
    this.#signatures.delete(name);
    if (read.state === "unreadable") {
      this.#manifests.refuse(name, { found: read.found, expected: read.expected });
      return;
    }
    const text = read.state === "text" ? read.text : undefined;
    if (this.#hasStarted && !this.#doubts.believes(name, this.#manifests.textOf(name), text, performance.now())) {
      this.#follow.lookAgain(SETTLE_MS);
      return;
    }
    if (read.state === "text") this.#signatures.set(name, read.signature);
    this.#manifests.put(name, text);
  }

  #tell(): void {
    const told = JSON.stringify([this.isComplete(), this.problems()]);
    if (told === this.#told) return;
    this.#told = told;
    for (const call of this.#calls) call();
  }
}
