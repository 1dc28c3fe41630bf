// Changes of module `routes` sorted into groups of which each can go into the same messages: withdrawals by family, announcements by
// family, next hop and attribute set. Three passes, each linear: find runs of changes of one group, count the groups out, put every key
// where its group lies. Where each group is one run, as with one attribute set, all lie well already and no key is moved.
import { CHANGE_BYTES, CHANGES, GROUP_BYTES, GROUPS, KEY_BYTES, KEYS_MAX, PACK_KEYS, RUN_BYTES, RUNS, SLOT_COUNT, SLOTS } from "./memory";
import { Status } from "./status";

// A change: kind, then the row (wasm/routes/memory.ts).
const CHANGE_KIND: u32 = 0; // u32: 1 added, 2 changed, 3 removed
export const CHANGE_KEY: u32 = 4; // family first
const CHANGE_VALUE: u32 = 24; // 20 bytes: next hop and attribute-set id
const REMOVED: u32 = 3;
/** Kind and family. */
const HEAD: u64 = 0xffffffffff;

// A group.
export const GROUP_IS_WITHDRAWAL: u32 = 0; // u32: 1 or 0
export const GROUP_FAMILY: u32 = 4; // u32: 4 or 6
export const GROUP_FIRST: u32 = 8; // u32: index of its first key, in `CHANGES` or in `PACK_KEYS`
export const GROUP_COUNT: u32 = 12; // u32
export const GROUP_NEXT_HOP: u32 = 16; // 16 bytes, zero for withdrawals
export const GROUP_ATTRIBUTES: u32 = 32; // u32: attribute-set id, zero for withdrawals
export const GROUP_IS_MOVED: u32 = 36; // u32: 1 where its keys lie in `PACK_KEYS`
const GROUP_SLOT: u32 = 40; // u32: address of its slot

// A run.
const RUN_COUNT: u32 = 4;

let groups: u32 = 0;

/** Groups of the first `count` changes of `CHANGES`: their number in `GROUPS`, or `Status.BadRecord`. Groups and keys keep their order. */
export function group(count: u32): i32 {
  if (count > KEYS_MAX) return Status.BadRecord;
  const runsEnd = findRuns(count);
  if (runsEnd - RUNS > groups * RUN_BYTES) moveKeys(runsEnd);
  for (let at: usize = GROUPS; at < GROUPS + groups * GROUP_BYTES; at += GROUP_BYTES) store<u32>(load<u32>(at, GROUP_SLOT), 0);
  return <i32>groups;
}

/** Answers with where the runs end. */
function findRuns(count: u32): usize {
  groups = 0;
  const mask = slotMask(count);
  const changesEnd: usize = CHANGES + count * CHANGE_BYTES;
  let run: usize = RUNS;
  for (let change: usize = CHANGES; change < changesEnd; run += RUN_BYTES) {
    const start = change;
    const owner = find(change, mask);
    change = isWithdrawal(change) ? skipWithdrawals(change, changesEnd) : skipAnnouncements(change, changesEnd);
    const length: u32 = <u32>(change - start) / CHANGE_BYTES;
    if (load<u32>(owner, GROUP_COUNT) === 0) store<u32>(owner, <u32>(start - CHANGES) / CHANGE_BYTES, GROUP_FIRST);
    store<u32>(owner, load<u32>(owner, GROUP_COUNT) + length, GROUP_COUNT);
    store<u32>(run, <u32>owner);
    store<u32>(run, length, RUN_COUNT);
  }
  return run;
}

function skipWithdrawals(first: usize, end: usize): usize {
  const family = load<u8>(first, CHANGE_KEY);
  let change = first + CHANGE_BYTES;
  while (change < end && isWithdrawal(change) && load<u8>(change, CHANGE_KEY) === family) change += CHANGE_BYTES;
  return change;
}

/** One attribute set is one run of all, so what it is compared with stays in registers, and four are compared at once. */
function skipAnnouncements(first: usize, end: usize): usize {
  const head = load<u64>(first) & HEAD;
  const nextHop = load<u64>(first, CHANGE_VALUE);
  const rest = load<u64>(first, CHANGE_VALUE + 8);
  const attributes = load<u32>(first, CHANGE_VALUE + 16);
  let change = first + CHANGE_BYTES;
  if (change >= end || difference(change, head, nextHop, rest, attributes) !== 0) return change;
  for (change += CHANGE_BYTES; change + 4 * CHANGE_BYTES <= end; change += 4 * CHANGE_BYTES) {
    if (
      (difference(change, head, nextHop, rest, attributes) |
        difference(change + CHANGE_BYTES, head, nextHop, rest, attributes) |
        difference(change + 2 * CHANGE_BYTES, head, nextHop, rest, attributes) |
        difference(change + 3 * CHANGE_BYTES, head, nextHop, rest, attributes)) !==
      0
    )
      break;
  }
  while (change < end && difference(change, head, nextHop, rest, attributes) === 0) change += CHANGE_BYTES;
  return change;
}

function difference(change: usize, head: u64, nextHop: u64, rest: u64, attributes: u64): u64 {
  return (
    ((load<u64>(change) & HEAD) ^ head) |
    (load<u64>(change, CHANGE_VALUE) ^ nextHop) |
    (load<u64>(change, CHANGE_VALUE + 8) ^ rest) |
    (load<u32>(change, CHANGE_VALUE + 16) ^ attributes)
  );
}

function moveKeys(runsEnd: usize): void {
  let first: u32 = 0;
  for (let at: usize = GROUPS; at < GROUPS + groups * GROUP_BYTES; at += GROUP_BYTES) {
    store<u32>(at, first, GROUP_FIRST);
    store<u32>(at, 1, GROUP_IS_MOVED);
    first += load<u32>(at, GROUP_COUNT);
    store<u32>(at, 0, GROUP_COUNT);
  }
  let from: usize = CHANGES + CHANGE_KEY;
  for (let run: usize = RUNS; run < runsEnd; run += RUN_BYTES) {
    const owner: usize = load<u32>(run);
    const length = load<u32>(run, RUN_COUNT);
    const place = load<u32>(owner, GROUP_COUNT);
    store<u32>(owner, place + length, GROUP_COUNT);
    let to: usize = PACK_KEYS + (load<u32>(owner, GROUP_FIRST) + place) * KEY_BYTES;
    for (const runEnd = from + length * CHANGE_BYTES; from < runEnd; from += CHANGE_BYTES, to += KEY_BYTES) {
      store<u64>(to, load<u64>(from));
      store<u64>(to, load<u64>(from, 8), 8);
      store<u32>(to, load<u32>(from, 16), 16);
    }
  }
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
  return make(change, SLOTS + (index << 2));
}

function make(change: usize, slot: usize): usize {
  const made: usize = GROUPS + groups++ * GROUP_BYTES;
  const withdrawal = isWithdrawal(change);
  store<u32>(made, withdrawal ? 1 : 0, GROUP_IS_WITHDRAWAL);
  store<u32>(made, load<u8>(change, CHANGE_KEY), GROUP_FAMILY);
  store<u32>(made, 0, GROUP_COUNT);
  store<u32>(made, 0, GROUP_IS_MOVED);
  store<u32>(made, <u32>slot, GROUP_SLOT);
  if (withdrawal) memory.fill(made + GROUP_NEXT_HOP, 0, 20);
  else memory.copy(made + GROUP_NEXT_HOP, change + CHANGE_VALUE, 20);
  return made;
}

/** Attribute-set ids and next hops are the host's own, so nobody outside can choose ones that share a slot. */
function hash(change: usize): u32 {
  if (isWithdrawal(change)) return load<u8>(change, CHANGE_KEY);
  const mixed =
    load<u64>(change, CHANGE_VALUE) * 0xff51afd7ed558ccd +
    load<u64>(change, CHANGE_VALUE + 8) * 0xc4ceb9fe1a85ec53 +
    <u64>load<u32>(change, CHANGE_VALUE + 16) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 40);
}
