// The row table of a packet program: address → record, an open-addressed hash over dense records.
//
// A bucket is the address's hash (its tag) and the row's id plus one, so a probe touches a record only where the tags agree.
// Linear probing, back-shift on removal (Knuth 6.4, Algorithm R): no tombstones, so a table that churns for months stays as
// quick as a new one. A row keeps its id until it is removed; freed ids are chained through their records.
import {
  answers,
  BUCKET_BITS,
  BUCKETS,
  bucket,
  CLAIM_BYTES,
  COUNTER_BYTES,
  claim,
  counter,
  LEVELS,
  RECORD_BYTES,
  ROW_ADDRESS,
  ROWS,
  record,
} from "../programs/memory";
import { RECORD_NEXT } from "./lists";

const RECORD_USED: u32 = 90; // u8

let seed: u32 = 0;
let firstFree: u32 = 0;
let everUsed: u32 = 0;
export let rowCount: u32 = 0;

/** The seed keeps a sender from choosing addresses that share a bucket. Only for an empty table. */
export function seedRows(value: u32): void {
  seed = value;
}

/** One-to-one on IPv4 addresses: odd factors can be divided out again, modulo 2^32. Knuth 6.4, multiplicative hashing. */
function hashIpv4(address: u32): u32 {
  return (address ^ seed) * 0x9e3779b1;
}

function hash(low: u64, high: u64): u32 {
  const rest = (low >> 32) * 0xff51afd7ed558ccd + high * 0x9e3779b97f4a7c15;
  return hashIpv4(<u32>low) ^ <u32>(rest >> 32);
}

/** Where the probe for a tag begins: its high bits, which multiplication mixes best. */
function home(tag: u32): u32 {
  return tag >> (32 - BUCKET_BITS);
}

function holds(row: u32, low: u64, high: u64): bool {
  const address = record(row) + ROW_ADDRESS;
  return load<u64>(address) === low && load<u64>(address + 8) === high;
}

/** Row id of a 16-byte address as two words in memory order, or -1. */
export function findRow(low: u64, high: u64): i32 {
  const tag = hash(low, high);
  let index = home(tag);
  for (let entry = load<u64>(bucket(index)); entry !== 0; entry = load<u64>(bucket(++index))) {
    if (<u32>entry === tag && holds(<u32>(entry >> 32) - 1, low, high)) return <i32>(entry >> 32) - 1;
  }
  return -1;
}

/** As `findRow`, in a table of IPv4 rows only: there the tag alone tells, and no record is touched. */
export function findIpv4Row(address: u32): i32 {
  const tag = hashIpv4(address);
  let index = home(tag);
  let entry = load<u64>(bucket(index));
  while (<u32>entry !== tag && entry !== 0) entry = load<u64>(bucket(++index));
  return <i32>(entry >> 32) - 1;
}

/** Adds a zeroed row for an address that is not in the table; -1 when the table is full. */
export function addRow(low: u64, high: u64): i32 {
  if (rowCount >= ROWS) return -1;
  let row = everUsed;
  if (firstFree !== 0) {
    row = firstFree - 1;
    firstFree = load<u32>(record(row) + RECORD_NEXT);
  } else everUsed++;
  rowCount++;
  const at = record(row);
  memory.fill(at, 0, RECORD_BYTES);
  memory.fill(counter(row, 0), 0, COUNTER_BYTES);
  memory.fill(claim(row), 0, CLAIM_BYTES);
  store<u64>(at + ROW_ADDRESS, low);
  store<u64>(at + ROW_ADDRESS + 8, high);
  store<u8>(at + RECORD_USED, 1);
  const tag = hash(low, high);
  let index = home(tag);
  while (load<u32>(bucket(index) + 4) !== 0) index++;
  store<u32>(bucket(index), tag);
  store<u32>(bucket(index) + 4, row + 1);
  return row;
}

/** Removes a row; its id may be given out again. */
export function removeRow(low: u64, high: u64): i32 {
  const row = findRow(low, high);
  if (row < 0) return -1;
  let hole = home(hash(low, high));
  while (load<u32>(bucket(hole) + 4) !== <u32>row + 1) hole++;
  answerOn(row, 0);
  store<u8>(record(row) + RECORD_USED, 0);
  store<u32>(record(row) + RECORD_NEXT, firstFree);
  firstFree = row + 1;
  rowCount--;
  for (let next = hole + 1; ; next++) {
    const at = bucket(next);
    if (load<u32>(at + 4) === 0) break;
    // May stay only where the hole lies outside its own way from home bucket to here.
    if (((next - home(load<u32>(at))) & (BUCKETS - 1)) < ((next - hole) & (BUCKETS - 1))) continue;
    store<u64>(bucket(hole), load<u64>(at));
    hole = next;
  }
  store<u64>(bucket(hole), 0);
  return row;
}

/** Ids below this one have been used; `isUsed` tells which still are. */
export function rowLimit(): u32 {
  return everUsed;
}

export function isUsed(row: u32): bool {
  return load<u8>(record(row) + RECORD_USED) !== 0;
}

/** The row answers on these links, a bit a link, from now on; its bit in LEVELS says whether on any. */
export function answerOn(row: u32, links: u64): void {
  store<u64>(answers(row), links);
  const at: usize = LEVELS + (row >> 5) * 4;
  const bit: u32 = 1 << (row & 31);
  store<u32>(at, links !== 0 ? load<u32>(at) | bit : load<u32>(at) & ~bit);
}
