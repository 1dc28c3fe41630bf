// Changes of module `routes` sorted into groups of which each can go into the same messages: withdrawals by family, announcements by
// family, next hop and attribute set. Three passes, each linear: number the groups, count them out, put every key where its group lies.
import { CHANGE_BYTES, CHANGES, GROUP_BYTES, GROUP_OF, GROUPS, KEY_BYTES, KEYS_MAX, PACK_KEYS, SLOT_COUNT, SLOTS } from "./memory";
import { Status } from "./status";

// A change: kind, then the row (wasm/routes/memory.ts).
const CHANGE_KIND: u32 = 0; // u32: 1 added, 2 changed, 3 removed
const CHANGE_KEY: u32 = 4; // family first
const CHANGE_VALUE: u32 = 24; // 20 bytes: next hop and attribute-set id
const REMOVED: u32 = 3;

// A group.
export const GROUP_IS_WITHDRAWAL: u32 = 0; // u32: 1 or 0
export const GROUP_FAMILY: u32 = 4; // u32: 4 or 6
export const GROUP_FIRST: u32 = 8; // u32: index of its first key in `PACK_KEYS`
export const GROUP_COUNT: u32 = 12; // u32
export const GROUP_NEXT_HOP: u32 = 16; // 16 bytes, zero for withdrawals
export const GROUP_ATTRIBUTES: u32 = 32; // u32: attribute-set id, zero for withdrawals

let groups: u32 = 0;

/**
 * Sorts the first `count` changes of `CHANGES` into `PACK_KEYS`: the number of groups in `GROUPS`, or `Status.BadRecord`. Groups and keys
 * keep their order.
 */
export function group(count: u32): i32 {
  if (count > KEYS_MAX) return Status.BadRecord;
  groups = 0;
  const mask = slotMask(count);
  memory.fill(SLOTS, 0, (mask + 1) << 2);
  let last: usize = 0; // the group of the change before: with one attribute set it is that of all
  for (let index: u32 = 0; index < count; index++) {
    const change: usize = CHANGES + index * CHANGE_BYTES;
    if (last === 0 || !isOf(change, last)) last = find(change, mask);
    store<u32>(last, load<u32>(last, GROUP_COUNT) + 1, GROUP_COUNT);
    store<u32>(GROUP_OF + (index << 2), last);
  }
  let first: u32 = 0;
  for (let at: usize = GROUPS; at < GROUPS + groups * GROUP_BYTES; at += GROUP_BYTES) {
    store<u32>(at, first, GROUP_FIRST);
    first += load<u32>(at, GROUP_COUNT);
    store<u32>(at, 0, GROUP_COUNT);
  }
  for (let index: u32 = 0; index < count; index++) {
    const own: usize = load<u32>(GROUP_OF + (index << 2));
    const place = load<u32>(own, GROUP_COUNT);
    store<u32>(own, place + 1, GROUP_COUNT);
    const from: usize = CHANGES + index * CHANGE_BYTES + CHANGE_KEY;
    const to: usize = PACK_KEYS + (load<u32>(own, GROUP_FIRST) + place) * KEY_BYTES;
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    store<u32>(to, load<u32>(from, 16), 16);
  }
  return <i32>groups;
}

/** Twice as many slots as changes, so that one is always free. */
function slotMask(count: u32): u32 {
  let slots: u32 = 64;
  while (slots < count << 1) slots <<= 1;
  return min(slots, SLOT_COUNT) - 1;
}

function isWithdrawal(change: usize): bool {
  return load<u32>(change, CHANGE_KIND) === REMOVED;
}

function isOf(change: usize, owner: usize): bool {
  const withdrawal = isWithdrawal(change);
  if (load<u32>(owner, GROUP_FAMILY) !== <u32>load<u8>(change, CHANGE_KEY) || (load<u32>(owner, GROUP_IS_WITHDRAWAL) !== 0) !== withdrawal)
    return false;
  return (
    withdrawal ||
    (load<u32>(owner, GROUP_ATTRIBUTES) === load<u32>(change, CHANGE_VALUE + 16) &&
      load<u64>(owner, GROUP_NEXT_HOP) === load<u64>(change, CHANGE_VALUE) &&
      load<u64>(owner, GROUP_NEXT_HOP + 8) === load<u64>(change, CHANGE_VALUE + 8))
  );
}

/** The group of a change, made where there is none. */
function find(change: usize, mask: u32): usize {
  let index: u32 = hash(change) & mask;
  let number = load<u32>(SLOTS + (index << 2));
  while (number !== 0) {
    const found: usize = GROUPS + (number - 1) * GROUP_BYTES;
    if (isOf(change, found)) return found;
    index = (index + 1) & mask;
    number = load<u32>(SLOTS + (index << 2));
  }
  store<u32>(SLOTS + (index << 2), groups + 1);
  return make(change);
}

function make(change: usize): usize {
  const made: usize = GROUPS + groups++ * GROUP_BYTES;
  const withdrawal = isWithdrawal(change);
  store<u32>(made, withdrawal ? 1 : 0, GROUP_IS_WITHDRAWAL);
  store<u32>(made, load<u8>(change, CHANGE_KEY), GROUP_FAMILY);
  store<u32>(made, 0, GROUP_COUNT);
  if (withdrawal) memory.fill(made + GROUP_NEXT_HOP, 0, 20);
  else memory.copy(made + GROUP_NEXT_HOP, change + CHANGE_VALUE, 20);
  return made;
}

/** Attribute-set ids and next hops are the host's own, so nobody outside can choose ones that share a slot. */
function hash(change: usize): u32 {
  if (isWithdrawal(change)) return load<u8>(change, CHANGE_KEY);
  let mixed: u64 = load<u64>(change, CHANGE_VALUE) * 0xff51afd7ed558ccd;
  mixed = (mixed ^ (mixed >> 32) ^ load<u64>(change, CHANGE_VALUE + 8)) * 0xc4ceb9fe1a85ec53;
  mixed = (mixed ^ (mixed >> 32) ^ load<u32>(change, CHANGE_VALUE + 16)) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 32);
}
