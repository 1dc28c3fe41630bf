/** Pools, ready to be asked about addresses. */

import type { Address } from "./addresses.ts";
import { indexBlocks } from "./block-index.ts";
import { separatePools } from "./separate-blocks.ts";
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
  /** The places that share an address with this block, ascending. */
  overlapping(block: AddressBlock): readonly PoolPlace[];
}

/** Indexes pools, once for each change of them. */
export function indexPools(pools: Iterable<Pool>): PoolIndex {
  const { accepted } = separatePools(pools);
  const byPool = new Map([...accepted.values()].map((pool) => [pool, placesOf(pool)]));
  const byFamily = new Map([...byPool].map(([pool, places]) => [pool, { 4: inFamily(places, 4), 6: inFamily(places, 6) }]));
  return {
    pools: accepted,
    places: (pool, family) => byFamily.get(pool)?.[family] ?? [],
    ...indexBlocks([...byPool.values()].flat()),
  };
}

/** The position of an address in its pool. */
export function positionOf({ block, start }: PoolPlace, value: bigint): bigint {
  return start + value - block.first;
}

function inFamily(places: readonly PoolPlace[], family: Family): PoolPlace[] {
  return places.filter(({ block }) => block.family === family);
}

function placesOf(pool: Pool): PoolPlace[] {
  let start = 0n;
  return pool.blocks.map((block) => {
    const place = { pool, block, start };
    start += block.last - block.first + 1n;
    return place;
  });
}
