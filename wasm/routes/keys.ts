// Keys, interned: 20 bytes → a small dense id, the index of every column.
//
// An open-addressed hash at half load: linear probing, back-shift on removal (Knuth 6.4, Algorithm R), so there are
// no tombstones and a table that churns for months stays as quick as a new one. A key lives while a table holds it;
// ids of dead keys are chained through their reference counts and given out again. A dirty bit may outlive its key:
// it only says "compare", so under the next key of that id it costs one comparison.

import { copyHalf, grow, keyAt, keyCapacity, referenceAt, slotAt } from "./memory";

const NOT_FOUND: i32 = -1;

let secret: u64 = 0x9e3779b97f4a7c15;
let firstFree: i32 = -1;
/** Ids below this one have been used. */
export let idLimit: u32 = 0;
/** Keys that live. */
export let keyCount: u32 = 0;

/** See `grow`; with the slots filled again. */
export function reserve(keyTotal: u32, tableTotal: u32): i32 {
  const before = keyCapacity;
  const status = grow(keyTotal, tableTotal);
  if (keyCapacity !== before) fillSlots();
  return status;
}

/** The seed keeps whoever chooses prefixes from choosing ones that share a slot. Any time. */
export function seed(value: u64): void {
  secret = value | 1;
  if (keyCapacity === 0) return;
  memory.fill(slotAt(0), 0, (<usize>keyCapacity) << 4);
  fillSlots();
}

/** The id of the key at `key`, or -1. */
export function find(key: usize): i32 {
  const slot = findSlot(key);
  return slot < 0 ? NOT_FOUND : <i32>load<u32>(slotAt(slot), 4) - 1;
}

/** The id of the key at `key`, made where there is none and not yet held; -1 when there is no room. */
export function intern(key: usize): i32 {
  const known = find(key);
  if (known >= 0) return known;
  if (keyCount === keyCapacity) return NOT_FOUND;
  let id: u32 = idLimit;
  if (firstFree >= 0) {
    id = firstFree;
    firstFree = -2 - load<i32>(referenceAt(id));
  } else idLimit++;
  keyCount++;
  store<u32>(referenceAt(id), 0);
  copyHalf(keyAt(id), key);
  addSlot(id);
  return id;
}

export function hold(id: u32): void {
  store<u32>(referenceAt(id), load<u32>(referenceAt(id)) + 1);
}

/** Lets go of a key; the last one to do so frees it. */
export function release(id: u32): void {
  const count = load<u32>(referenceAt(id)) - 1;
  store<u32>(referenceAt(id), count);
  if (count !== 0) return;
  removeSlot(findSlot(keyAt(id)));
  store<i32>(referenceAt(id), -2 - firstFree);
  firstFree = id;
  keyCount--;
}

function hash(key: usize): u32 {
  let mixed: u64 = (secret ^ load<u64>(key)) * 0xff51afd7ed558ccd;
  mixed = (mixed ^ (mixed >> 32) ^ load<u64>(key, 8)) * 0xc4ceb9fe1a85ec53;
  mixed = (mixed ^ (mixed >> 32) ^ load<u32>(key, 16)) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 32);
}

function isSame(a: usize, b: usize): bool {
  return load<u64>(a) === load<u64>(b) && load<u64>(a, 8) === load<u64>(b, 8) && load<u32>(a, 16) === load<u32>(b, 16);
}

/** Index of the slot of a key, or -1. Ends because at least half of the slots are empty. */
function findSlot(key: usize): i32 {
  if (keyCapacity === 0) return NOT_FOUND;
  const mask: u32 = 2 * keyCapacity - 1;
  const tag = hash(key);
  let index: u32 = tag & mask;
  let entry = load<u32>(slotAt(index), 4);
  while (entry !== 0) {
    if (load<u32>(slotAt(index)) === tag && isSame(keyAt(entry - 1), key)) return index;
    index = (index + 1) & mask;
    entry = load<u32>(slotAt(index), 4);
  }
  return NOT_FOUND;
}

function addSlot(id: u32): void {
  const tag = hash(keyAt(id));
  let index = tag;
  while (load<u32>(slotAt(index), 4) !== 0) index++;
  store<u32>(slotAt(index), tag);
  store<u32>(slotAt(index), id + 1, 4);
}

function removeSlot(index: u32): void {
  const mask: u32 = 2 * keyCapacity - 1;
  let hole = index;
  for (let next: u32 = (hole + 1) & mask; load<u32>(slotAt(next), 4) !== 0; next = (next + 1) & mask) {
    // Stays where the hole is not on its way from its home slot to here.
    const home: u32 = load<u32>(slotAt(next)) & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    store<u64>(slotAt(hole), load<u64>(slotAt(next)));
    hole = next;
  }
  store<u64>(slotAt(hole), 0);
}

function fillSlots(): void {
  for (let id: u32 = 0; id < idLimit; id++) if (load<i32>(referenceAt(id)) >= 0) addSlot(id);
}
