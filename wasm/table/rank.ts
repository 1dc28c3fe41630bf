/**
 * Module `rank`: in which order nodes should own a VIP.
 *
 * In: node names, written once (`NAME`, then `setNode`); per call the text of the VIP (`VIP`) and the candidates
 * (`CANDIDATES`: node index u32, summed preference weight u32). Out: the same candidates in order. Every node computes
 * the same order from the same facts, so nobody has to be asked, and it is MetalLB's, so that a VIP stays where it
 * is when a cluster moves over: weight descending, then SHA-256 of `node#vip` ascending as bytes.
 *
 * Total: every argument gives a status, none traps. Numbers are little-endian.
 */

import { DIGEST_BYTES, MESSAGE, sha256 } from "./sha256";

export enum Status {
  Ok = 0,
  /** A node index is not below `NODES_MAX`. */
  BadNode = -1,
  /** A name is empty or longer than `NAME_MAX`. */
  BadName = -2,
  /** The VIP's text is empty or longer than `VIP_MAX`. */
  BadVip = -3,
  /** More candidates than `NODES_MAX`. */
  TooMany = -4,
  /** A candidate names a node that was never set. */
  UnknownNode = -5,
}

export const NODES_MAX: u32 = 8192;
/** Kubernetes node names are DNS subdomains: RFC 1123 names, at most 253 bytes. */
export const NAME_MAX: u32 = 253;
export const VIP_MAX: u32 = 64;
export const CANDIDATE_BYTES: u32 = 8;

/** One byte of length, then the name. */
const NAME_STRIDE: u32 = 256;
const HASH_SEPARATOR: u8 = 0x23;

export const NAME: usize = memory.data(256, 16);
export const VIP: usize = memory.data(64, 16);
export const CANDIDATES: usize = memory.data(NODES_MAX * CANDIDATE_BYTES, 16);
const COPY: usize = memory.data(NODES_MAX * CANDIDATE_BYTES, 16);
const DIGESTS: usize = memory.data(NODES_MAX * DIGEST_BYTES, 16);
/** Positions in `COPY`, and the other side of the merge. */
const ORDER: usize = memory.data(NODES_MAX * 4, 16);
const SCRATCH: usize = memory.data(NODES_MAX * 4, 16);
const NAMES: usize = memory.data(NODES_MAX * NAME_STRIDE, 16);

/** Gives node `index` the `length` bytes at `NAME` as its name. */
export function setNode(index: u32, length: u32): Status {
  if (index >= NODES_MAX) return Status.BadNode;
  if (length === 0 || length > NAME_MAX) return Status.BadName;
  const slot: usize = NAMES + index * NAME_STRIDE;
  store<u8>(slot, <u8>length);
  memory.copy(slot + 1, NAME, length);
  return Status.Ok;
}

/** Sorts the first `count` candidates for the VIP whose text is the `vipLength` bytes at `VIP`. O(n log n). */
export function rank(vipLength: u32, count: u32): Status {
  if (vipLength === 0 || vipLength > VIP_MAX) return Status.BadVip;
  if (count > NODES_MAX) return Status.TooMany;
  memory.copy(COPY, CANDIDATES, count * CANDIDATE_BYTES);
  for (let at: u32 = 0; at < count; at++) {
    const node = load<u32>(COPY + at * CANDIDATE_BYTES);
    if (node >= NODES_MAX || load<u8>(NAMES + node * NAME_STRIDE) === 0) return Status.UnknownNode;
    hash(node, vipLength, DIGESTS + at * DIGEST_BYTES);
    store<u32>(ORDER + (at << 2), at);
  }
  const sorted = mergeSort(count);
  for (let at: u32 = 0; at < count; at++) {
    const from: usize = COPY + load<u32>(sorted + (at << 2)) * CANDIDATE_BYTES;
    store<u64>(CANDIDATES + at * CANDIDATE_BYTES, load<u64>(from));
  }
  return Status.Ok;
}

/** MetalLB's hash input: node name, `#`, text of the first ingress IP. */
function hash(node: u32, vipLength: u32, out: usize): void {
  const slot: usize = NAMES + node * NAME_STRIDE;
  const length: u32 = load<u8>(slot);
  memory.copy(MESSAGE, slot + 1, length);
  store<u8>(MESSAGE + length, HASH_SEPARATOR);
  memory.copy(MESSAGE + length + 1, VIP, vipLength);
  sha256(length + 1 + vipLength, out);
}

/** Bottom-up and stable, between `ORDER` and `SCRATCH`; returns the one that holds the result. */
function mergeSort(count: u32): usize {
  let from = ORDER;
  let to = SCRATCH;
  for (let width: u32 = 1; width < count; width <<= 1) {
    for (let start: u32 = 0; start < count; start += width << 1) {
      merge(from, to, start, min(start + width, count), min(start + (width << 1), count));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}

function merge(from: usize, to: usize, start: u32, middle: u32, end: u32): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takeRight = right < end && (left === middle || isBefore(load<u32>(from + (right << 2)), load<u32>(from + (left << 2))));
    store<u32>(to + (at << 2), load<u32>(from + ((takeRight ? right++ : left++) << 2)));
  }
}

function isBefore(a: u32, b: u32): bool {
  const weightA = load<u32>(COPY + a * CANDIDATE_BYTES, 4);
  const weightB = load<u32>(COPY + b * CANDIDATE_BYTES, 4);
  if (weightA !== weightB) return weightA > weightB;
  for (let at: usize = 0; at < DIGEST_BYTES; at += 8) {
    const wordA = load<u64>(DIGESTS + a * DIGEST_BYTES + at);
    const wordB = load<u64>(DIGESTS + b * DIGEST_BYTES + at);
    if (wordA !== wordB) return wordA < wordB;
  }
  return false;
}
