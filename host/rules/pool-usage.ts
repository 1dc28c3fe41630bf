/** How full each pool is, by what the statuses of Services say. */

import { parseAddress } from "./addresses.ts";
import { indexPools, type PoolIndex } from "./pool-index.ts";
import type { AddressBlock, Family, Pool, Snapshot } from "./vocabulary.ts";

export interface PoolUsage {
  readonly pool: string;
  /** Addresses that may be given out. */
  readonly total: Readonly<Record<Family, bigint>>;
  /** Different addresses that are. */
  readonly used: Readonly<Record<Family, number>>;
  /** Services that have an address of it. */
  readonly services: number;
}

/** Of every pool in force, in name order. */
export function poolUsage({ pools, services }: Pick<Snapshot, "pools" | "services">): PoolUsage[] {
  const index = indexPools(pools.values());
  const tallies = new Map(Array.from(index.pools.values(), (pool) => [pool, { 4: new Set<bigint>(), 6: new Set<bigint>(), services: 0 }]));
  for (const { ingress } of services.values()) {
    for (const { pool, addresses } of placesOf(index, ingress)) {
      const tally = tallies.get(pool);
      if (tally === undefined) continue;
      tally.services += 1;
      for (const { family, value } of addresses) tally[family].add(value);
    }
  }
  return Array.from(tallies, ([pool, tally]) => ({
    pool: pool.name,
    total: { 4: countUsable(pool, 4), 6: countUsable(pool, 6) },
    used: { 4: tally[4].size, 6: tally[6].size },
    services: tally.services,
  }));
}

/** Addresses of one Service by their pools. */
function placesOf(index: PoolIndex, ingress: readonly string[]) {
  const addresses = ingress.flatMap((text) => parseAddress(text) ?? []);
  const pools = new Set(addresses.flatMap((address) => index.find(address)?.pool ?? []));
  return Array.from(pools, (pool) => ({ pool, addresses: addresses.filter((address) => index.find(address)?.pool === pool) }));
}

function countUsable({ blocks, avoidBuggyIPs }: Pool, family: Family): bigint {
  return blocks
    .filter((block) => block.family === family)
    .reduce((sum, block) => sum + block.last - block.first + 1n - (avoidBuggyIPs && family === 4 ? countBuggy(block) : 0n), 0n);
}

/** Addresses that end in .0 or .255. */
function countBuggy({ first, last }: AddressBlock): bigint {
  const upTo = (value: bigint) => (value + 256n) / 256n + (value + 1n) / 256n;
  return upTo(last) - (first === 0n ? 0n : upTo(first - 1n));
}
