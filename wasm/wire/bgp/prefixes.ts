// Prefixes as UPDATE carries them: one octet of length in bits, then as many octets as those need. RFC 4271 §4.3 "UPDATE Message Format";
// the same in MP_REACH_NLRI, RFC 4760 §5 "NLRI Encoding". Decoded, a prefix is a key of module `routes`, so that byte order is sort order.
import { KEY_BYTES, KEYS } from "./memory";
import { Status } from "./status";

const KEY_FAMILY: u32 = 0; // u8: 4 or 6
export const KEY_LENGTH: u32 = 1; // u8: bits
export const KEY_PREFIX: u32 = 4; // 16 bytes; IPv4 in the first four, the rest zero

export const AFI_IPV4: u32 = 1;
const AFI_IPV6: u32 = 2;
export const SAFI_UNICAST: u32 = 1;

/** 4 or 6; zero where prefixes of an address family are not read here. */
export function familyOf(afi: u32, safi: u32): u32 {
  if (safi !== SAFI_UNICAST) return 0;
  if (afi === AFI_IPV4) return 4;
  return afi === AFI_IPV6 ? 6 : 0;
}

export function afiOf(family: u32): u32 {
  return family === 4 ? AFI_IPV4 : AFI_IPV6;
}

/** Reads all prefixes of a field to keys `first` and on: their number, or `Status.BadPrefix`. Bits behind a prefix mean nothing. */
export function readPrefixes(at: usize, length: u32, family: u32, first: u32): i32 {
  const end = at + length;
  const bitsMax: u32 = family === 4 ? 32 : 128;
  let key: usize = KEYS + first * KEY_BYTES;
  let from = at;
  for (; from < end; key += KEY_BYTES) {
    const bits: u32 = load<u8>(from);
    const octets = (bits + 7) >> 3;
    if (bits > bitsMax || octets > end - from - 1) return Status.BadPrefix;
    store<u32>(key, family | (bits << 8));
    if (octets === 4 && family === 4) {
      store<u32>(key, load<u32>(from, 1) & bswap<u32>((<u32>-1) << (32 - bits)), KEY_PREFIX);
      store<u32>(key, 0, KEY_PREFIX + 4);
      store<u64>(key, 0, KEY_PREFIX + 8);
    } else readOctets(from + 1, octets, bits, key + KEY_PREFIX);
    from += octets + 1;
  }
  return <i32>((key - KEYS) / KEY_BYTES - first);
}

function readOctets(at: usize, octets: u32, bits: u32, to: usize): void {
  store<u64>(to, 0);
  store<u64>(to, 0, 8);
  for (let octet: u32 = 0; octet < octets; octet++) store<u8>(to + octet, load<u8>(at + octet));
  const last = to + octets - 1;
  if ((bits & 7) !== 0) store<u8>(last, load<u8>(last) & (0xff00 >> (bits & 7)));
}

/** True: `count` keys from `first` on are prefixes of this family, as `writePrefix` takes them for granted. */
export function areKeys(family: u32, first: u32, count: u32): bool {
  const bitsMax: u32 = family === 4 ? 32 : 128;
  const end: usize = KEYS + (first + count) * KEY_BYTES;
  for (let key: usize = KEYS + first * KEY_BYTES; key < end; key += KEY_BYTES) {
    if (load<u8>(key, KEY_FAMILY) !== family || load<u8>(key, KEY_LENGTH) > bitsMax) return false;
  }
  return true;
}

/** Octets that a key takes in a message. */
export function prefixLength(key: usize): u32 {
  return 1 + ((load<u8>(key, KEY_LENGTH) + 7) >> 3);
}

/** Writes all 17 octets whatever the length, so there must be room: what stands behind is written over next, or not sent. */
export function writePrefix(key: usize, to: usize): void {
  store<u8>(to, load<u8>(key, KEY_LENGTH));
  store<u64>(to, load<u64>(key, KEY_PREFIX), 1);
  store<u64>(to, load<u64>(key, KEY_PREFIX + 8), 9);
}
