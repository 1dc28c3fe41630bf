/** Lists of addresses in configuration, none of them twice. */

import { formatBlock, type ParsedBlocks } from "./blocks.ts";
import { complain, type Reading, readList } from "./config.ts";
import type { AddressBlock } from "./vocabulary.ts";

/** Reads a list that must have at least one entry; `parse` reads an entry. */
export function readBlocks(reading: Reading, path: string, value: unknown, parse: (text: string) => ParsedBlocks): readonly AddressBlock[] {
  const list = readList(reading, path, value);
  const empty = list.length === 0 && (Array.isArray(value) || value === undefined || value === null);
  if (empty) complain(reading, path, value, "at least one CIDR or range");
  const blocks: AddressBlock[] = [];
  for (const [entry, text] of list.entries()) {
    const parsed = typeof text === "string" ? parse(text) : ({ ok: false, expected: "a string" } as const);
    if (parsed.ok) for (const block of parsed.value) blocks.push({ ...block, entry });
    else complain(reading, `${path}[${entry}]`, text, parsed.expected);
  }
  complainOfOverlaps(reading, path, list, blocks);
  return blocks;
}

function complainOfOverlaps(reading: Reading, path: string, list: readonly unknown[], blocks: readonly AddressBlock[]): void {
  const sorted = [...blocks].sort((a, b) => a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const named = new Set<number>();
  let widest: AddressBlock | undefined;
  for (const block of sorted) {
    const overlapped = widest?.family === block.family && block.first <= widest.last ? widest : undefined;
    if (overlapped !== undefined) {
      const [earlier, later] = [overlapped, block].sort((a, b) => (a.entry as number) - (b.entry as number)) as [
        AddressBlock,
        AddressBlock,
      ];
      const entry = later.entry as number;
      if (!named.has(entry))
        complain(reading, `${path}[${entry}]`, list[entry], `no address of ${path}[${earlier.entry}] (${formatBlock(earlier)})`);
      named.add(entry);
    }
    if (overlapped === undefined || block.last > overlapped.last) widest = block;
  }
}
