// A small language for values that are a row of numbers: what most capabilities and attributes are. A layout is a word with one field in
// four bits, the first lowest; decoded, each field is a u32 in host order. A value is one head and any number of repeats.
import { getU16 } from "../bytes";
import { Status } from "./status";

export const NOTHING: u32 = 0;
export const U8: u32 = 1;
export const U16: u32 = 2;
export const U32: u32 = 4;
/** One octet without meaning: left out of the decoded form, zero when encoded. */
export const SKIP: u32 = 9;
/** An AS number, of as many octets as the session's are. */
export const ASN: u32 = 15;

function widthOf(field: u32, asnBytes: u32): u32 {
  if (field === ASN) return asnBytes;
  return field === SKIP ? 1 : field;
}

/** Octets that a layout takes. */
function lengthOf(layout: u32, asnBytes: u32): u32 {
  let length: u32 = 0;
  for (let rest = layout; rest !== 0; rest >>= 4) length += widthOf(rest & 15, asnBytes);
  return length;
}

/** True: a value may have `length` octets, with at least `least` repeats where there is a repeat. */
export function isLength(length: u32, head: u32, repeat: u32, least: u32, asnBytes: u32): bool {
  const fixed = lengthOf(head, asnBytes);
  if (repeat === NOTHING) return length === fixed;
  const each = lengthOf(repeat, asnBytes);
  return length >= fixed + least * each && (length - fixed) % each === 0;
}

/** Writes the fields of a value whose length is right to `out`; answers with where they end. */
export function readWords(at: usize, length: u32, head: u32, repeat: u32, asnBytes: u32, out: usize): usize {
  const end = at + length;
  let to = readFields(at, head, asnBytes, out);
  for (let from = at + lengthOf(head, asnBytes); from < end; from += lengthOf(repeat, asnBytes))
    to = readFields(from, repeat, asnBytes, to);
  return to;
}

function readFields(at: usize, layout: u32, asnBytes: u32, out: usize): usize {
  let from = at;
  let to = out;
  for (let rest = layout; rest !== 0; rest >>= 4) {
    const field = rest & 15;
    const width = widthOf(field, asnBytes);
    if (field !== SKIP) {
      store<u32>(to, getNumber(from, width));
      to += 4;
    }
    from += width;
  }
  return to;
}

/** Octets that `bytes` bytes of words would take; `Status.BadRecord` where they are not of this layout. */
export function encodedLength(bytes: u32, head: u32, repeat: u32, asnBytes: u32): i32 {
  const words = bytes >> 2;
  const fixed = wordsOf(head);
  const each = wordsOf(repeat);
  if ((bytes & 3) !== 0 || words < fixed) return Status.BadRecord;
  if (each === 0) return words === fixed ? <i32>lengthOf(head, asnBytes) : Status.BadRecord;
  const repeats = (words - fixed) / each;
  return fixed + repeats * each === words ? <i32>(lengthOf(head, asnBytes) + repeats * lengthOf(repeat, asnBytes)) : Status.BadRecord;
}

/** Writes words as `encodedLength` measured them. `Status.BadRecord` where one is too large for its field. */
export function writeWords(words: usize, bytes: u32, head: u32, repeat: u32, asnBytes: u32, out: usize): Status {
  let layout = head;
  let to = out;
  let from = words;
  while (from < words + bytes || layout !== NOTHING) {
    if (layout === NOTHING) layout = repeat;
    const field = layout & 15;
    const width = widthOf(field, asnBytes);
    let value: u32 = 0;
    if (field !== SKIP) {
      value = load<u32>(from);
      from += 4;
    }
    if (width < 4 && value >> (width << 3) !== 0) return Status.BadRecord;
    setNumber(to, width, value);
    to += width;
    layout >>= 4;
  }
  return Status.Ok;
}

function wordsOf(layout: u32): u32 {
  let count: u32 = 0;
  for (let rest = layout; rest !== 0; rest >>= 4) if ((rest & 15) !== SKIP) count++;
  return count;
}

function getNumber(at: usize, width: u32): u32 {
  if (width === 4) return bswap<u32>(load<u32>(at));
  return width === 2 ? getU16(at) : load<u8>(at);
}

function setNumber(at: usize, width: u32, value: u32): void {
  if (width === 4) store<u32>(at, bswap<u32>(value));
  else if (width === 2) store<u16>(at, bswap<u16>(<u16>value));
  else store<u8>(at, <u8>value);
}
