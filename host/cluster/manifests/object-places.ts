/**
 * Which place says what an object is, and what is in force of it.
 *
 * An object may be in two places by mistake; the first, in order of files and then of lines, counts. It may be wrong;
 * then what it was before stays in force. It may be in a file that cannot be made out at the moment; then it stays too.
 * Only an object that is certainly in no file any more is gone.
 */

import type { ClusterObjects } from "../cluster-objects.ts";
import type { ClusterObject, FoundObject } from "../objects/project.ts";
import type { ManifestFile, PlacedDocument } from "./manifest-file.ts";

export interface Place {
  readonly file: ManifestFile;
  readonly document: PlacedDocument;
  readonly found: FoundObject;
}

export class ObjectPlaces {
  readonly #objects: ClusterObjects;
  readonly #places = new Map<string, readonly Place[]>();
  /** Objects that are in more than one place. */
  readonly #repeated = new Set<string>();
  readonly #placesIn = new Map<PlacedDocument, readonly Place[]>();
  readonly #inForce = new Map<string, ClusterObject>();
  /** Files with `missed` objects. */
  readonly #incomplete = new Set<ManifestFile>();

  constructor(objects: ClusterObjects) {
    this.#objects = objects;
  }

  /** Carries the change of a file over to the objects. */
  change(file: ManifestFile, { added, removed }: ReturnType<ManifestFile["update"]>): void {
    const gone = removed.flatMap((document) => this.#removeDocument(document));
    const come = added.flatMap((document) => this.#addDocument(file, document));
    const found = this.#updateMissed(file, gone);
    // Documents that only moved are neither added nor removed, but which of two comes first may have changed.
    for (const id of new Set([...gone, ...come, ...found, ...this.#repeated])) this.#resolve(id);
  }

  /** The places of an object, the one that counts first. */
  placesOf(id: string): Place[] {
    return [...(this.#places.get(id) ?? [])].sort(inOrder);
  }

  /** Objects that are in more than one place. */
  repeated(): Iterable<string> {
    return this.#repeated;
  }

  /** Gives the objects in it. */
  #addDocument(file: ManifestFile, document: PlacedDocument): string[] {
    const places = document.parsed.found.map((found) => ({ file, document, found }));
    this.#placesIn.set(document, places);
    return places.flatMap((place) => this.#replace(place.found.id, (all) => all.concat(place)));
  }

  /** Gives the objects that were in it. */
  #removeDocument(document: PlacedDocument): string[] {
    const places = this.#placesIn.get(document) ?? [];
    this.#placesIn.delete(document);
    return places.flatMap((place) => this.#replace(place.found.id, (all) => all.filter((other) => other !== place)));
  }

  /** Sets the places of an object that says which it is, and gives it. */
  #replace(id: string | undefined, change: (all: readonly Place[]) => readonly Place[]): string[] {
    if (id === undefined) return [];
    const all = change(this.#places.get(id) ?? []);
    if (all.length > 0) this.#places.set(id, all);
    else this.#places.delete(id);
    if (all.length > 1) this.#repeated.add(id);
    else this.#repeated.delete(id);
    return [id];
  }

  /** Gives the objects that are missed no more. */
  #updateMissed(file: ManifestFile, gone: readonly string[]): string[] {
    if (file.isComplete()) {
      const missed = [...file.missed];
      file.missed.clear();
      this.#incomplete.delete(file);
      return missed;
    }
    this.#incomplete.add(file);
    for (const id of gone) file.missed.add(id);
    return [];
  }

  #resolve(id: string): void {
    const [place] = this.placesOf(id);
    if (place?.found.object !== undefined) {
      this.#inForce.set(id, place.found.object);
      this.#objects.put(place.found.object);
      return;
    }
    const object = this.#inForce.get(id);
    if (place !== undefined || object === undefined || [...this.#incomplete].some(({ missed }) => missed.has(id))) return;
    this.#inForce.delete(id);
    this.#objects.remove(object);
  }
}

function inOrder(a: Place, b: Place): number {
  if (a.file.name !== b.file.name) return a.file.name < b.file.name ? -1 : 1;
  return a.document.line - b.document.line;
}
