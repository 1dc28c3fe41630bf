/** From an address to its pool, by binary search. */

import type { Address } from "./addresses.ts";
import { separatePools } from "./separate-pools.ts";
import type { AddressBlock, Family, Pool } from "./vocabulary.ts";

/** Where an address lies. */
export interface PoolPlace {
  readonly pool: Pool;
  readonly block: AddressBlock;
  /** Position of the block's first address in the pool; addresses are tried in the order of their positions. */
  readonly start: bigint;
}

/** Pools, ready to be asked about addresses. */
export interface PoolIndex {
  /** Those that share no address, in name order; a pool that overlaps with an earlier one counts as absent. */
  readonly pools: ReadonlyMap<string, Pool>;
  /** The places of a pool in one family, in its order. */
  places(pool: Pool, family: Family): readonly PoolPlace[];
  find(address: Address): PoolPlace | undefined;
}

/** Indexes pools, once for each change of them. */
export function indexPools(pools: Iterable<Pool>): PoolIndex {
  const { accepted } = separatePools(pools);
  const byPool = new Map([...accepted.values()].map((pool) => [pool, byFamilyOf(placesOf(pool))]));
  const sorted = (family: Family) =>
    [...byPool.values()].flatMap((places) => places[family]).sort((a, b) => (a.block.first < b.block.first ? -1 : 1));
  const byFamily = { 4: sorted(4), 6: sorted(6) };

  const find = ({ family, value }: Address) => {
    const place = lastStartingAt(byFamily[family], value);
    return place !== undefined && value <= place.block.last ? place : undefined;
  };
  const places = (pool: Pool, family: Family) => byPool.get(pool)?.[family] ?? [];
  return { pools: accepted, places, find };
}

/** The position of an address in its pool. */
export function positionOf({ block, start }: PoolPlace, value: bigint): bigint {
  return start + value - block.first;
}

function byFamilyOf(places: readonly PoolPlace[]): Record<Family, readonly PoolPlace[]> {
  const inFamily = (family: Family) => places.filter(({ block }) => block.family === family);
  return { 4: inFamily(4), 6: inFamily(6) };
}

function placesOf(pool: Pool): PoolPlace[] {
  let start = 0n;
  return pool.blocks.map((block) => {
    const place = { pool, block, start };
    start += block.last - block.first + 1n;
    return place;
  });
}

/** The place with the greatest first address that is not above `value`. */
function lastStartingAt(places: readonly PoolPlace[], value: bigint): PoolPlace | undefined {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[middle] as PoolPlace).block.first <= value) low = middle + 1;
    else high = middle;
  }
  return places[low - 1];
}
