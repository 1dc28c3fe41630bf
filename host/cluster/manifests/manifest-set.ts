/**
 * Manifests in memory: the texts of files go in, facts come out, and what is wrong is kept with its place. Knows no
 * disk; `manifests.ts` reads and follows that.
 */

import type { ClusterObjects } from "../cluster-objects.ts";
import type { KindReaders } from "../objects/project.ts";
import { type FileProblem, ManifestFile } from "./manifest-file.ts";
import { ObjectPlaces } from "./object-places.ts";
import { collectProblems, type SourceProblem } from "./source-problems.ts";

export class ManifestSet {
  /** Documents parsed so far. */
  parsedDocuments = 0;
  readonly #objects: ClusterObjects;
  readonly #readers: KindReaders | undefined;
  readonly #places: ObjectPlaces;
  readonly #files = new Map<string, ManifestFile>();

  /** `readers`: of kinds that plugins read. */
  constructor(objects: ClusterObjects, readers?: KindReaders) {
    this.#objects = objects;
    this.#readers = readers;
    this.#places = new ObjectPlaces(objects);
  }

  /** The files that have been read or refused. */
  names(): Iterable<string> {
    return this.#files.keys();
  }

  /** The text that a file had when it was last understood. */
  textOf(name: string): string | undefined {
    return this.#files.get(name)?.text;
  }

  /** Takes the text of a file; undefined: it is no more. Parses only documents that were not in it before. */
  put(name: string, text: string | undefined): void {
    const file = this.#files.get(name) ?? new ManifestFile(name, this.#readers);
    const change = file.update(text ?? "");
    this.parsedDocuments += change.added.length;
    if (text === undefined) this.#files.delete(name);
    else this.#files.set(name, file);
    this.#places.change(file, change);
  }

  /** Notes that a file cannot be read. What was in it stays. */
  refuse(name: string, problem: FileProblem): void {
    const file = this.#files.get(name) ?? new ManifestFile(name, this.#readers);
    this.#files.set(name, file);
    file.problem = problem;
  }

  /** Nothing is in the files that could not be made out. */
  isComplete(): boolean {
    return [...this.#files.values()].every((file) => file.isComplete());
  }

  /** What is wrong, in the order of files and lines; `pathOf` gives the path of a file as the user knows it. */
  problems(pathOf: (name: string) => string): SourceProblem[] {
    return collectProblems(this.#files.values(), this.#places, this.#objects.problems(), pathOf);
  }

  /** Kinds that nothing here reads, and how many objects there are of each. */
  ignored(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { documents } of this.#files.values()) {
      for (const { parsed } of documents) for (const kind of parsed.ignored) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return counts;
  }
}
