/** Entries of a pool, `192.0.2.0/24` or `192.0.2.10-192.0.2.20`, as blocks that a CIDR covers. */

import { type Address, formatAddress, parseAddress } from "./addresses.ts";
import type { AddressBlock, Family } from "./vocabulary.ts";

/** `expected` is what the text should have been, for a `Problem`. */
export type ParsedBlocks =
  | { readonly ok: true; readonly value: readonly AddressBlock[] }
  | { readonly ok: false; readonly expected: string };

const FORM = "a CIDR like 192.0.2.0/24 or a range like 192.0.2.10-192.0.2.20";
const MAPPED_FIRST = 0xffffn << 32n;
const MAPPED_LAST = MAPPED_FIRST + 0xffff_ffffn;

/** Reads one entry; a range becomes the fewest CIDRs, ascending. Host bits of a CIDR are dropped, as MetalLB does. */
export function parseBlocks(text: string): ParsedBlocks {
  const parsed = text.includes("-") ? parseRange(text) : parseCidr(text);
  if (!parsed.ok) return parsed;
  // Such an address would be formatted as IPv6 and read back as IPv4; nobody can mean it.
  const mapped = parsed.value.some(({ family, first, last }) => family === 6 && first <= MAPPED_LAST && last >= MAPPED_FIRST);
  return mapped ? { ok: false, expected: "no IPv4-mapped IPv6 addresses (::ffff:0:0/96)" } : parsed;
}

/** The CIDR of a block. */
export function formatBlock({ family, first, last }: AddressBlock): string {
  const hostBits = (last - first + 1n).toString(2).length - 1;
  return `${formatAddress({ family, value: first })}/${widthBits(family) - hostBits}`;
}

/** 32 or 128. */
export function widthBits(family: Family): number {
  return family === 4 ? 32 : 128;
}

function parseCidr(text: string): ParsedBlocks {
  const [addressText = "", prefixText, ...rest] = text.split("/");
  const address = parseWritten(addressText);
  if (address === undefined || rest.length > 0) return { ok: false, expected: FORM };
  const bits = widthBits(address.family);
  if (prefixText === undefined) return { ok: false, expected: `a prefix length: ${addressText}/${bits} is that one address` };
  const prefixLength = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : bits + 1;
  if (prefixLength > bits) return { ok: false, expected: `a prefix length from 0 to ${bits}` };
  const size = 1n << BigInt(bits - prefixLength);
  const first = address.value - (address.value % size);
  return { ok: true, value: [{ family: address.family, first, last: first + size - 1n }] };
}

function parseRange(text: string): ParsedBlocks {
  const cut = text.indexOf("-");
  const start = parseWritten(text.slice(0, cut).trim());
  const end = parseWritten(text.slice(cut + 1).trim());
  if (start === undefined || end === undefined) return { ok: false, expected: FORM };
  if (start.family !== end.family) return { ok: false, expected: "a range of one family" };
  if (start.value > end.value) return { ok: false, expected: "a range that does not end before it starts" };
  return { ok: true, value: summarize(start.family, start.value, end.value) };
}

/** Unlike `parseAddress`, refuses IPv4-mapped text: a prefix length behind it could be meant either way. */
function parseWritten(text: string): Address | undefined {
  const address = parseAddress(text);
  return address?.family === 4 && text.includes(":") ? undefined : address;
}

function summarize(family: Family, start: bigint, end: bigint): AddressBlock[] {
  const blocks: AddressBlock[] = [];
  for (let first = start; first <= end; ) {
    let size = first === 0n ? 1n << BigInt(widthBits(family)) : first & -first;
    while (first + size - 1n > end) size >>= 1n;
    blocks.push({ family, first, last: first + size - 1n });
    first += size;
  }
  return blocks;
}
