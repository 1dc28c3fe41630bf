// What can be a next hop: a host's address. RFC 4271 §6.3 "UPDATE Message Error Handling" for NEXT_HOP; the same holds for MP_REACH_NLRI.
import { FIELD_COUNT, FIELD_NEXT_HOP, FIELD_NEXT_HOP_BYTES } from "./reach";

/** Not of 0/8 or 127/8, not multicast or reserved. */
export function isIpv4Host(address: u32): bool {
  const first = address >> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/** Not ::, not ::1, not multicast. */
function isIpv6Host(at: usize): bool {
  if (load<u8>(at) === 0xff) return false;
  return load<u64>(at) !== 0 || bswap<u64>(load<u64>(at, 8)) > 1;
}

/** True for a field of MP_REACH_NLRI without prefixes that were read, too. Of two next hops one is enough: some send :: before a link-local one. */
export function hasHostNextHop(field: u32): bool {
  if (load<u32>(field, FIELD_COUNT) === 0) return true;
  const at = load<u32>(field, FIELD_NEXT_HOP);
  const size = load<u32>(field, FIELD_NEXT_HOP_BYTES);
  if (size === 4) return isIpv4Host(bswap<u32>(load<u32>(at)));
  return isIpv6Host(at) || (size === 32 && isIpv6Host(at + 16));
}
