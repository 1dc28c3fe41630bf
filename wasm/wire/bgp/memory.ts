// The memory map of module `bgp`. Each base follows from the one before; input lies at the very end of memory, so that a decoder that
// reads one byte too many traps in every test and every run.
//
//   static tables │ record │ capabilities │ attributes │ values │ blob │ extents │ out
//   │ keys │ pack keys │ changes │ groups │ runs │ slots │ in

/** Decoded form of one message: each message type's fields have a place of their own (header.ts, open.ts, …). */
export const RECORD: u32 = 0x1000;
const RECORD_BYTES: u32 = 0x1000;

/** Capabilities of an OPEN: `CAPABILITY_BYTES` each. More do not fit in one: it is 4,096 bytes long at most, and each takes two. */
export const CAPABILITIES: u32 = RECORD + RECORD_BYTES;
export const CAPABILITY_BYTES: u32 = 16;
export const CAPABILITIES_MAX: u32 = 2048;

/** Attributes of an UPDATE: `ATTRIBUTE_BYTES` each. One a code, one for an overrun, one for each that is missing. */
export const ATTRIBUTES: u32 = CAPABILITIES + CAPABILITY_BYTES * CAPABILITIES_MAX;
export const ATTRIBUTE_BYTES: u32 = 28;
export const ATTRIBUTES_MAX: u32 = 262;

/** Decoded values of capabilities and attributes. The worst case is an AS_PATH of one-AS segments, of which four bytes become twelve. */
export const VALUES: u32 = ATTRIBUTES + 0x2000;
export const VALUES_BYTES: u32 = 0x40000;

/** Encoded path attributes that `pack` puts into every message. */
export const BLOB: u32 = VALUES + VALUES_BYTES;
export const BLOB_BYTES: u32 = 0x10000;

/** Lengths of the messages that `frame` found, u32 each. */
export const EXTENTS: u32 = BLOB + BLOB_BYTES;
const EXTENTS_BYTES: u32 = 0x8000;

/** Encoders write here. */
export const OUT: u32 = EXTENTS + EXTENTS_BYTES;
export const OUT_BYTES: u32 = 0x100000;

/** Prefixes, `KEY_BYTES` each, as in module `routes`: family, prefix length, two zeros, 16 bytes of prefix. No message has more. */
export const KEYS: u32 = OUT + OUT_BYTES;
export const KEY_BYTES: u32 = 20;
export const KEYS_MAX: u32 = 65536;

/** The same, sorted by group where they do not lie so, for `pack`: apart, so that attributes can be encoded between the two. */
export const PACK_KEYS: u32 = KEYS + KEY_BYTES * KEYS_MAX;

/** Changes as module `routes` gives them, for `group`: kind, key, next hop, attribute-set id. */
export const CHANGES: u32 = PACK_KEYS + KEY_BYTES * KEYS_MAX;
export const CHANGE_BYTES: u32 = 44;

export const GROUPS: u32 = CHANGES + CHANGE_BYTES * KEYS_MAX;
export const GROUP_BYTES: u32 = 48;

/** Changes of one group that lie together: u32 address of the group, u32 how many. */
export const RUNS: u32 = GROUPS + GROUP_BYTES * KEYS_MAX;
export const RUN_BYTES: u32 = 8;

/** Hash of groups by what they have in common: u32, a group's number plus one. All zero between calls. */
export const SLOTS: u32 = RUNS + RUN_BYTES * KEYS_MAX;
export const SLOT_COUNT: u32 = 2 * KEYS_MAX;

/** Two of the longest messages: what was left of the last piece of a stream, and the next piece. */
export const IN_BYTES: u32 = 0x20000;
const END: u32 = 0xad0000;
export const IN: u32 = END - IN_BYTES;

/** True: the host may have meant these bytes. Records come from outside the module, and encoders do not trap either. */
export function isInside(at: u32, length: u32): bool {
  return at <= END && length <= END - at;
}
