// The memory map of a built-in packet program: ABI v1 regions first, what is its own behind them.
// Each base follows from the one before; docs/packet-programs.md says what the host reads and writes in each.
//
//   4 KiB │ rx, tx descriptors │ row mailbox │ drops │ links │ events │ levels │ rx slots │ tx slots │ counters │ records │ index │ answers │
//   claims │ heard │ lists │

export const ABI: i32 = 1;

/**
 * Rows at the most; the index has twice as many buckets, so a probe stays short. 65,536 rows take 256 pages of memory. A program that is not
 * built in has 64: compiled with `--lowMemoryLimit 4194304` it has 16,384 rows.
 */
export const BUCKET_BITS: u32 = ASC_LOW_MEMORY_LIMIT !== 0 ? 15 : 17;
export const BUCKETS: u32 = 1 << BUCKET_BITS;
export const ROWS: u32 = BUCKETS / 2;

export const SLOTS: u32 = 128;
export const SLOT_BYTES: u32 = 256;

export const DESCRIPTOR_BYTES: u32 = 32;
export const ROW_BYTES: u32 = 64;
export const COUNTER_BYTES: u32 = 32;
export const EVENT_BYTES: u32 = 64;
export const EVENT_SLOTS: u32 = 256;
export const DROP_REASONS: u32 = 48;
export const LINKS: u32 = 64;

/** A row as it was put, then what the program remembers of it (table/rows.ts). */
export const RECORD_BYTES: u32 = 128;
const LINK_BYTES: u32 = 16;
const BUCKET_BYTES: u32 = 8;
const ANSWERS_BYTES: u32 = 8;
export const CLAIM_BYTES: u32 = 16;
/** Slots of the wheel of refreshes (table/wheel.ts); a power of two. */
export const WHEEL_SLOTS: u32 = 1024;

export const RX_DESCRIPTORS: u32 = 4096;
export const TX_DESCRIPTORS: u32 = RX_DESCRIPTORS + SLOTS * DESCRIPTOR_BYTES;
export const ROW: u32 = TX_DESCRIPTORS + SLOTS * DESCRIPTOR_BYTES;
export const DROPS: u32 = ROW + ROW_BYTES;
const LINK_TABLE: u32 = DROPS + DROP_REASONS * 8;
export const EVENTS: u32 = LINK_TABLE + LINKS * LINK_BYTES;
export const LEVELS: u32 = EVENTS + EVENT_SLOTS * EVENT_BYTES;
export const RX: u32 = LEVELS + ROWS / 8;
export const TX: u32 = RX + SLOTS * SLOT_BYTES;
export const COUNTERS: u32 = TX + SLOTS * SLOT_BYTES;
const RECORDS: u32 = COUNTERS + ROWS * COUNTER_BYTES;
const INDEX: u32 = RECORDS + ROWS * RECORD_BYTES;
/** Apart from the records and close together: a lookup that finds its row reads nothing else of it. */
const ANSWERS: u32 = INDEX + BUCKETS * BUCKET_BYTES;
export const CLAIMS: u32 = ANSWERS + ROWS * ANSWERS_BYTES;
export const HEARD: u32 = CLAIMS + ROWS * CLAIM_BYTES;
/** Heads of the lists of rows (table/lists.ts). */
export const LISTS: u32 = HEARD + LINKS * 8;

// A descriptor: one received or sent frame.
export const DESCRIPTOR_LENGTH: u32 = 0; // u16; of a received frame the true length, also where the slot cut it

// A row of the table.
export const ROW_FAMILY: u32 = 0; // u8: 4 or 6
export const ROW_STATE: u32 = 1; // u8: State
export const ROW_LINKS: u32 = 8; // u64, a bit a link
export const ROW_ADDRESS: u32 = 16; // 16 bytes; IPv4 in the first four, the rest zero

// From here on, what the plugins, the host and these programs agree on.
export const ROW_ATTRIBUTES: u32 = 32;
export const ROW_REFRESH: u32 = 32; // u32, ms
export const ROW_ASK_SERIAL: u32 = 36; // u32
export const ROW_ANNOUNCE_SERIAL: u32 = 40; // u32

// What was last heard of another station that uses a row's address.
export const CLAIM_AT: u32 = 0; // f64, ms; 0: never
export const CLAIM_MAC: u32 = 8; // 6 bytes, then the link, u8

// Counters of a row, u64 each.
export const COUNTER_ANSWERED: u32 = 0; // requests answered
export const COUNTER_UNANSWERED: u32 = 8; // requests for the row that it did not answer (standby, another link)
export const COUNTER_ANNOUNCED: u32 = 16;
export const COUNTER_CONFLICTS: u32 = 24;

// An event.
export const EVENT_KIND: u32 = 0; // u32
export const EVENT_ROW: u32 = 4; // u32
export const EVENT_AT: u32 = 8; // f64, ms
export const EVENT_ADDRESS: u32 = 16; // 16 bytes
export const EVENT_LINK: u32 = 32; // u32
export const EVENT_MAC: u32 = 36; // 6 bytes
export const EVENT_SUPPRESSED: u32 = 44; // u32, events of this row held back since its last one
export const EVENT_IS_CLAIM: u32 = 48; // u32, 1: the station announces the address or answers for it, 0: only speaks from it

/** What a row does. `draining` answers until another station announces its address. */
export enum State {
  Active = 1,
  Standby = 2,
  Draining = 3,
}

/** Why `put` refused a row. */
export enum Refused {
  TableFull = -1,
  Family = -2,
  State = -3,
}

export function linkEntry(link: u32): usize {
  return LINK_TABLE + link * LINK_BYTES;
}

export function record(row: u32): usize {
  return RECORDS + row * RECORD_BYTES;
}

/** Links on which a row answers, u64, a bit a link. */
export function answers(row: u32): usize {
  return ANSWERS + row * ANSWERS_BYTES;
}

export function claim(row: u32): usize {
  return CLAIMS + row * CLAIM_BYTES;
}

export function bucket(index: u32): usize {
  return INDEX + (index & (BUCKETS - 1)) * BUCKET_BYTES;
}

export function counter(row: u32, which: u32): usize {
  return COUNTERS + row * COUNTER_BYTES + which;
}

export function increment(at: usize, by: u64): void {
  store<u64>(at, load<u64>(at) + by);
}
