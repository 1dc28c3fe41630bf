// Lists of rows, chained through their records: appending, and taking a row out wherever it stands, are O(1). A row is in one list at the most.

import { LISTS, record } from "../programs/memory";

/** Where a row is in no list. */
const NO_LIST: u32 = 0;
/** What speaks at once, and what has begun and goes on (announce.ts). */
export const NOW: u32 = 1;
export const LATER: u32 = 2;
/** From here on the slots of the wheel (wheel.ts). */
export const WHEEL: u32 = 3;

const LIST_BYTES: u32 = 8;
const FIRST: u32 = 0; // u32, a row's id plus one; 0: the list is empty
const LAST: u32 = 4; // u32

/** Free rows are chained here too (rows.ts), as id plus one. */
export const RECORD_NEXT: u32 = 80; // u32
const RECORD_PREVIOUS: u32 = 84; // u32
const RECORD_LIST: u32 = 92; // u32

/** Rows in the lists of the wheel. */
export let onWheel: u32 = 0;

function listAt(list: u32): usize {
  return LISTS + list * LIST_BYTES;
}

export function listOf(row: u32): u32 {
  return load<u32>(record(row) + RECORD_LIST);
}

/** -1: the list is empty. */
export function firstIn(list: u32): i32 {
  return <i32>load<u32>(listAt(list) + FIRST) - 1;
}

/** Of a row in a list; -1: it is the last. */
export function nextOf(row: u32): i32 {
  return <i32>load<u32>(record(row) + RECORD_NEXT) - 1;
}

/** Fine where the row is in no list. */
export function takeOut(row: u32): void {
  const at = record(row);
  const list = load<u32>(at + RECORD_LIST);
  if (list === NO_LIST) return;
  const next = load<u32>(at + RECORD_NEXT);
  const previous = load<u32>(at + RECORD_PREVIOUS);
  store<u32>(next !== 0 ? record(next - 1) + RECORD_PREVIOUS : listAt(list) + LAST, previous);
  store<u32>(previous !== 0 ? record(previous - 1) + RECORD_NEXT : listAt(list) + FIRST, next);
  store<u32>(at + RECORD_LIST, NO_LIST);
  if (list >= WHEEL) onWheel--;
}

/** Puts the row at the end of a list, out of any other. */
export function append(row: u32, list: u32): void {
  takeOut(row);
  const at = record(row);
  const last = load<u32>(listAt(list) + LAST);
  store<u32>(at + RECORD_LIST, list);
  store<u32>(at + RECORD_NEXT, 0);
  store<u32>(at + RECORD_PREVIOUS, last);
  store<u32>(last !== 0 ? record(last - 1) + RECORD_NEXT : listAt(list) + FIRST, row + 1);
  store<u32>(listAt(list) + LAST, row + 1);
  if (list >= WHEEL) onWheel++;
}
