/** From an address to the block that it lies in, by binary search. */

import type { Address } from "./addresses.ts";
import type { AddressBlock, Family } from "./vocabulary.ts";

/** Something with a block of addresses. */
export interface WithBlock {
  readonly block: AddressBlock;
}

/** Blocks that share no address, ready to be asked. */
export interface BlockIndex<T extends WithBlock> {
  find(address: Address): T | undefined;
  /** Those that share an address with this block, ascending. */
  overlapping(block: AddressBlock): readonly T[];
}

/** Indexes blocks that share no address. */
export function indexBlocks<T extends WithBlock>(items: readonly T[]): BlockIndex<T> {
  const sorted = (family: Family) =>
    items.filter(({ block }) => block.family === family).sort((a, b) => (a.block.first < b.block.first ? -1 : 1));
  const byFamily = { 4: sorted(4), 6: sorted(6) };
  return {
    find({ family, value }) {
      const list = byFamily[family];
      const item = list[countStartingUpTo(list, value) - 1];
      return item !== undefined && value <= item.block.last ? item : undefined;
    },
    overlapping({ family, first, last }) {
      const list = byFamily[family];
      const end = countStartingUpTo(list, last);
      let start = end;
      while (start > 0 && (list[start - 1] as T).block.last >= first) start -= 1;
      return list.slice(start, end);
    },
  };
}

/** How many blocks of a sorted list start at or before `value`. */
export function countStartingUpTo(list: readonly WithBlock[], value: bigint): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as WithBlock).block.first <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
