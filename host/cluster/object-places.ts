/**
 * Which place says what an object is, and what is in force of it.
 *
 * An object may be in two places by mistake; the first, in order of files and then of lines, counts. It may be wrong;
 * then what it was before stays in force. It may be in a file that cannot be made out at the moment; then it stays too.
 * Only an object that is certainly in no file any more is gone.
 */

import type { ClusterObjects } from "./cluster-objects.ts";
import type { ManifestFile, PlacedDocument } from "./manifest-file.ts";
import type { ClusterObject, FoundObject } from "./project.ts";

export interface Place {
  readonly file: ManifestFile;
  readonly document: PlacedDocument;
  readonly found: FoundObject;
}

export class ObjectPlaces {
  readonly #objects: ClusterObjects;
  readonly #places = new Map<string, Place[]>();
  readonly #inForce = new Map<string, ClusterObject>();
  /** Files with `missed` objects. */
  readonly #incomplete = new Set<ManifestFile>();

  constructor(objects: ClusterObjects) {
    this.#objects = objects;
  }

  /** Carries the change of a file over to the objects. */
  change(file: ManifestFile, { added, removed }: ReturnType<ManifestFile["update"]>): void {
    const touched = new Set<string>();
    for (const { id, place } of placesIn(file, removed)) {
      this.#drop(id, place);
      touched.add(id);
    }
    for (const { id, place } of placesIn(file, added)) {
      this.#add(id, place);
      touched.add(id);
    }
    this.#noteMissed(file, touched);
    for (const id of touched) this.#resolve(id);
  }

  /** The places of an object, the one that counts first. */
  placesOf(id: string): readonly Place[] {
    return this.#places.get(id) ?? [];
  }

  /** Objects that are in more than one place. */
  *repeated(): Generator<[id: string, places: readonly Place[]], undefined> {
    for (const entry of this.#places) if (entry[1].length > 1) yield entry;
  }

  #add(id: string, place: Place): void {
    const places = this.#places.get(id);
    if (places === undefined) this.#places.set(id, [place]);
    else places.push(place);
  }

  #drop(id: string, { document, found }: Place): void {
    const places = (this.#places.get(id) ?? []).filter((place) => place.document !== document || place.found !== found);
    if (places.length === 0) this.#places.delete(id);
    else this.#places.set(id, places);
  }

  #noteMissed(file: ManifestFile, touched: Set<string>): void {
    if (file.isComplete()) {
      for (const id of file.missed) touched.add(id);
      file.missed.clear();
      this.#incomplete.delete(file);
      return;
    }
    this.#incomplete.add(file);
    for (const id of touched) if (this.#inForce.has(id)) file.missed.add(id);
  }

  #resolve(id: string): void {
    const places = this.#places.get(id);
    if (places === undefined) {
      const object = this.#inForce.get(id);
      if (object === undefined || [...this.#incomplete].some(({ missed }) => missed.has(id))) return;
      this.#inForce.delete(id);
      this.#objects.remove(object);
      return;
    }
    places.sort(inOrder);
    const object = places[0]?.found.object;
    if (object === undefined) return;
    this.#inForce.set(id, object);
    this.#objects.put(object);
  }
}

function* placesIn(file: ManifestFile, documents: readonly PlacedDocument[]): Generator<{ id: string; place: Place }, undefined> {
  for (const document of documents) {
    for (const found of document.parsed.found) if (found.id !== undefined) yield { id: found.id, place: { file, document, found } };
  }
}

function inOrder(a: Place, b: Place): number {
  if (a.file.name !== b.file.name) return a.file.name < b.file.name ? -1 : 1;
  return a.document.line - b.document.line;
}
