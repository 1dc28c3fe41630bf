/**
 * SHA-256 of `name#vip` for many names and one VIP: MetalLB's election. With SIMD four at a time; a module built without it hashes one by
 * one, and both give the same.
 */

import { sha256 } from "./sha256";
import { BLOCK_BYTES } from "./sha256-constants";
import { LANES, sha256x4 } from "./sha256x4";

/** Kubernetes node names are DNS subdomains: RFC 1123 names, at most 253 bytes. */
export const NAME_MAX: u32 = 253;
export const VIP_MAX: u32 = 64;
export const NODES_MAX: u32 = 8192;

const HASH_SEPARATOR: u8 = 0x23;
/** Of one name: a whole number of u64, zero behind the name. */
const NAME_STRIDE: u32 = 256;
const NAMES: usize = memory.data(NODES_MAX * NAME_STRIDE, 16);
const LENGTHS: usize = memory.data(NODES_MAX, 16);

/** What follows the name: `#`, the VIP, and what §5.1.1 pads with but the length. Zero up to where a message can end behind the name. */
const SUFFIX_BYTES: u32 = 256;
const SUFFIX: usize = memory.data(SUFFIX_BYTES, 16);

/** 253 + 1 + 64 bytes, 0x80 and the 64-bit length: six blocks at most. */
const BLOCKS_MAX: u32 = 6;
/** One message, and what the last u64 of a suffix may write behind it. */
const MESSAGE_STRIDE: u32 = BLOCKS_MAX * BLOCK_BYTES + 8;
/** Messages that wait for others of as many blocks. */
const MESSAGES: usize = memory.data((BLOCKS_MAX + 1) * LANES * MESSAGE_STRIDE, 16);
/** By number of blocks: where the digests of those go, and how many wait. */
const OUTS: usize = memory.data((BLOCKS_MAX + 1) * LANES * 4, 16);
const WAITING: usize = memory.data((BLOCKS_MAX + 1) * 4, 16);

/** Remembers the `length` bytes at `from` (1 to `NAME_MAX`; the caller checks) as the name of node `index`. */
export function writeName(index: u32, from: usize, length: u32): void {
  const slot: usize = NAMES + index * NAME_STRIDE;
  store<u8>(LENGTHS + index, <u8>length);
  memory.copy(slot, from, length);
  memory.fill(slot + length, 0, NAME_STRIDE - length);
}

/** Whether the node has a name. */
export function hasName(index: u32): bool {
  return load<u8>(LENGTHS + index) !== 0;
}

/** Says for which VIP the next digests are: the `length` bytes at `vip`, at most `VIP_MAX`; the caller checks. */
export function beginDigests(vip: usize, length: u32): void {
  store<u8>(SUFFIX, HASH_SEPARATOR);
  memory.copy(SUFFIX + 1, vip, length);
  store<u8>(SUFFIX + 1 + length, 0x80);
  memory.fill(SUFFIX + 2 + length, 0, SUFFIX_BYTES - 2 - length);
  memory.fill(WAITING, 0, (BLOCKS_MAX + 1) * 4);
}

/** Hashes a node's name with the VIP into 32 bytes at `out`, now or, at the latest, in `endDigests`. */
export function digest(node: u32, vipLength: u32, out: usize): void {
  const length: u32 = <u32>load<u8>(LENGTHS + node) + 1 + vipLength;
  const blocks: u32 = (length + 9 + BLOCK_BYTES - 1) / BLOCK_BYTES;
  if (!ASC_FEATURE_SIMD) {
    writeMessage(node, length, blocks, MESSAGES);
    sha256(MESSAGES, blocks, out);
    return;
  }
  const lane = load<u32>(WAITING + (blocks << 2));
  const place: u32 = blocks * LANES + lane;
  writeMessage(node, length, blocks, MESSAGES + place * MESSAGE_STRIDE);
  store<u32>(OUTS + (place << 2), <u32>out);
  if (lane + 1 === LANES) flush(blocks);
  else store<u32>(WAITING + (blocks << 2), lane + 1);
}

/** Hashes what waits. `spare`: 32 bytes that nobody reads. */
export function endDigests(spare: usize): void {
  if (!ASC_FEATURE_SIMD) return;
  for (let blocks: u32 = 1; blocks <= BLOCKS_MAX; blocks++) {
    const waiting = load<u32>(WAITING + (blocks << 2));
    if (waiting === 0) continue;
    for (let lane: u32 = waiting; lane < LANES; lane++) store<u32>(OUTS + ((blocks * LANES + lane) << 2), <u32>spare);
    flush(blocks);
  }
}

function flush(blocks: u32): void {
  const first: u32 = blocks * LANES;
  sha256x4(MESSAGES + first * MESSAGE_STRIDE, MESSAGE_STRIDE, blocks, OUTS + (first << 2));
  store<u32>(WAITING + (blocks << 2), 0);
}

/** The message, padded. Eight bytes at a time, each piece written over the zeros of the one before; calls to copy so little cost more. */
function writeMessage(node: u32, length: u32, blocks: u32, to: usize): void {
  const name: usize = NAMES + node * NAME_STRIDE;
  const nameLength: u32 = load<u8>(LENGTHS + node);
  const end: u32 = blocks * BLOCK_BYTES;
  for (let at: u32 = 0; at < nameLength; at += 8) store<u64>(to + at, load<u64>(name + at));
  for (let at: u32 = nameLength; at < end; at += 8) store<u64>(to + at, load<u64>(SUFFIX + at - nameLength));
  store<u64>(to + end - 8, bswap<u64>((<u64>length) << 3));
}
