// The echo packet program: sends each datagram back to where it came from, from the port that it came to. The worked example of
// docs/packet-programs.md, and the smallest program that keeps the whole contract: it has no rows, no timers and no events.
//
// In: datagrams. Out: the same bytes, with hop limit 255. A datagram that did not arrive with hop limit 255 has passed a router,
// so nobody on our own links sent it, and it gets no answer (RFC 5082 §3 "GTSM Procedure"). Nothing is remembered.
//
// Not for a network where others can send: two echo programs that hear of each other never stop.

const LENGTH: usize = 0; // u16
const HOP_LIMIT: usize = 3; // u8
const DESCRIPTOR_BYTES: u32 = 32;

export const ABI: i32 = 1;
export const SLOTS: u32 = 64;
export const SLOT_BYTES: u32 = 256;
/** The contract wants room for one at least. */
export const ROWS: u32 = 1;
export const EVENT_SLOTS: u32 = 1;
export const DROP_REASONS: u32 = 2;

// The memory map. Each region begins where the one before ends; the first 1024 bytes are the compiler's.
export const RX: u32 = 1024;
export const TX: u32 = RX + SLOTS * SLOT_BYTES;
export const RX_DESCRIPTORS: u32 = TX + SLOTS * SLOT_BYTES;
export const TX_DESCRIPTORS: u32 = RX_DESCRIPTORS + SLOTS * DESCRIPTOR_BYTES;
export const ROW: u32 = TX_DESCRIPTORS + SLOTS * DESCRIPTOR_BYTES;
export const COUNTERS: u32 = ROW + 64;
export const LEVELS: u32 = COUNTERS + ROWS * 32;
export const DROPS: u32 = LEVELS + 8;
export const EVENTS: u32 = DROPS + DROP_REASONS * 8;

/** Why a datagram was not echoed. */
export enum Drop {
  LowHopLimit = 0,
  /** Longer than a slot: its end is not here. */
  Oversized = 1,
}

export enum Refused {
  NoRows = -1,
}

export const nextTickMs: f64 = Infinity;
export const eventsWritten: u32 = 0;
export const rowCount: u32 = 0;

export function setup(_seedLow: i32, _seedHigh: i32): void {}

export function setLink(_link: i32, _mac: f64, _flags: i32): void {}

export function put(): i32 {
  return Refused.NoRows;
}

export function remove(): i32 {
  return -1;
}

export function process(link: i32, count: i32, _nowMs: f64): i32 {
  if (link !== -1) return 0; // frames
  let sent: u32 = 0;
  for (let slot: u32 = 0; slot < <u32>count; slot++) {
    const received: usize = RX_DESCRIPTORS + slot * DESCRIPTOR_BYTES;
    const length: u32 = load<u16>(received + LENGTH);
    if (load<u8>(received + HOP_LIMIT) !== 255) drop(Drop.LowHopLimit);
    else if (length > SLOT_BYTES) drop(Drop.Oversized);
    else {
      // Peer, port and link are at the same offsets in both directions: what came is addressed to go back.
      memory.copy(TX_DESCRIPTORS + sent * DESCRIPTOR_BYTES, received, DESCRIPTOR_BYTES);
      memory.copy(TX + sent * SLOT_BYTES, RX + slot * SLOT_BYTES, length);
      sent++;
    }
  }
  return sent;
}

export function tick(_nowMs: f64): i32 {
  return 0;
}

function drop(reason: Drop): void {
  const at: u32 = DROPS + <u32>reason * 8;
  store<u64>(at, load<u64>(at) + 1);
}
