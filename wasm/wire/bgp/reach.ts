// MP_REACH_NLRI and MP_UNREACH_NLRI. RFC 4760 §3 and §4; next hops: RFC 2545 §3 for IPv6, RFC 8950 §3 for IPv4 over IPv6.
//
// Prefixes of IPv4 and IPv6 unicast become keys; of another address family the attribute stays as it came.
import { getU16 } from "../bytes";
import { isInside, KEY_BYTES, KEYS, KEYS_MAX } from "./memory";
import { areKeys, familyOf, prefixLength, readPrefixes, writePrefix } from "./prefixes";
import { Status } from "./status";

const AFI: u32 = 0; // u16
const SAFI: u32 = 2;
const NEXT_HOP_LENGTH: u32 = 3;
const NEXT_HOP: u32 = 4;
/** AFI and SAFI; length of the next hop and the octet behind it that means nothing. */
export const UNREACH_LEAST: u32 = 3;
export const REACH_LEAST: u32 = 5;

// A field of prefixes in the record: a message has up to four, UPDATE_WITHDRAWN, UPDATE_UNREACH, UPDATE_REACH and UPDATE_ANNOUNCED.
export const FIELD_AFI: u32 = 0; // u32
export const FIELD_SAFI: u32 = 4; // u32
export const FIELD_FIRST: u32 = 8; // u32: index of the first key
export const FIELD_COUNT: u32 = 12; // u32: number of keys
const FIELD_UNREAD: u32 = 16; // u32: octets of prefixes that are not read here
export const FIELD_NEXT_HOP: u32 = 20; // u32, address: the octets of one or two next hops
export const FIELD_NEXT_HOP_BYTES: u32 = 24; // u32
export const FIELD_BYTES: u32 = 28;

/** Reads the prefixes of a field whose family is set; answers with the number of keys, or `Status.BadPrefix`. */
export function readField(field: u32, at: usize, length: u32, first: u32): i32 {
  const family = familyOf(load<u32>(field, FIELD_AFI), load<u32>(field, FIELD_SAFI));
  const count = family === 0 ? 0 : readPrefixes(at, length, family, first);
  store<u32>(field, first, FIELD_FIRST);
  store<u32>(field, max(count, 0), FIELD_COUNT);
  store<u32>(field, family === 0 ? length : 0, FIELD_UNREAD);
  return count;
}

/** True: the field says something of at least one prefix. */
export function hasPrefixes(field: u32): bool {
  return load<u32>(field, FIELD_COUNT) + load<u32>(field, FIELD_UNREAD) > 0;
}

/** Sets which family a multiprotocol attribute is about, also where the rest of it is malformed. */
export function readFamily(field: u32, at: usize, length: u32): void {
  if (length < UNREACH_LEAST) return;
  store<u32>(field, getU16(at + AFI), FIELD_AFI);
  store<u32>(field, load<u8>(at, SAFI), FIELD_SAFI);
}

/**
 * Reads the value of MP_REACH_NLRI, of which the family is set: how many keys it added, or a status. `overIpv6`: IPv4 may have IPv6 next
 * hops.
 */
export function readReach(at: usize, length: u32, overIpv6: bool, field: u32, first: u32): i32 {
  if (length < REACH_LEAST) return Status.MpTooShort;
  const size: u32 = load<u8>(at, NEXT_HOP_LENGTH);
  const family = familyOf(load<u32>(field, FIELD_AFI), load<u32>(field, FIELD_SAFI));
  if (size > length - REACH_LEAST || !isNextHopLength(size, family, overIpv6)) return Status.BadMpNextHop;
  store<u32>(field, at + NEXT_HOP, FIELD_NEXT_HOP);
  store<u32>(field, size, FIELD_NEXT_HOP_BYTES);
  const count = readField(field, at + REACH_LEAST + size, length - REACH_LEAST - size, first);
  return count < 0 ? Status.BadMpPrefix : count;
}

function isNextHopLength(size: u32, family: u32, overIpv6: bool): bool {
  if (family === 0 || (size === 4 && family === 4)) return true;
  return (size === 16 || size === 32) && (family === 6 || overIpv6);
}

/** Reads the value of MP_UNREACH_NLRI, of which the family is set: how many keys it added, or a status. */
export function readUnreach(at: usize, length: u32, field: u32, first: u32): i32 {
  if (length < UNREACH_LEAST) return Status.MpTooShort;
  const count = readField(field, at + UNREACH_LEAST, length - UNREACH_LEAST, first);
  return count < 0 ? Status.BadMpPrefix : count;
}

/** Octets that the keys of a field take, at most `most`; `Status.BadRecord` where they are not of its family. */
export function prefixesLength(field: u32, most: u32): i32 {
  const family = familyOf(load<u32>(field, FIELD_AFI), load<u32>(field, FIELD_SAFI));
  const first = load<u32>(field, FIELD_FIRST);
  const count = load<u32>(field, FIELD_COUNT);
  if (family === 0 || first > KEYS_MAX || count > KEYS_MAX - first || !areKeys(family, first, count)) return Status.BadRecord;
  let length: u32 = 0;
  for (let index: u32 = first; index < first + count; index++) length += prefixLength(KEYS + index * KEY_BYTES);
  return length > most ? Status.Oversized : <i32>length;
}

/**
 * Writes the prefixes of a field that `prefixesLength` measured; answers with where they end. Up to 16 bytes behind are overwritten too.
 */
export function writePrefixes(field: u32, at: usize): usize {
  const first = load<u32>(field, FIELD_FIRST);
  let to = at;
  for (let index: u32 = first; index < first + load<u32>(field, FIELD_COUNT); index++) {
    writePrefix(KEYS + index * KEY_BYTES, to);
    to += prefixLength(KEYS + index * KEY_BYTES);
  }
  return to;
}

/** Octets of the value of MP_REACH_NLRI or MP_UNREACH_NLRI; or a status. */
export function mpLength(field: u32, isReach: bool, most: u32): i32 {
  const size: u32 = isReach ? load<u32>(field, FIELD_NEXT_HOP_BYTES) : 0;
  if (size > 255 || !isInside(load<u32>(field, FIELD_NEXT_HOP), size)) return Status.BadRecord;
  const length = prefixesLength(field, most);
  return length < 0 ? length : length + <i32>(isReach ? REACH_LEAST + size : UNREACH_LEAST);
}

/** Writes a value that `mpLength` measured. */
export function writeMp(field: u32, isReach: bool, at: usize): void {
  const size: u32 = isReach ? load<u32>(field, FIELD_NEXT_HOP_BYTES) : 0;
  store<u16>(at, bswap<u16>(<u16>load<u32>(field, FIELD_AFI)), AFI);
  store<u8>(at, load<u8>(field, FIELD_SAFI), SAFI);
  writePrefixes(field, at + (isReach ? REACH_LEAST + size : UNREACH_LEAST));
  if (!isReach) return;
  store<u8>(at, <u8>size, NEXT_HOP_LENGTH);
  memory.copy(at + NEXT_HOP, load<u32>(field, FIELD_NEXT_HOP), size);
  store<u8>(at + NEXT_HOP + size, 0);
}
