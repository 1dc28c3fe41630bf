// The set of addresses that are assigned to the plugin now: open addressing with linear probing, back-shift on removal (Knuth 6.4, Algorithm
// R). An empty bucket is zero, which is no address that anybody is assigned.
import { ADDRESS, ADDRESSES, BUCKETS, bucket } from "./memory";

const BUCKET_BITS: u32 = 15;

let assigned: u32 = 0;

function home(low: u64, high: u64): u32 {
  const mixed = (low ^ (high * 0x9e3779b97f4a7c15)) * 0xff51afd7ed558ccd;
  return <u32>(mixed >> (64 - BUCKET_BITS));
}

function isEmpty(index: u32): bool {
  const at = bucket(index);
  return (load<u64>(at) | load<u64>(at, 8)) === 0;
}

/** The bucket that holds an address, or the empty one where it would go. */
function find(low: u64, high: u64): u32 {
  let index = home(low, high);
  while (!isEmpty(index) && !(load<u64>(bucket(index)) === low && load<u64>(bucket(index), 8) === high))
    index = (index + 1) & (BUCKETS - 1);
  return index;
}

export function isAssigned(low: u64, high: u64): bool {
  return !isEmpty(find(low, high));
}

export function isIpv6Assigned(address: usize): bool {
  return isAssigned(load<u64>(address), load<u64>(address, 8));
}

/** `address` as it is in memory; in the set it stands in its mapped form. */
export function isIpv4Assigned(address: u32): bool {
  return isAssigned(0, 0xffff_0000 | ((<u64>address) << 32));
}

/** Takes the address in ADDRESS into the set. False: there is no room, or it is no address that may be assigned. */
export function assign(): bool {
  const low = load<u64>(ADDRESS);
  const high = load<u64>(ADDRESS, 8);
  if ((low | high) === 0) return false;
  const index = find(low, high);
  if (!isEmpty(index)) return true;
  if (assigned === ADDRESSES) return false;
  assigned++;
  store<u64>(bucket(index), low);
  store<u64>(bucket(index), high, 8);
  return true;
}

/** Takes the address in ADDRESS out of the set; one that is not in it is fine. */
export function free(): void {
  let hole = find(load<u64>(ADDRESS), load<u64>(ADDRESS, 8));
  if (isEmpty(hole)) return;
  assigned--;
  for (let next = (hole + 1) & (BUCKETS - 1); !isEmpty(next); next = (next + 1) & (BUCKETS - 1)) {
    const at = bucket(next);
    // May stay only where the hole lies outside its own way from home bucket to here.
    if (((next - home(load<u64>(at), load<u64>(at, 8))) & (BUCKETS - 1)) < ((next - hole) & (BUCKETS - 1))) continue;
    memory.copy(bucket(hole), at, 16);
    hole = next;
  }
  store<u64>(bucket(hole), 0);
  store<u64>(bucket(hole), 0, 8);
}
