// The memory map of the BFD program: the regions of docs/packet-programs.md, then the sessions.
//
//   4 KiB │ rx, tx descriptors │ row mailbox │ drops │ event │ levels │ states │ discriminators │ counters │ rx slots │ tx slots │ sessions │ heard │

export const ABI: i32 = 1;

/** Sessions at the most: a host has no more ports to send them from. */
export const ROWS: u32 = 256;
export const SLOTS: u32 = 128;
/** A packet has 24 bytes. Longer ones are cut by the host, and nobody looks at their ends. */
export const SLOT_BYTES: u32 = 128;
export const DROP_REASONS: u32 = 40;
export const EVENT_SLOTS: u32 = 1;

const DESCRIPTOR_BYTES: u32 = 32;
const ROW_BYTES: u32 = 64;
const COUNTER_BYTES: u32 = 32;
const STATE_BYTES: u32 = 8;
const SESSION_BYTES: u32 = 192;

export const RX_DESCRIPTORS: u32 = 4096;
export const TX_DESCRIPTORS: u32 = RX_DESCRIPTORS + SLOTS * DESCRIPTOR_BYTES;
export const ROW: u32 = TX_DESCRIPTORS + SLOTS * DESCRIPTOR_BYTES;
export const DROPS: u32 = ROW + ROW_BYTES;
export const EVENTS: u32 = DROPS + DROP_REASONS * 8;
export const LEVELS: u32 = EVENTS + EVENT_SLOTS * 64;
export const STATES: u32 = LEVELS + ROWS / 8;
/** Of used rows, u32 each; 0: the row is free. Close together, since every packet searches them. */
const DISCRIMINATORS: u32 = STATES + ROWS * STATE_BYTES;
export const COUNTERS: u32 = DISCRIMINATORS + ROWS * 4;
export const RX: u32 = COUNTERS + ROWS * COUNTER_BYTES;
export const TX: u32 = RX + SLOTS * SLOT_BYTES;
const LINK_MACS: u32 = TX + SLOTS * SLOT_BYTES;
const SESSIONS: u32 = LINK_MACS + 64 * 8;
/** f64 a row, ms: when the session's last packet came, an echo too; 0: never. */
export const HEARD_PEERS: u32 = SESSIONS + ROWS * SESSION_BYTES;

// A descriptor.
export const PACKET_LENGTH: usize = 0; // u16
export const PACKET_PORT: usize = 2; // u8
export const PACKET_HOP_LIMIT: usize = 3; // u8
export const PACKET_LINK: usize = 4; // u32
export const PACKET_PEER_PORT: usize = 8; // u16
export const PACKET_FAMILY: usize = 10; // u8
export const PACKET_PEER: usize = 16; // 16 bytes
export const NO_LINK: u32 = 0xffffffff;

// A row. From 32 on, what host/liveness and this program agree on.
export const FAMILY: usize = 0; // u8
export const ROW_STATE: usize = 1; // u8
export const LINKS: usize = 8; // u64
export const PEER: usize = 16; // 16 bytes
export const MY_DISCRIMINATOR: usize = 32; // u32: the key of a row
export const WANTED_TX: usize = 36; // u32, µs: bfd.DesiredMinTxInterval when the session is up
export const WANTED_RX: usize = 40; // u32, µs: bfd.RequiredMinRxInterval
export const MULTIPLIER: usize = 44; // u8
export const FLAGS: usize = 45; // u8
export const MINIMUM_HOP_LIMIT: usize = 46; // u8
export const SEND_PORT: usize = 47; // u8: the datagram port that the session sends from
export const RECEIVE_PORT: usize = 48; // u8: and the one that it hears
export const ECHO_LINK: usize = 49; // u8
export const ECHO_MAC: usize = 50; // 6 bytes: the neighbor's
export const ECHO_INTERVAL: usize = 56; // u32, µs; 0: no Echo function
export const ECHO_ADDRESS: usize = 60; // 4 bytes: ours, to which echoes come back

export const FLAG_MULTIHOP: u32 = 1;
export const FLAG_PASSIVE: u32 = 2;

// What the program remembers of a session, behind its row. Names as in RFC 5880 §6.8.1 "State Variables".
export const SESSION_STATE: usize = 64; // u8
export const LOCAL_DIAG: usize = 65; // u8
export const REMOTE_STATE: usize = 66; // u8
export const REMOTE_DIAG: usize = 67; // u8
export const REMOTE_DEMAND: usize = 68; // u8
export const REMOTE_MULTIPLIER: usize = 69; // u8
export const IS_POLLING: usize = 70; // u8: a Poll Sequence runs (§6.5)
export const IS_NEWS: usize = 71; // u8: the next packet says something new, and need not wait
export const IS_ECHOING: usize = 73; // u8: echoes come back
export const FAREWELLS: usize = 72; // u8: packets that are still to say AdminDown
export const REMOTE_DISCRIMINATOR: usize = 76; // u32
export const REMOTE_MIN_RX: usize = 80; // u32, µs
export const REMOTE_MIN_TX: usize = 84; // u32, µs
export const TOLD_TX: usize = 88; // u32, µs: what our packets say
export const TOLD_RX: usize = 92;
export const USED_TX: usize = 96; // u32, µs: what holds until the neighbor has heard of it (§6.8.3)
export const USED_RX: usize = 100;
export const SEND_AT: usize = 104; // f64, ms
export const DETECT_AT: usize = 112; // f64, ms; infinity: nothing was heard
export const ECHO_AT: usize = 120; // f64, ms
export const ECHO_DETECT_AT: usize = 128; // f64, ms; infinity: none has come back yet
export const ECHO_KEY: usize = 136; // u32: in our echoes, so that nobody else's count
export const REMOTE_MIN_ECHO_RX: usize = 140; // u32, µs
export const SENT_AT: usize = 144; // f64, ms

// Counters of a row, u64 each.
export const COUNTER_RECEIVED: u32 = 0;
export const COUNTER_SENT: u32 = 8;
export const COUNTER_UPS: u32 = 16;
export const COUNTER_DOWNS: u32 = 24;

// A row's entry in STATES, after its discriminator, u8 each.
const STATES_STATE: usize = 4;

export const EVERY_LINK: u64 = 0xffffffffffffffff;

/** Why `put` refused a row. */
export enum Refused {
  TableFull = -1,
  Family = -2,
  /** Neither active nor draining. */
  State = -3,
  /** An attribute is 0 that must not be. */
  Attributes = -4,
}

/** Changes with STATES. */
export let statesVersion: i32 = 0;

export function session(row: u32): usize {
  return SESSIONS + row * SESSION_BYTES;
}

/** A packet of the session has come. */
export function hearPeer(row: u32, nowMs: f64): void {
  store<f64>(HEARD_PEERS + row * 8, nowMs);
}

export function clearSession(row: u32): void {
  hearPeer(row, 0);
  memory.fill(session(row), 0, SESSION_BYTES);
  memory.fill(COUNTERS + row * COUNTER_BYTES, 0, COUNTER_BYTES);
}

/** 0 frees the row. */
export function setDiscriminator(row: u32, discriminator: u32): void {
  store<u32>(DISCRIMINATORS + row * 4, discriminator);
}

export function discriminatorOf(row: u32): u32 {
  return load<u32>(DISCRIMINATORS + row * 4);
}

/** As `getMac`. */
export function setLinkMac(link: u32, mac: u64): void {
  store<u64>(LINK_MACS + link * 8, mac);
}

export function linkMac(link: u32): u64 {
  return load<u64>(LINK_MACS + (link & 63) * 8);
}

/** As `findDiscriminator(0)`, a free row. -1: there is none. */
export function findDiscriminator(discriminator: u32): i32 {
  for (let row: u32 = 0; row < ROWS; row++) if (discriminatorOf(row) === discriminator) return row;
  return -1;
}

export function rxDescriptor(slot: u32): usize {
  return RX_DESCRIPTORS + slot * DESCRIPTOR_BYTES;
}

export function txDescriptor(slot: u32): usize {
  return TX_DESCRIPTORS + slot * DESCRIPTOR_BYTES;
}

export function count(row: u32, which: u32): void {
  increment(COUNTERS + row * COUNTER_BYTES + which);
}

export function increment(at: usize): void {
  store<u64>(at, load<u64>(at) + 1);
}

/** The row's bit in LEVELS and its entry in STATES: discriminator, state (with 0x80 while echoes come back), diagnostic, the neighbor's two. 0, 0: the row is free. */
export function publish(row: u32, discriminator: u32, states: u32, isUp: bool): void {
  const level: usize = LEVELS + (row >> 3);
  const bit: u32 = 1 << (row & 7);
  store<u8>(level, <u8>(isUp ? load<u8>(level) | bit : load<u8>(level) & ~bit));
  const entry: usize = STATES + row * STATE_BYTES;
  if (load<u32>(entry) === discriminator && load<u32>(entry + STATES_STATE) === states) return;
  store<u32>(entry, discriminator);
  store<u32>(entry + STATES_STATE, states);
  statesVersion++;
}
