/** The power to keep route tables in WebAssembly: what is desired, what each outside party was told, and the difference. */

import type { Family } from "../rules/vocabulary.ts";

export interface RouteKey {
  readonly family: Family;
  /** Bits; those of `prefix` behind it are zero. */
  readonly prefixLength: number;
  /** 4 or 16 bytes. */
  readonly prefix: Uint8Array;
}

export interface Route extends RouteKey {
  /** 16 bytes that only have to mean something to their reader; default all zero. */
  readonly nextHop?: Uint8Array;
  /** Attribute-set id: 1 to 0xfffffffe, or 0 for none. Not to be given to another content while a row holds it. */
  readonly attributes: number;
}

/** Ids of closed tables are given out again. Methods throw RangeError on a table or a route that makes no sense. */
export interface RouteTables {
  openDesired(): number;
  /** An empty table that follows `desired`: at first everything that is desired differs from it. */
  openTold(desired: number): number;
  /** Throws where told tables still follow it. */
  close(table: number): void;
  /**
   * Puts the routes, and removes those whose attribute-set id is 0; gives the ids that were there before, 0 where there was none. Throws
   * RangeError where there is no room; the routes before the first that it had no room for may have been taken.
   */
  exchange(table: number, routes: readonly Route[]): Uint32Array;
  /** Makes all that was told unsure, so that all of it comes again. */
  doubtAll(told: number): void;
  /**
   * The next differences as they lie in the module's memory, for the BGP codec's `packChanges`; empty: none is left. Valid until the next
   * call: to keep them, copy them (`new Uint8Array(rows)`, as `slice` of a Buffer copies nothing). With `settle` they count as told, for a
   * stream that arrives in order or is dropped whole with its table.
   */
  diffRows(told: number, settle: boolean): Uint8Array;
  /** Rows in a table. */
  count(table: number): number;
}
