// Network byte order. WebAssembly memory is little-endian everywhere, so one swap reads what the wire wrote.

export function getU16(at: usize): u32 {
  return bswap<u16>(load<u16>(at));
}

export function setU16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}

export function getU32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

export function setU32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}

/** Six bytes as a number below 2^48, in memory order (the first byte is the lowest): for comparing, not for printing. */
export function getMac(at: usize): u64 {
  return load<u32>(at) | ((<u64>load<u16>(at + 4)) << 32);
}

export function setMac(at: usize, mac: u64): void {
  store<u32>(at, <u32>mac);
  store<u16>(at + 4, <u16>(mac >> 32));
}

/** The group bit of a MAC as `getMac` gives it (IEEE 802-2014 §8.2 "Addressing"): set for multicast and broadcast. */
export function isGroupMac(mac: u64): bool {
  return (mac & 1) !== 0;
}
