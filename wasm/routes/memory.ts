// The memory of module `routes`: two mailboxes and the table headers in front, then what grows:
//
//   keys │ references │ slots │ table 0: rows, dirty bits │ table 1 │ …
//
// Columns are indexed by key id. Absent is all zero, so fresh memory is an empty table.

import { Status } from "./status";

// A row. Integers of the key are bytes, so byte order is sort order; the attribute-set id is little-endian.
export const ROW_FAMILY: u32 = 0; // u8: 4 or 6
export const ROW_PREFIX_LENGTH: u32 = 1; // u8: bits
export const ROW_PREFIX: u32 = 4; // 16 bytes; IPv4 in the first four, the rest zero
export const KEY_BYTES: u32 = 20;
export const ROW_NEXT_HOP: u32 = 20; // 16 bytes, opaque
export const ROW_ATTRIBUTES: u32 = 36; // u32
export const ROW_BYTES: u32 = 40;
/** What a table holds of a row: the part behind the key. */
export const VALUE_BYTES: u32 = ROW_BYTES - KEY_BYTES;
export const VALUE_ATTRIBUTES: u32 = VALUE_BYTES - 4;

// A change: its kind, then the row.
export const CHANGE_ROW: u32 = 4;
export const CHANGE_BYTES: u32 = 4 + ROW_BYTES;

/** Rows that one call takes, changes that one call gives. */
export const BATCH_MAX: u32 = 1024;
export const TABLES_MAX: u32 = 1024;
export const KEYS_MAX: u32 = 1 << 24;
const KEYS_MIN: u32 = 64;

// A table header.
export const TABLE_FOLLOWS: u32 = 0; // u32: 0 closed, 1 desired, 2 + id of the desired table that it follows
export const TABLE_COUNT: u32 = 4; // u32: rows present
export const TABLE_LOW: u32 = 8; // u32: no word of the dirty bits below this one is set
const TABLE_BYTES: u32 = 12;

export const ROWS: usize = memory.data(BATCH_MAX * ROW_BYTES, 16);
export const CHANGES: usize = memory.data(BATCH_MAX * CHANGE_BYTES, 16);
const TABLES: usize = memory.data(TABLES_MAX * TABLE_BYTES, 16);
const GROWING: usize = __heap_base;

/** A power of two, or zero before the first `reserve`. */
export let keyCapacity: u32 = 0;
export let tableCapacity: u32 = 0;
const keys: usize = GROWING;
let references: usize = GROWING;
let slots: usize = GROWING;
let tables: usize = GROWING;
let tableStride: u32 = 0;

export function tableAt(table: u32): usize {
  return TABLES + table * TABLE_BYTES;
}

export function keyAt(id: u32): usize {
  return keys + id * KEY_BYTES;
}

/** Reference count of a live key, below zero the link of a free one (keys.ts). */
export function referenceAt(id: u32): usize {
  return references + (id << 2);
}

/** A slot of the hash: u32 hash, u32 key id plus one. There are twice as many as keys. */
export function slotAt(index: u32): usize {
  return slots + <usize>(index & (2 * keyCapacity - 1)) * 8;
}

export function valueAt(table: u32, id: u32): usize {
  return tables + table * tableStride + id * VALUE_BYTES;
}

export function dirtyAt(table: u32, word: u32): usize {
  return tables + table * tableStride + keyCapacity * VALUE_BYTES + (word << 3);
}

/** Copies a key, or a value: both have 20 bytes. For so few V8's `memory.copy` costs more than all the rest of a row. */
export function copyHalf(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u32>(to, load<u32>(from, 16), 16);
}

/**
 * Makes room for `keyCount` keys and `tableCount` tables; never takes room away. The only place where memory grows,
 * so host views die here and nowhere else. The slots are left empty where they moved: the caller fills them again.
 */
export function grow(keyCount: u32, tableCount: u32): Status {
  if (keyCount > KEYS_MAX || tableCount > TABLES_MAX) return Status.TooLarge;
  let capacity = max(keyCapacity, KEYS_MIN);
  while (capacity < keyCount) capacity <<= 1;
  const count = max(tableCapacity, tableCount);
  const stride: u64 = <u64>capacity * VALUE_BYTES + (capacity >> 3);
  const end: u64 = GROWING + <u64>capacity * (KEY_BYTES + 4 + 16) + count * stride;
  if (end > 0xffff0000) return Status.TooLarge;
  const pages: i32 = <i32>((end + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return Status.NoMemory;
  if (capacity !== keyCapacity) move(capacity, <u32>stride);
  tableCapacity = count;
  return Status.Ok;
}

/** Every region goes to a higher place, so the last one moves first and none is written over. */
function move(capacity: u32, stride: u32): void {
  const old = keyCapacity;
  const oldEnd: usize = tables + tableCapacity * tableStride;
  const newReferences: usize = GROWING + capacity * KEY_BYTES;
  const newSlots: usize = newReferences + (capacity << 2);
  const newTables: usize = newSlots + (capacity << 4);
  for (let table: u32 = tableCapacity; table-- > 0; ) {
    const from: usize = tables + table * tableStride;
    const to: usize = newTables + table * stride;
    relocate(from + old * VALUE_BYTES, old >> 3, to + capacity * VALUE_BYTES, capacity >> 3, oldEnd);
    relocate(from, old * VALUE_BYTES, to, capacity * VALUE_BYTES, oldEnd);
  }
  relocate(slots, 0, newSlots, capacity << 4, oldEnd);
  relocate(references, old << 2, newReferences, capacity << 2, oldEnd);
  relocate(keys, old * KEY_BYTES, GROWING, capacity * KEY_BYTES, oldEnd);
  references = newReferences;
  slots = newSlots;
  tables = newTables;
  tableStride = stride;
  keyCapacity = capacity;
}

/** Copies and clears what is behind. From `oldEnd` on memory was never touched, and clearing it would make it resident. */
function relocate(from: usize, length: usize, to: usize, newLength: usize, oldEnd: usize): void {
  memory.copy(to, from, length);
  const rest = to + length;
  const stop = min(to + newLength, oldEnd);
  if (stop > rest) memory.fill(rest, 0, stop - rest);
}
