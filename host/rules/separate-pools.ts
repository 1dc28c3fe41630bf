/** No address may be in two pools: who holds it, and which advertisements tell of it, would be anybody's guess. */

import { formatBlock } from "./blocks.ts";
import type { AddressBlock, Pool, Problem } from "./vocabulary.ts";

/** Pools that can be used together, and what is wrong with the others. */
export interface SeparatedPools {
  /** Share no address, in name order. */
  readonly accepted: ReadonlyMap<string, Pool>;
  /** One problem for each entry that overlaps. */
  readonly problems: readonly Problem[];
}

interface Claimed {
  readonly block: AddressBlock;
  readonly pool: string;
}

/**
 * Takes the pools in name order and leaves out each that overlaps with one taken before, so that every node comes to
 * the same answer, whatever it saw first. A pool left out does not stand in the way of others.
 */
export function separatePools(pools: Iterable<Pool>): SeparatedPools {
  const accepted = new Map<string, Pool>();
  const problems: Problem[] = [];
  const claimed: Record<4 | 6, Claimed[]> = { 4: [], 6: [] };
  for (const pool of [...pools].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const overlaps = findOverlaps(pool, claimed);
    if (overlaps.size > 0) {
      problems.push(...overlaps.values());
      continue;
    }
    accepted.set(pool.name, pool);
    for (const block of pool.blocks) {
      const list = claimed[block.family];
      list.splice(countBefore(list, block.first), 0, { block, pool: pool.name });
    }
  }
  return { accepted, problems };
}

function findOverlaps(pool: Pool, claimed: Record<4 | 6, readonly Claimed[]>): Map<number | undefined, Problem> {
  const problems = new Map<number | undefined, Problem>();
  for (const block of pool.blocks) {
    const list = claimed[block.family];
    // What is claimed is disjoint, so only the last that starts at or before our end can reach into us.
    const other = list[countBefore(list, block.last + 1n) - 1];
    if (other === undefined || other.block.last < block.first || problems.has(block.entry)) continue;
    problems.set(block.entry, {
      object: `IPAddressPool ${pool.name}`,
      path: block.entry === undefined ? "spec.addresses" : `spec.addresses[${block.entry}]`,
      found: formatBlock(block),
      expected: `no address of IPAddressPool ${other.pool} (${formatBlock(other.block)})`,
    });
  }
  return problems;
}

/** How many claimed blocks start before `value`. */
function countBefore(list: readonly Claimed[], value: bigint): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as Claimed).block.first < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
