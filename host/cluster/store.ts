/**
 * The facts of the cluster, whatever source they come from.
 *
 * A source replaces one fact; the store marks what depends on it dirty for every reader. A reader takes its marks and
 * a snapshot, and works out the rest anew. Snapshots never change, and cost little (`fact-map.ts`). A fact equal to
 * the one that is there marks nothing, so a source may repeat itself.
 */

import { isDeepStrictEqual } from "node:util";
import type { Close } from "../announcer.ts";
import type {
  Advertisement,
  EndpointFact,
  NamespaceFact,
  NodeFact,
  Pool,
  Reservation,
  ServiceFact,
  Snapshot,
} from "../rules/vocabulary.ts";
import { type Dirty, DirtyMarks, type DirtyReader } from "./dirty.ts";
import { FactMap } from "./fact-map.ts";

/** The fact of each kind. Services and endpoints are keyed by `namespace/name`, advertisements by kind and name. */
export interface Facts {
  services: ServiceFact;
  endpoints: readonly EndpointFact[];
  nodes: NodeFact;
  namespaces: NamespaceFact;
  pools: Pool;
  reservations: Reservation;
  advertisements: Advertisement;
}

export type FactKind = keyof Facts;

/** Where facts go: the store, or something in front of it. */
export interface FactSink {
  /** Sets the fact of this kind and key; undefined removes it. */
  replace<K extends FactKind>(kind: K, key: string, fact: Facts[K] | undefined): void;
}

export class Store implements FactSink, DirtyReader {
  readonly #facts: { readonly [K in FactKind]: FactMap<Facts[K]> } = {
    services: new FactMap(),
    endpoints: new FactMap(),
    nodes: new FactMap(),
    namespaces: new FactMap(),
    pools: new FactMap(),
    reservations: new FactMap(),
    advertisements: new FactMap(),
  };
  readonly #first = new DirtyMarks();
  readonly #readers = new Set([this.#first]);
  #snapshot: Snapshot | undefined;
  #advertisements: { from: ReadonlyMap<string, Advertisement>; sorted: readonly Advertisement[] } | undefined;

  replace<K extends FactKind>(kind: K, key: string, fact: Facts[K] | undefined): void {
    const facts = this.#facts[kind];
    const oneService = kind === "services" || kind === "endpoints";
    if (!isDeepStrictEqual(facts.get(key), fact)) {
      facts.put(key, fact);
      this.#snapshot = undefined;
      // Who says of a Service that it is not there has news of it: of the status that it has on record.
    } else if (kind !== "services" || fact !== undefined) return;
    for (const reader of this.#readers) {
      if (oneService) reader.markService(key);
      else reader.markAll();
    }
  }

  /** All facts as they are now, for good. The same object as long as nothing changes. */
  snapshot(): Snapshot {
    this.#snapshot ??= {
      services: this.#facts.services.freeze(),
      endpoints: this.#facts.endpoints.freeze(),
      nodes: this.#facts.nodes.freeze(),
      namespaces: this.#facts.namespaces.freeze(),
      pools: this.#facts.pools.freeze(),
      reservations: this.#facts.reservations.freeze(),
      advertisements: this.#sortedAdvertisements(),
    };
    return this.#snapshot;
  }

  /** `takeDirty` and `onDirty` of the store itself are those of its first reader, the reconciler. */
  takeDirty(): Dirty {
    return this.#first.takeDirty();
  }

  onDirty(call: () => void): Close {
    return this.#first.onDirty(call);
  }

  /** Marks of its own for a further reader. */
  reader(): DirtyReader & { readonly close: Close } {
    const marks = new DirtyMarks();
    this.#readers.add(marks);
    return {
      takeDirty: () => marks.takeDirty(),
      onDirty: (call) => marks.onDirty(call),
      close: () => this.#readers.delete(marks),
    };
  }

  /** In the order of their keys, so that equal facts give equal snapshots whatever order they came in. */
  #sortedAdvertisements(): readonly Advertisement[] {
    const from = this.#facts.advertisements.freeze();
    if (this.#advertisements?.from !== from) {
      const sorted = [...from].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fact]) => fact);
      this.#advertisements = { from, sorted };
    }
    return this.#advertisements.sorted;
  }
}
