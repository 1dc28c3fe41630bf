/**
 * The books of one announcer: what it should announce and what it was told. No clock, no waiting.
 *
 * The comparison is the route tables' (`packets/routes.ts`); kept here is what a row means, the announcement itself.
 * A row that `take` gives out is unsure until `settle` says that the announcer has it.
 */

import type { Changes } from "../announcer.ts";
import type { RouteKey } from "../packets/route-row.ts";
import { RouteTables } from "../packets/routes.ts";
import type { Announcement } from "../rules/vocabulary.ts";
import { AttributeSets, contentOf } from "./attribute-sets.ts";
import { vipKey, vipOf } from "./vip-key.ts";

interface Row {
  readonly announcement: Announcement;
  readonly set: number;
}

interface ToldRow extends Row {
  readonly isUnsure: boolean;
  /** Absent: it is unsure, or from before. */
  readonly atMs?: number | undefined;
}

/** A row with how far it has come; one that is not desired is on its way out. */
export interface BookedRow {
  readonly announcement: Announcement;
  readonly isDesired: boolean;
  readonly state: "told" | "untold" | "unsure";
  /** When the announcer took it over as it is, where that was in this life. */
  readonly toldAtMs?: number;
}

export class Books {
  readonly #tables = new RouteTables();
  readonly #sets = new AttributeSets();
  readonly #desiredTable = this.#tables.openDesired();
  #toldTable = this.#tables.openTold(this.#desiredTable);
  readonly #desired = new Map<string, Row>();
  readonly #told = new Map<string, ToldRow>();
  /** VIPs that are not for this announcer because another node announces them, told or not: what is held after a restart may be among them. */
  readonly #elsewhere = new Set<string>();

  /**
   * What should be announced at a VIP, undefined for nothing; then, whether another node announces it. False: nothing new. Throws where the
   * VIP is no canonical address.
   */
  desire(vip: string, announcement: Announcement | undefined, isElsewhere = false): boolean {
    if (isElsewhere && announcement === undefined) this.#elsewhere.add(vip);
    else this.#elsewhere.delete(vip);
    const old = this.#desired.get(vip);
    if (old?.announcement === announcement) return false;
    const key = requireKey(vip);
    if (announcement === undefined) {
      this.#desired.delete(vip);
      this.#tables.remove(this.#desiredTable, [key]);
      if (old !== undefined) this.#sets.release(old.set);
      return true;
    }
    const set = this.#takeSet(announcement);
    if (old !== undefined) this.#sets.release(old.set);
    this.#desired.set(vip, { announcement, set });
    this.#put(this.#desiredTable, [{ ...key, attributes: set }]);
    return set !== old?.set;
  }

  /** Starts over with what the outside still has; gives back what of it makes no sense. */
  restart(held: readonly Announcement[]): Announcement[] {
    for (const { set } of this.#told.values()) this.#sets.release(set);
    this.#told.clear();
    this.#tables.close(this.#toldTable);
    this.#toldTable = this.#tables.openTold(this.#desiredTable);
    const unreadable: Announcement[] = [];
    for (const announcement of held) {
      const key = vipKey(announcement.vip);
      const vip = key && vipOf(key);
      if (key === undefined || vip === undefined || this.#told.has(vip)) unreadable.push(announcement);
      else {
        const set = this.#takeSet(announcement);
        this.#told.set(vip, { announcement: { ...announcement, vip }, set, isUnsure: false });
        this.#put(this.#toldTable, [{ ...key, attributes: set }]);
      }
    }
    return unreadable;
  }

  /** Nobody knows what has become of what was told. */
  doubtAll(): void {
    for (const [vip, row] of this.#told) this.#told.set(vip, { ...row, isUnsure: true, atMs: undefined });
  }

  /** The difference, all of it unsure from here on; undefined: there is none. */
  take(): Changes | undefined {
    const differences = this.#tables.diff(this.#toldTable);
    if (differences.length === 0) return undefined;
    const changes = { added: [] as Announcement[], changed: [] as Announcement[], removed: [] as Announcement[] };
    for (const { kind, route } of differences) {
      const vip = vipOf(route);
      const told = this.#told.get(vip);
      const row = kind === "removed" ? told : this.#desired.get(vip);
      if (row === undefined) throw new Error(`Cannot find the announcement of ${vip}, which the route table calls ${kind}`);
      this.#sets.hold(row.set);
      if (told !== undefined) this.#sets.release(told.set);
      this.#told.set(vip, { ...row, isUnsure: true, atMs: undefined });
      changes[kind].push(row.announcement);
    }
    const moved = changes.removed.map(({ vip }) => vip).filter((vip) => this.#elsewhere.has(vip));
    return moved.length === 0 ? changes : { ...changes, moved: new Set(moved) };
  }

  /** The announcer has taken these changes over, but for the refused VIPs. */
  settle(changes: Changes, refused: { has(vip: string): boolean }, nowMs?: number): void {
    const put = [...changes.added, ...changes.changed].filter(({ vip }) => !refused.has(vip));
    const routes = put.map(({ vip }) => {
      const row = this.#requireTold(vip);
      this.#told.set(vip, { ...row, isUnsure: false, atMs: nowMs });
      return { ...requireKey(vip), attributes: row.set };
    });
    this.#put(this.#toldTable, routes);
    const removed = changes.removed.map(({ vip }) => vip).filter((vip) => !refused.has(vip));
    for (const vip of removed) {
      this.#sets.release(this.#requireTold(vip).set);
      this.#told.delete(vip);
    }
    this.#tables.remove(this.#toldTable, removed.map(requireKey));
  }

  /** Lets rows that are still unsure come again with the next `take`. */
  retry(vips: Iterable<string>): void {
    this.#tables.touch(this.#toldTable, Array.from(vips, requireKey));
  }

  retryAll(): void {
    this.#tables.touchAll(this.#toldTable);
  }

  desired(): IterableIterator<string> {
    return this.#desired.keys();
  }

  /** Attribute sets that rows hold. */
  get setCount(): number {
    return this.#sets.size;
  }

  /** Every row that is desired or told. */
  *rows(): Generator<BookedRow> {
    for (const [vip, { announcement, set }] of this.#desired) {
      const told = this.#told.get(vip);
      const state = told?.isUnsure ? "unsure" : told?.set === set ? "told" : "untold";
      const since = state === "told" && told?.atMs !== undefined ? { toldAtMs: told.atMs } : {};
      yield { announcement, isDesired: true, state, ...since };
    }
    for (const [vip, { announcement, isUnsure }] of this.#told) {
      if (!this.#desired.has(vip)) yield { announcement, isDesired: false, state: isUnsure ? "unsure" : "told" };
    }
  }

  #takeSet({ vip: _, ...content }: Announcement): number {
    return this.#sets.take(contentOf(content));
  }

  #put(table: number, routes: readonly (RouteKey & { readonly attributes: number })[]): void {
    if (!this.#tables.put(table, routes))
      throw new Error(`Cannot hold ${this.#tables.keyCount} announcements and more: the route table is full`);
  }

  #requireTold(vip: string): ToldRow {
    const row = this.#told.get(vip);
    if (row === undefined) throw new Error(`Cannot settle ${vip}: it was never given out`);
    return row;
  }
}

function requireKey(vip: string): RouteKey {
  const key = vipKey(vip);
  if (key === undefined || vipOf(key) !== vip)
    throw new Error(`Cannot announce ${JSON.stringify(vip)}: expected an address in canonical text`);
  return key;
}
