// Prefixes packed into as few UPDATEs as they need: the way of every route that is announced, so an IPv4 host costs a load, a store
// and three comparisons. RFC 7606 §5.1: a message says one thing only, and a multiprotocol attribute comes first.
import { Attribute, EXTENDED_LENGTH, OPTIONAL } from "./attribute-table";
import { CHANGE_KEY } from "./group";
import { encodeHeader, HEADER, MESSAGE_EXTENDED_MAX, MessageType } from "./header";
import { BLOB, BLOB_BYTES, CHANGE_BYTES, CHANGES, KEY_BYTES, KEYS_MAX, OUT, OUT_BYTES, PACK_KEYS, VALUES } from "./memory";
import { afiOf, KEY_LENGTH, SAFI_UNICAST, writePrefix } from "./prefixes";
import { REACH_LEAST, UNREACH_LEAST } from "./reach";
import { REFRESH_END } from "./route-refresh";
import { Status } from "./status";
import { UPDATE_LENGTHS } from "./update";

/** What is said of the prefixes. */
export enum Pack {
  /** In Withdrawn Routes: IPv4 only. */
  Withdraw = 0,
  /** Behind the path attributes: IPv4 only, with a NEXT_HOP among the attributes. */
  Announce = 1,
  /** In MP_UNREACH_NLRI. */
  MpWithdraw = 2,
  /** In MP_REACH_NLRI. */
  MpAnnounce = 3,
}

const MP_HEADER: u32 = 4;
/** Two IPv6 addresses: RFC 2545 §3 "Constructing the Next Hop field". */
const NEXT_HOP_MAX: u32 = 32;
/** What the key of an IPv4 host begins with: most routes of an announcer are such. */
const HOST: u32 = 0x2004;
/** A prefix is written with all its octets, whatever its length. */
const SPILL: u32 = 17;

const PACK_RECORD: u32 = REFRESH_END;
export const PACK_TAKEN: u32 = PACK_RECORD; // u32: prefixes that the messages in `OUT` say something of

let key: usize = 0;
let keysEnd: usize = 0;
/** From one key to the next. */
let step: u32 = 0;

/**
 * Writes UPDATEs of at most `most` bytes to `OUT`, behind the `used` bytes that stand there, about the prefixes from `first` on, all of one
 * family, in `PACK_KEYS` where `isMoved`, else in `CHANGES`: as many as there is room for, so empty `OUT` then and go on behind
 * `PACK_TAKEN`. Attributes stand in `BLOB`, the octets of the next hop for MP_REACH_NLRI in `VALUES`. Answers with the length of all
 * messages; `Oversized` where not even one prefix fits beside the attributes, `BadRecord` where a key is not of the family.
 */
export function pack(
  kind: Pack,
  family: u32,
  isMoved: bool,
  first: u32,
  count: u32,
  attributesLength: u32,
  nextHopLength: u32,
  most: u32,
  used: u32,
): i32 {
  const isInRange = most <= MESSAGE_EXTENDED_MAX && attributesLength <= BLOB_BYTES && nextHopLength <= NEXT_HOP_MAX;
  if (!isInRange || !isFamily(kind, family) || used > OUT_BYTES || first > KEYS_MAX || count > KEYS_MAX - first) return Status.BadRecord;
  const head = headLength(kind, attributesLength, nextHopLength);
  const tail = tailLength(kind, attributesLength);
  if (head + tail + (family === 4 ? 5 : 17) > most) return Status.Oversized;

  step = isMoved ? KEY_BYTES : CHANGE_BYTES;
  const start: usize = (isMoved ? PACK_KEYS : CHANGES + CHANGE_KEY) + first * step;
  key = start;
  keysEnd = start + count * step;
  let at: usize = OUT + used;
  while (key < keysEnd && at + most + SPILL <= OUT + OUT_BYTES) {
    const prefixes = at + head;
    const limit = at + most - tail;
    const end = family === 4 ? packIpv4(prefixes, limit) : packIpv6(prefixes, limit);
    if (end === prefixes) return Status.BadRecord;
    at = finish(kind, family, at, end, attributesLength, nextHopLength);
  }
  store<u32>(PACK_TAKEN, <u32>(key - start) / step);
  return <i32>(at - OUT - used);
}

function isFamily(kind: Pack, family: u32): bool {
  return family === 4 || (family === 6 && kind >= Pack.MpWithdraw);
}

/** Octets behind the prefixes. */
function tailLength(kind: Pack, attributesLength: u32): u32 {
  if (kind === Pack.Withdraw) return 2;
  return kind === Pack.MpAnnounce ? attributesLength : 0;
}

/** Octets before them. */
function headLength(kind: Pack, attributesLength: u32, nextHopLength: u32): u32 {
  if (kind === Pack.Withdraw) return HEADER + 2;
  if (kind === Pack.Announce) return HEADER + UPDATE_LENGTHS + attributesLength;
  return HEADER + UPDATE_LENGTHS + MP_HEADER + (kind === Pack.MpWithdraw ? UNREACH_LEAST : REACH_LEAST + nextHopLength);
}

/** Writes prefixes until one does not fit, or is none. */
function packIpv4(at: usize, limit: usize): usize {
  const end = keysEnd;
  const stride = step;
  let to = at;
  let from = key;
  for (; from < end; from += stride) {
    const start = load<u64>(from); // family, prefix length, two zeros, prefix
    const bits = <u32>start >> 8;
    let size: usize = 5;
    if (<u32>start !== HOST) {
      size = 1 + ((bits + 7) >> 3);
      if ((start & 0xff) !== 4 || bits > 32) break;
    }
    if (to + size > limit) break;
    store<u64>(to, (start >> 24) | bits);
    to += size;
  }
  key = from;
  return to;
}

function packIpv6(at: usize, limit: usize): usize {
  let to = at;
  let from = key;
  for (; from < keysEnd; from += step) {
    const bits: u32 = load<u8>(from, KEY_LENGTH);
    const size = 1 + ((bits + 7) >> 3);
    if (load<u8>(from) !== 6 || bits > 128 || to + size > limit) break;
    writePrefix(from, to);
    to += size;
  }
  key = from;
  return to;
}

/** Writes what stands around the prefixes that end at `end`; answers with where the message ends. */
function finish(kind: Pack, family: u32, at: usize, end: usize, attributesLength: u32, nextHopLength: u32): usize {
  let last = end;
  const lengths = at + HEADER;
  if (kind === Pack.Withdraw) {
    setU16At(lengths, end - lengths - 2);
    setU16At(end, 0);
    last = end + 2;
  } else {
    setU16At(lengths, 0);
    const attributes = lengths + UPDATE_LENGTHS;
    if (kind === Pack.Announce) memory.copy(attributes, BLOB, attributesLength);
    else writeMpHead(kind === Pack.MpAnnounce, family, attributes, end, nextHopLength);
    if (kind === Pack.MpAnnounce) {
      memory.copy(end, BLOB, attributesLength);
      last = end + attributesLength;
    }
    setU16At(lengths + 2, kind === Pack.Announce ? attributesLength : last - attributes);
  }
  encodeHeader(at, last - at, MessageType.Update);
  return last;
}

function writeMpHead(isReach: bool, family: u32, at: usize, end: usize, nextHopLength: u32): void {
  const value = at + MP_HEADER;
  store<u8>(at, <u8>(OPTIONAL | EXTENDED_LENGTH));
  store<u8>(at, <u8>(isReach ? Attribute.MpReachNlri : Attribute.MpUnreachNlri), 1);
  setU16At(at + 2, end - value);
  setU16At(value, afiOf(family));
  store<u8>(value, <u8>SAFI_UNICAST, 2);
  if (!isReach) return;
  store<u8>(value, <u8>nextHopLength, 3);
  memory.copy(value + 4, VALUES, nextHopLength);
  store<u8>(value + 4 + nextHopLength, 0);
}

function setU16At(at: usize, value: usize): void {
  store<u16>(at, bswap<u16>(<u16>value));
}
