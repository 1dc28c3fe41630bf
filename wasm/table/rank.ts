/**
 * Module `rank`: in which order nodes should own a VIP.
 *
 * In: node names, written once (`NAME`, then `setNode`); the candidates (`CANDIDATES`: node index u32, summed preference weight u32), which
 * stay for the next call; per call the text of the VIP (`VIP`). Out: positions of candidates in order (`RANKED`, u32 each), and the digest of
 * every candidate by its position (`DIGESTS`, four u64 that compare as the bytes do). Every node computes the same order from the same
 * facts, so nobody has to be asked, and it is MetalLB's, so that a VIP stays where it is when a cluster moves over: weight descending, then
 * SHA-256 of `node#vip` ascending as bytes.
 *
 * Built twice, with and without SIMD. Total: every argument gives a status, none traps. Numbers are little-endian.
 */

import { beginDigests, digest, endDigests, hasName, NAME_MAX, NODES_MAX, VIP_MAX, writeName } from "./name-digests";
import { DIGEST_BYTES } from "./sha256-constants";

export { NAME_MAX, NODES_MAX, VIP_MAX };

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

export const CANDIDATE_BYTES: u32 = 8;
export const DIGEST_STRIDE: u32 = DIGEST_BYTES;

export const NAME: usize = memory.data(256, 16);
export const VIP: usize = memory.data(64, 16);
export const CANDIDATES: usize = memory.data(NODES_MAX * CANDIDATE_BYTES, 16);
export const RANKED: usize = memory.data(NODES_MAX * 4, 16);
/** The other side of the merge. */
const SCRATCH: usize = memory.data(NODES_MAX * 4, 16);
/** One more than candidates: the last is written and never read. */
export const DIGESTS: usize = memory.data((NODES_MAX + 1) * DIGEST_BYTES, 16);

/** Up to so many are kept sorted as they come; sorting all costs less than keeping more. */
const SELECT_MAX: u32 = 32;

/** Gives node `index` the `length` bytes at `NAME` as its name. */
export function setNode(index: u32, length: u32): Status {
  if (index >= NODES_MAX) return Status.BadNode;
  if (length === 0 || length > NAME_MAX) return Status.BadName;
  writeName(index, NAME, length);
  return Status.Ok;
}

/**
 * Ranks the first `count` candidates for the VIP whose text is the `vipLength` bytes at `VIP`: at least the first `most` places of `RANKED`,
 * where there are as many candidates, are right.
 */
export function rank(vipLength: u32, count: u32, most: u32): Status {
  if (vipLength === 0 || vipLength > VIP_MAX) return Status.BadVip;
  if (count > NODES_MAX) return Status.TooMany;
  for (let at: u32 = 0; at < count; at++) {
    const node = load<u32>(CANDIDATES + at * CANDIDATE_BYTES);
    if (node >= NODES_MAX || !hasName(node)) return Status.UnknownNode;
  }
  beginDigests(VIP, vipLength);
  for (let at: u32 = 0; at < count; at++) digest(load<u32>(CANDIDATES + at * CANDIDATE_BYTES), vipLength, DIGESTS + at * DIGEST_BYTES);
  endDigests(DIGESTS + NODES_MAX * DIGEST_BYTES);
  if (most < count && most <= SELECT_MAX) select(count, most);
  else sort(count);
  return Status.Ok;
}

/** The first `most` of `count`. Nearly every candidate is behind the last that is kept, and costs one comparison. */
function select(count: u32, most: u32): void {
  let kept: u32 = 0;
  for (let candidate: u32 = 0; candidate < count; candidate++) {
    let at = kept;
    while (at > 0 && isBefore(candidate, load<u32>(RANKED + ((at - 1) << 2)))) at--;
    if (at === most) continue;
    if (kept < most) kept++;
    for (let place = kept - 1; place > at; place--) store<u32>(RANKED + (place << 2), load<u32>(RANKED + ((place - 1) << 2)));
    store<u32>(RANKED + (at << 2), candidate);
  }
}

function sort(count: u32): void {
  for (let at: u32 = 0; at < count; at++) store<u32>(RANKED + (at << 2), at);
  const sorted = mergeSort(count);
  if (sorted !== RANKED) memory.copy(RANKED, sorted, count << 2);
}

/** Bottom-up and stable, between `RANKED` and `SCRATCH`; returns the one that holds the result. */
function mergeSort(count: u32): usize {
  let from = RANKED;
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
  const weightA = load<u32>(CANDIDATES + a * CANDIDATE_BYTES, 4);
  const weightB = load<u32>(CANDIDATES + b * CANDIDATE_BYTES, 4);
  if (weightA !== weightB) return weightA > weightB;
  for (let at: usize = 0; at < DIGEST_BYTES; at += 8) {
    const wordA = load<u64>(DIGESTS + a * DIGEST_BYTES + at);
    const wordB = load<u64>(DIGESTS + b * DIGEST_BYTES + at);
    if (wordA !== wordB) return wordA < wordB;
  }
  return false;
}
