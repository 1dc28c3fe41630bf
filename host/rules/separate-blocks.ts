/** No address may be in two pools, or in two reservations: who holds it, and whose it is, would be anybody's guess. */

import { countStartingUpTo } from "./block-index.ts";
import { formatBlock } from "./blocks.ts";
import type { AddressBlock, Pool, Problem, Reservation } from "./vocabulary.ts";

interface BlockOwner {
  readonly name: string;
  readonly blocks: readonly AddressBlock[];
}

/** Owners that can be used together, and what is wrong with the others. */
export interface Separated<T extends BlockOwner> {
  /** Share no address, in name order. */
  readonly accepted: ReadonlyMap<string, T>;
  /** One problem for each entry that overlaps. */
  readonly problems: readonly Problem[];
}

interface Claimed {
  readonly block: AddressBlock;
  readonly owner: string;
}

/**
 * Takes the owners in name order and leaves out each that overlaps with one taken before, so that every node comes to
 * the same answer, whatever it saw first. One left out does not stand in the way of others.
 */
function separate<T extends BlockOwner>(kind: string, owners: Iterable<T>): Separated<T> {
  const accepted = new Map<string, T>();
  const problems: Problem[] = [];
  const claimed: Record<4 | 6, Claimed[]> = { 4: [], 6: [] };
  for (const owner of [...owners].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const overlaps = findOverlaps(kind, owner, claimed);
    if (overlaps.size > 0) {
      problems.push(...overlaps.values());
      continue;
    }
    accepted.set(owner.name, owner);
    for (const block of owner.blocks) {
      const list = claimed[block.family];
      list.splice(countStartingUpTo(list, block.first), 0, { block, owner: owner.name });
    }
  }
  return { accepted, problems };
}

/** Pools that share no address. */
export function separatePools(pools: Iterable<Pool>): Separated<Pool> {
  return separate("IPAddressPool", pools);
}

/** Reservations that share no address. */
export function separateReservations(reservations: Iterable<Reservation>): Separated<Reservation> {
  return separate("Reservation", reservations);
}

function findOverlaps(
  kind: string,
  { name, blocks }: BlockOwner,
  claimed: Record<4 | 6, readonly Claimed[]>,
): Map<number | undefined, Problem> {
  const problems = new Map<number | undefined, Problem>();
  for (const block of blocks) {
    const list = claimed[block.family];
    // What is claimed is disjoint, so only the last that starts at or before our end can reach into us.
    const other = list[countStartingUpTo(list, block.last) - 1];
    if (other === undefined || other.block.last < block.first || problems.has(block.entry)) continue;
    problems.set(block.entry, {
      object: `${kind} ${name}`,
      path: block.entry === undefined ? "spec.addresses" : `spec.addresses[${block.entry}]`,
      found: formatBlock(block),
      expected: `no address of ${kind} ${other.owner} (${formatBlock(other.block)})`,
    });
  }
  return problems;
}
