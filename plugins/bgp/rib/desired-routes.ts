/**
 * What each peer should be told: one table of route rows for each peer and family, kept in WebAssembly.
 *
 * Announcements go into the book (`route-book.ts`), which says which prefixes may have changed; only their rows are worked out anew. An
 * Adj-RIB-Out (`adj-rib-out.ts`) follows the table of its peer and family, and finds there what has changed since it was last told.
 */

import type { Announcement, Changes, Refusal, Route, RouteKey, RouteTables } from "../../../host/announcer.ts";
import type { Codec } from "../messages.ts";
import { AttributeSets } from "./attribute-sets.ts";
import { octetsOfOne } from "./octets.ts";
import { RouteBook } from "./route-book.ts";
import type { RouteAttributes } from "./routes-plan.ts";

export type Family = 4 | 6;
type Tables = ReadonlyMap<Family, number>;

export class DesiredRoutes {
  readonly #openTables: () => RouteTables;
  #tables: RouteTables | undefined;
  readonly #book = new RouteBook();
  readonly #sets: AttributeSets;
  /** Of a peer, by family. */
  readonly #peers = new Map<string, Tables>();
  /** Prefixes of the book that the tables may not have followed yet. */
  readonly #touched = new Set<string>();

  /** `openTables` is asked when there is a first peer: most nodes have none. */
  constructor(openTables: () => RouteTables, codec: Pick<Codec, "encodeAttributes">) {
    this.#openTables = openTables;
    this.#sets = new AttributeSets(({ communities, largeCommunities }) =>
      codec.encodeAttributes({
        ...(communities.length === 0 ? {} : { communities }),
        ...(largeCommunities.length === 0 ? {} : { largeCommunities }),
      }),
    );
  }

  get tables(): RouteTables {
    this.#tables ??= this.#openTables();
    return this.#tables;
  }

  /** Takes changes in. Throws where there is no room; the same changes may come again. */
  apply({ added, changed, removed }: Changes): readonly Refusal[] {
    const rows: Announcement[] = [...added, ...changed];
    this.#inSlices(removed, ({ vip }, touched) => this.#book.remove(vip, touched));
    this.#inSlices(rows, (row, touched) => this.#book.put(row, touched));
    return this.#book.refusals(
      rows.map(({ vip }) => vip),
      [...this.#peers.keys()],
    );
  }

  /** Opens the tables of a peer, with all that it should be told by now. */
  addPeer(peer: string): void {
    if (this.#peers.has(peer)) return;
    const families = new Map<Family, number>([
      [4, this.tables.openDesired()],
      [6, this.tables.openDesired()],
    ]);
    this.#peers.set(peer, families);
    this.#update(this.#book.prefixes(), [[peer, families]]);
  }

  /** Closes them. Nothing may follow them any more. */
  removePeer(peer: string): void {
    const families = this.#peers.get(peer);
    if (families === undefined) return;
    const keys = Array.from(this.#book.prefixes(), keyOf);
    for (const [family, table] of families) {
      const routes = keys.flatMap((key) => (key.family === family ? [{ ...key, attributes: NONE }] : []));
      this.#exchange(table, routes);
    }
    for (const table of families.values()) this.tables.close(table);
    this.#peers.delete(peer);
  }

  /** The table that an Adj-RIB-Out of this peer and family follows. */
  table(peer: string, family: Family): number {
    const table = this.#peers.get(peer)?.get(family);
    if (table === undefined) throw new Error(`Cannot tell routes to ${peer}: it is no peer`);
    return table;
  }

  /** Routes of a family that a peer should be told; 0 where it is no peer any more. */
  count(peer: string, family: Family): number {
    const table = this.#peers.get(peer)?.get(family);
    return table === undefined ? 0 : this.tables.count(table);
  }

  /** How many different sets of attributes the tables hold. */
  get attributeSets(): number {
    return this.#sets.size;
  }

  /** The communities of an attribute-set id, encoded. */
  communities(id: number): Uint8Array {
    return this.#sets.communities(id);
  }

  /** What an attribute-set id of a row stands for. */
  attributes(id: number): RouteAttributes {
    return this.#sets.get(id);
  }

  /** Routes that a peer should be told now, with their attributes. */
  *routesTo(peer: string): Generator<{ readonly prefix: string; readonly attributes: RouteAttributes }> {
    for (const prefix of this.#book.prefixes()) {
      const attributes = this.#book.routeTo(peer, prefix);
      if (attributes !== undefined) yield { prefix, attributes };
    }
  }

  /** Peers that should be told of this address, or of an aggregate for its sake; sorted. */
  audience(vip: string): string[] {
    return this.#book.peersOf(vip, [...this.#peers.keys()]).sort();
  }

  /** A million rows at once would fill the heap with what is needed for a moment only. */
  #inSlices(rows: readonly Announcement[], take: (row: Announcement, touched: Set<string>) => void): void {
    for (let from = 0; from < rows.length; from += SLICE) {
      for (const row of rows.slice(from, from + SLICE)) take(row, this.#touched);
      this.#update(this.#touched, this.#peers);
      this.#touched.clear();
    }
  }

  /** Works out what each of these peers should be told of the prefixes. */
  #update(prefixes: Iterable<string>, peers: Iterable<readonly [string, Tables]>): void {
    const texts = [...prefixes];
    const keys = texts.map(keyOf);
    for (const [peer, tables] of peers) {
      const routes: Record<Family, Route[]> = { 4: [], 6: [] };
      for (const [at, { family, prefixLength, prefix }] of keys.entries()) {
        const attributes = this.#book.routeTo(peer, texts[at] as string);
        routes[family].push({ family, prefixLength, prefix, attributes: attributes === undefined ? NONE : this.#sets.take(attributes) });
      }
      for (const [family, table] of tables) this.#exchange(table, routes[family]);
    }
  }

  /** The ids of the routes are held already; those that they take the place of are let go. */
  #exchange(table: number, routes: readonly Route[]): void {
    for (const id of this.tables.exchange(table, routes)) if (id !== NONE) this.#sets.release(id);
  }
}

/** The attribute-set id of a route that is not there. */
const NONE = 0;
const SLICE = 4_096;

/** A prefix of the book as the key of a row. */
export function keyOf(prefix: string): RouteKey {
  const slash = prefix.indexOf("/");
  const octets = octetsOfOne(prefix.slice(0, slash));
  return { family: octets.length === 4 ? 4 : 6, prefixLength: Number(prefix.slice(slash + 1)), prefix: octets };
}
