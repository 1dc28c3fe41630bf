// Tables: columns over key ids. A desired table says what should be; a told table, which follows one, says what one
// outside party has been told. A row is there when its attribute-set id is not zero.
//
// Whatever changes on either side of a pair sets the key's dirty bit in the told table: a clean key needs no look.

import { find, hold, idLimit, intern, keyCount, release } from "./keys";
import {
  BATCH_MAX,
  copyHalf,
  dirtyAt,
  KEY_BYTES,
  keyCapacity,
  ROW_ATTRIBUTES,
  ROW_BYTES,
  ROW_FAMILY,
  ROW_PREFIX,
  ROW_PREFIX_LENGTH,
  ROWS,
  TABLE_COUNT,
  TABLE_FOLLOWS,
  TABLE_LOW,
  tableAt,
  tableCapacity,
  VALUE_ATTRIBUTES,
  VALUE_BYTES,
  valueAt,
} from "./memory";
import { Status } from "./status";

/** Attribute-set id of a told row of which nobody knows whether the other side has it. Equal to nothing desired. */
export const UNSURE: u32 = 0xffffffff;
const ABSENT: u32 = 0;
const CLOSED: u32 = 0;
const DESIRED: u32 = 1;
const FOLLOWS: u32 = 2;

export function openDesired(): i32 {
  return open(DESIRED);
}

/** Opens an empty told table: everything that is desired differs from it. */
export function openTold(desired: u32): i32 {
  if (!isDesired(desired)) return Status.BadTable;
  const table = open(FOLLOWS + desired);
  if (table >= 0) touchAll(table);
  return table;
}

/** Forgets a table and lets go of its keys. */
export function close(table: u32): Status {
  if (!isOpen(table)) return Status.BadTable;
  for (let other: u32 = 0; other < tableCapacity; other++) if (follows(other, table)) return Status.InUse;
  for (let id: u32 = 0; id < idLimit; id++) {
    if (attributesOf(valueAt(table, id)) !== ABSENT) release(id);
  }
  memory.fill(valueAt(table, 0), 0, <usize>idLimit * VALUE_BYTES);
  store<u32>(tableAt(table), CLOSED, TABLE_FOLLOWS);
  return Status.Ok;
}

/** Puts the first `count` rows of `ROWS`. Putting a row again is harmless. */
export function put(table: u32, count: u32): Status {
  const status = check(table, count);
  if (status !== Status.Ok) return status;
  for (let at: usize = ROWS; at < ROWS + count * ROW_BYTES; at += ROW_BYTES) {
    const attributes = load<u32>(at, ROW_ATTRIBUTES);
    if (attributes === ABSENT || (attributes === UNSURE && isDesired(table))) return Status.BadRow;
  }
  for (let at: usize = ROWS; at < ROWS + count * ROW_BYTES; at += ROW_BYTES) {
    const id = intern(at);
    if (id < 0) return Status.Full;
    if (isSameValue(valueAt(table, id), at + KEY_BYTES)) continue;
    write(table, id, at + KEY_BYTES);
    mark(table, id);
  }
  return Status.Ok;
}

/** Removes the rows whose keys are the first `count` of `ROWS`; those that are not there do not matter. */
export function remove(table: u32, count: u32): Status {
  const status = check(table, count);
  if (status !== Status.Ok) return status;
  for (let at: usize = ROWS; at < ROWS + count * ROW_BYTES; at += ROW_BYTES) {
    removeOne(table, at);
  }
  return Status.Ok;
}

/**
 * As `put`, and as `remove` of rows whose attribute-set id is zero; afterwards each row has the id that was there before, zero where
 * there was none. `Full`: no row was taken.
 */
export function exchange(table: u32, count: u32): Status {
  const status = check(table, count);
  if (status !== Status.Ok) return status;
  let puts: u32 = 0;
  for (let at: usize = ROWS; at < ROWS + count * ROW_BYTES; at += ROW_BYTES) {
    const attributes = load<u32>(at, ROW_ATTRIBUTES);
    if (attributes === UNSURE && isDesired(table)) return Status.BadRow;
    if (attributes !== ABSENT) puts++;
  }
  // Rows go from a full table, too.
  if (keyCapacity - keyCount < puts) return Status.Full;
  for (let at: usize = ROWS; at < ROWS + count * ROW_BYTES; at += ROW_BYTES) {
    store<u32>(at, load<u32>(at, ROW_ATTRIBUTES) === ABSENT ? removeOne(table, at) : putOne(table, at), ROW_ATTRIBUTES);
  }
  return Status.Ok;
}

/** Gives the attribute-set id that was there. */
function removeOne(table: u32, at: usize): u32 {
  const id = find(at);
  const before = id < 0 ? ABSENT : attributesOf(valueAt(table, id));
  if (before === ABSENT) return ABSENT;
  mark(table, id);
  erase(table, id);
  return before;
}

/** Gives the attribute-set id that was there; there must be room. */
function putOne(table: u32, at: usize): u32 {
  const id = intern(at);
  const before = attributesOf(valueAt(table, id));
  if (isSameValue(valueAt(table, id), at + KEY_BYTES)) return before;
  write(table, id, at + KEY_BYTES);
  mark(table, id);
  return before;
}

/** Makes the next diff look at the first `count` keys of `ROWS` again, as after a delay for rows that are unsure. */
export function touch(told: u32, count: u32): Status {
  if (!isTold(told)) return Status.BadTable;
  const status = check(told, count);
  if (status !== Status.Ok) return status;
  for (let at: usize = ROWS; at < ROWS + count * ROW_BYTES; at += ROW_BYTES) {
    const id = find(at);
    if (id >= 0) setDirty(told, id);
  }
  return Status.Ok;
}

/** Makes the next diff look at every key. */
export function touchAll(told: u32): Status {
  if (!isTold(told)) return Status.BadTable;
  const words: u32 = idLimit >> 6;
  memory.fill(dirtyAt(told, 0), 0xff, words << 3);
  if ((idLimit & 63) !== 0) store<u64>(dirtyAt(told, words), ((<u64>1) << (idLimit & 63)) - 1);
  store<u32>(tableAt(told), 0, TABLE_LOW);
  return Status.Ok;
}

/** Makes every row of a told table unsure, so that all of it is told again (a route refresh). */
export function doubtAll(told: u32): Status {
  if (!isTold(told)) return Status.BadTable;
  for (let id: u32 = 0; id < idLimit; id++) {
    const value = valueAt(told, id);
    if (attributesOf(value) !== ABSENT) store<u32>(value, UNSURE, VALUE_ATTRIBUTES);
  }
  return touchAll(told);
}

/** 1 and the rest of the row behind the first key of `ROWS`, or 0 where the table has no such row. */
export function get(table: u32): i32 {
  const status = check(table, 1);
  if (status !== Status.Ok) return status;
  const id = find(ROWS);
  if (id < 0 || attributesOf(valueAt(table, id)) === ABSENT) return 0;
  copyHalf(ROWS + KEY_BYTES, valueAt(table, id));
  return 1;
}

export function rowCount(table: u32): i32 {
  return isOpen(table) ? load<u32>(tableAt(table), TABLE_COUNT) : Status.BadTable;
}

export function isTold(table: u32): bool {
  return table < tableCapacity && load<u32>(tableAt(table), TABLE_FOLLOWS) >= FOLLOWS;
}

export function desiredOf(told: u32): u32 {
  return load<u32>(tableAt(told), TABLE_FOLLOWS) - FOLLOWS;
}

export function attributesOf(value: usize): u32 {
  return load<u32>(value, VALUE_ATTRIBUTES);
}

export function isSameValue(a: usize, b: usize): bool {
  return load<u64>(a) === load<u64>(b) && load<u64>(a, 8) === load<u64>(b, 8) && load<u32>(a, 16) === load<u32>(b, 16);
}

/** Writes a value and holds its key; sets no dirty bit. */
export function write(table: u32, id: u32, from: usize): void {
  const value = valueAt(table, id);
  if (attributesOf(value) === ABSENT) {
    hold(id);
    addToCount(table, 1);
  }
  copyHalf(value, from);
}

/** Removes a row that is there and lets go of its key; sets no dirty bit. */
export function erase(table: u32, id: u32): void {
  const value = valueAt(table, id);
  store<u64>(value, 0);
  store<u64>(value, 0, 8);
  store<u32>(value, 0, 16);
  addToCount(table, -1);
  release(id);
}

function open(kind: u32): i32 {
  for (let table: u32 = 0; table < tableCapacity; table++) {
    if (isOpen(table)) continue;
    store<u32>(tableAt(table), kind, TABLE_FOLLOWS);
    store<u32>(tableAt(table), 0, TABLE_COUNT);
    store<u32>(tableAt(table), 0, TABLE_LOW);
    return table;
  }
  return Status.TooManyTables;
}

function isOpen(table: u32): bool {
  return table < tableCapacity && load<u32>(tableAt(table), TABLE_FOLLOWS) !== CLOSED;
}

function isDesired(table: u32): bool {
  return isOpen(table) && load<u32>(tableAt(table), TABLE_FOLLOWS) === DESIRED;
}

function follows(table: u32, desired: u32): bool {
  return load<u32>(tableAt(table), TABLE_FOLLOWS) === FOLLOWS + desired;
}

function addToCount(table: u32, by: i32): void {
  store<u32>(tableAt(table), load<u32>(tableAt(table), TABLE_COUNT) + by, TABLE_COUNT);
}

function mark(table: u32, id: u32): void {
  if (isTold(table)) setDirty(table, id);
  else for (let told: u32 = 0; told < tableCapacity; told++) if (follows(told, table)) setDirty(told, id);
}

function setDirty(told: u32, id: u32): void {
  const word: u32 = id >> 6;
  const at = dirtyAt(told, word);
  store<u64>(at, load<u64>(at) | ((<u64>1) << (id & 63)));
  if (word < load<u32>(tableAt(told), TABLE_LOW)) store<u32>(tableAt(told), word, TABLE_LOW);
}

function check(table: u32, count: u32): Status {
  if (!isOpen(table)) return Status.BadTable;
  if (count === 0 || count > BATCH_MAX) return Status.BadCount;
  for (let at: usize = ROWS; at < ROWS + count * ROW_BYTES; at += ROW_BYTES) if (!isKey(at)) return Status.BadRow;
  return Status.Ok;
}

/** One prefix has one key: no bit is set behind the prefix length. */
function isKey(at: usize): bool {
  const family = load<u8>(at, ROW_FAMILY);
  const length: u32 = load<u8>(at, ROW_PREFIX_LENGTH);
  if ((family !== 4 && family !== 6) || length > <u32>(family === 4 ? 32 : 128) || load<u16>(at, 2) !== 0) return false;
  const high = bswap<u64>(load<u64>(at, ROW_PREFIX));
  const low = bswap<u64>(load<u64>(at, ROW_PREFIX + 8));
  if (length >= 64) return length === 128 || low << (length - 64) === 0;
  return low === 0 && high << length === 0;
}
