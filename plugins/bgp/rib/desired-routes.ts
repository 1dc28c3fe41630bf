/**
 * What each peer should be told: one table of route rows for each peer and family, kept in WebAssembly.
 *
 * Announcements go into the book (`route-book.ts`), which says which prefixes may have changed; only their rows are worked out anew. An
 * Adj-RIB-Out (`adj-rib-out.ts`) follows the table of its peer and family, and finds there what has changed since it was last told.
 */

import type { Announcement, Changes, Refusal, RouteKey, RouteTables } from "../../../host/announcer.ts";
import { AttributeSets } from "./attribute-sets.ts";
import { octetsOf } from "./octets.ts";
import { RouteBook } from "./route-book.ts";
import type { RouteAttributes } from "./routes-plan.ts";

export type Family = 4 | 6;

export class DesiredRoutes {
  readonly tables: RouteTables;
  readonly #book = new RouteBook();
  readonly #sets = new AttributeSets();
  /** Of a peer, by family. */
  readonly #peers = new Map<string, ReadonlyMap<Family, number>>();

  constructor(tables: RouteTables) {
    this.tables = tables;
  }

  /** Takes changes in. Throws where there is no room; the same changes may come again. */
  apply({ added, changed, removed }: Changes): readonly Refusal[] {
    const touched = new Set<string>();
    const note = (prefixes: Iterable<string>) => {
      for (const prefix of prefixes) touched.add(prefix);
    };
    for (const { vip } of removed) note(this.#book.remove(vip));
    const rows: Announcement[] = [...added, ...changed];
    for (const row of rows) note(this.#book.put(row));
    for (const [peer, families] of this.#peers) {
      for (const prefix of touched) this.#update(peer, families, prefix);
    }
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
    for (const prefix of this.#book.prefixes()) this.#update(peer, families, prefix);
  }

  /** Closes them. Nothing may follow them any more. */
  removePeer(peer: string): void {
    const families = this.#peers.get(peer);
    if (families === undefined) return;
    for (const prefix of this.#book.prefixes()) this.#set(tableOf(families, prefix), prefix, undefined);
    for (const table of families.values()) this.tables.close(table);
    this.#peers.delete(peer);
  }

  /** The table that an Adj-RIB-Out of this peer and family follows. */
  table(peer: string, family: Family): number {
    const table = this.#peers.get(peer)?.get(family);
    if (table === undefined) throw new Error(`Cannot tell routes to ${peer}: it is no peer`);
    return table;
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

  #update(peer: string, families: ReadonlyMap<Family, number>, prefix: string): void {
    this.#set(tableOf(families, prefix), prefix, this.#book.routeTo(peer, prefix));
  }

  #set(table: number, prefix: string, attributes: RouteAttributes | undefined): void {
    const key = keyOf(prefix);
    const before = this.tables.get(table, key);
    if (attributes === undefined) this.tables.remove(table, [key]);
    else {
      const id = this.#sets.take(attributes);
      if (!this.tables.put(table, [{ ...key, attributes: id }])) {
        this.#sets.release(id);
        throw new Error(`Cannot keep more routes than the ${this.tables.count(table)} that there are: out of memory`);
      }
    }
    if (before !== undefined) this.#sets.release(before.attributes);
  }
}

function tableOf(families: ReadonlyMap<Family, number>, prefix: string): number {
  return families.get(prefix.includes(":") ? 6 : 4) as number;
}

/** A prefix of the book as the key of a row. */
export function keyOf(prefix: string): RouteKey {
  const slash = prefix.indexOf("/");
  const octets = octetsOf(prefix.slice(0, slash));
  return { family: octets.length === 4 ? 4 : 6, prefixLength: Number(prefix.slice(slash + 1)), prefix: octets };
}
