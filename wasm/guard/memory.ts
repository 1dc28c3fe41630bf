// The memory map of the guard. Slots and descriptors are the host's: where in AREA each lies is for the host to say.
//
//   links │ rules of frames │ rules of hosts │ addresses │ area │

export const LINKS: u32 = 64;
export const FRAME_RULES: u32 = 64;
export const HOST_RULES: u32 = 256;
/** Addresses that may be assigned at once; the table has twice as many buckets. */
export const ADDRESSES: u32 = 16384;

export const FRAME_RULE_BYTES: u32 = 32;
export const HOST_RULE_BYTES: u32 = 40;
export const ADDRESS_BYTES: u32 = 16;
const LINK_BYTES: u32 = 8;
export const BUCKETS: u32 = ADDRESSES * 2;

/** 128 slots of 2048 bytes in each direction, and their descriptors; also a jumbo frame. */
export const AREA_BYTES: u32 = 2 * 128 * (2048 + 32);

const LINK_TABLE: u32 = 1024;
export const FRAME_TABLE: u32 = LINK_TABLE + LINKS * LINK_BYTES;
export const HOST_TABLE: u32 = FRAME_TABLE + FRAME_RULES * FRAME_RULE_BYTES;
/** Mailbox for one address, 16 bytes; IPv4 in its mapped form (RFC 4291 §2.5.5.2), so that no two families share one. */
export const ADDRESS: u32 = HOST_TABLE + HOST_RULES * HOST_RULE_BYTES;
const ADDRESS_TABLE: u32 = ADDRESS + ADDRESS_BYTES;
export const AREA: u32 = ADDRESS_TABLE + BUCKETS * ADDRESS_BYTES;

// A rule of frames.
export const FRAME_LINKS: u32 = 0; // u64, a bit a link
export const FRAME_MAC: u32 = 8; // 6 bytes, masked
export const FRAME_ETHERTYPE: u32 = 14; // u16
export const FRAME_MASK: u32 = 16; // 6 bytes
export const FRAME_PROTOCOL: u32 = 22; // u16; ANY_PROTOCOL: all of them
export const FRAME_FLAGS: u32 = 24; // u8
export const ANY_PROTOCOL: u32 = 0xffff;

// A rule of hosts.
export const HOST_FIRST: u32 = 0; // 16 bytes, as ADDRESS
export const HOST_LAST: u32 = 16; // 16 bytes
export const HOST_PORT: u32 = 32; // u16
export const HOST_FLAGS: u32 = 34; // u8

// Flags.
export const DENIED: u32 = 1;
/** Of a rule of hosts. */
export const ANY_PORT: u32 = 2;
/** Of a rule of frames: it names source MACs. */
export const HAS_SOURCE: u32 = 2;

export function linkEntry(link: u32): usize {
  return LINK_TABLE + link * LINK_BYTES;
}

export function bucket(index: u32): usize {
  return ADDRESS_TABLE + (index & (BUCKETS - 1)) * ADDRESS_BYTES;
}
