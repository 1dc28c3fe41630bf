// AS_PATH and AS4_PATH: segments of one octet of type, one octet of count and so many AS numbers. RFC 4271 §4.3 b), RFC 6793 §3; what is
// malformed: RFC 7606 §7.2 "AS_PATH", RFC 6793 §6 "Error Handling", RFC 7607 for AS zero.
//
// Decoded: a word of type, a word of count and so many words of AS numbers.
import { getU16 } from "../bytes";
import { Status } from "./status";

export enum Segment {
  Set = 1,
  Sequence = 2,
  ConfederationSequence = 3,
  ConfederationSet = 4,
}

/**
 * Writes the words of a path to `out` and answers with how many bytes they are, or a status. Confederation segments never come from outside
 * a confederation, and Herald is in none (RFC 5065 §5 "Error Handling"); in an AS4_PATH they are left out (RFC 6793 §6).
 */
export function readPath(at: usize, length: u32, asnBytes: u32, isAs4: bool, out: usize): i32 {
  const end = at + length;
  let from = at;
  let to = out;
  while (from < end) {
    if (end - from < 2) return Status.BadAsPath;
    const type: u32 = load<u8>(from);
    const count: u32 = load<u8>(from, 1);
    from += 2;
    if (type === 0 || type > <u32>Segment.ConfederationSet || count === 0 || count * asnBytes > end - from) return Status.BadAsPath;
    const isConfederation = type >= <u32>Segment.ConfederationSequence;
    if (isConfederation && !isAs4) return Status.ConfederationSegment;
    if (isConfederation) from += count * asnBytes;
    else {
      if (!readSegment(from, count, asnBytes, to + 8)) return Status.ZeroAs;
      store<u32>(to, type);
      store<u32>(to, count, 4);
      from += count * asnBytes;
      to += 8 + (count << 2);
    }
  }
  return <i32>(to - out);
}

function readSegment(at: usize, count: u32, asnBytes: u32, out: usize): bool {
  for (let index: u32 = 0; index < count; index++) {
    const asn = asnBytes === 4 ? bswap<u32>(load<u32>(at + (index << 2))) : getU16(at + (index << 1));
    if (asn === 0) return false;
    store<u32>(out + (index << 2), asn);
  }
  return true;
}

/** Octets that `bytes` bytes of words would take; `Status.BadRecord` where they are no path. */
export function encodedPathLength(words: usize, bytes: u32, asnBytes: u32): i32 {
  let length: u32 = 0;
  let left = bytes;
  for (let from = words; left > 0; ) {
    const count: u32 = left < 8 ? 0 : load<u32>(from, 4);
    if (count === 0 || count > 255 || left - 8 < count << 2 || load<u32>(from) > <u32>Segment.Sequence) return Status.BadRecord;
    length += 2 + count * asnBytes;
    from += 8 + (count << 2);
    left -= 8 + (count << 2);
  }
  return <i32>length;
}

/** Writes a path that `encodedPathLength` measured. `Status.BadRecord` where an AS number is too large. */
export function writePath(words: usize, bytes: u32, asnBytes: u32, out: usize): Status {
  let to = out;
  for (let from = words; from < words + bytes; ) {
    const count = load<u32>(from, 4);
    store<u8>(to, load<u8>(from));
    store<u8>(to, <u8>count, 1);
    from += 8;
    to += 2;
    for (let index: u32 = 0; index < count; index++) {
      const asn = load<u32>(from);
      if (asnBytes === 2 && asn > 0xffff) return Status.BadRecord;
      if (asnBytes === 4) store<u32>(to, bswap<u32>(asn));
      else store<u16>(to, bswap<u16>(<u16>asn));
      from += 4;
      to += asnBytes;
    }
  }
  return Status.Ok;
}
