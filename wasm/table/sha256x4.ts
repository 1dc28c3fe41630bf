/**
 * SHA-256 of four messages of as many blocks at once, one in each lane of 128 bits. FIPS 180-4 §6.2 "SHA-256". Four take
 * about as long as one and a half one by one.
 */

import { BLOCK_BYTES, INITIAL, ROUND_CONSTANTS, wordAt } from "./sha256-constants";

export const LANES: u32 = 4;

/** Word t of the message schedule of all four at `SCHEDULE + 16 t`. */
const SCHEDULE: usize = memory.data(64 * 16, 16);
/** a … h, between blocks. */
const STATE: usize = memory.data(8 * 16, 16);

/**
 * Hashes the messages at `messages`, `messages + stride`, …, of `blocks` blocks each, padded as §5.1.1 says, into the places that the four
 * u32 at `outs` name, with words where `wordAt` says.
 */
export function sha256x4(messages: usize, stride: usize, blocks: u32, outs: usize): void {
  for (let word: u32 = 0; word < 8; word++) v128.store(STATE + (word << 4), v128.load_splat<u32>(INITIAL + (word << 2)));
  for (let block: u32 = 0; block < blocks; block++) {
    readBlock(messages + block * BLOCK_BYTES, stride);
    expand();
    compress();
  }
  for (let lane: u32 = 0; lane < LANES; lane++) {
    const out: usize = load<u32>(outs + (lane << 2));
    for (let word: u32 = 0; word < 8; word++) store<u32>(wordAt(out, word), load<u32>(STATE + (word << 4) + (lane << 2)));
  }
}

/** The first sixteen words: 4 × 4 of them at a time, turned from a message in a row to a lane a message. */
function readBlock(block: usize, stride: usize): void {
  for (let at: usize = 0; at < BLOCK_BYTES; at += 16) {
    const m0 = bigEndian(v128.load(block + at));
    const m1 = bigEndian(v128.load(block + stride + at));
    const m2 = bigEndian(v128.load(block + 2 * stride + at));
    const m3 = bigEndian(v128.load(block + 3 * stride + at));
    const low01 = v128.shuffle<u32>(m0, m1, 0, 4, 1, 5);
    const high01 = v128.shuffle<u32>(m0, m1, 2, 6, 3, 7);
    const low23 = v128.shuffle<u32>(m2, m3, 0, 4, 1, 5);
    const high23 = v128.shuffle<u32>(m2, m3, 2, 6, 3, 7);
    const to: usize = SCHEDULE + (at << 2);
    v128.store(to, v128.shuffle<u64>(low01, low23, 0, 2));
    v128.store(to, v128.shuffle<u64>(low01, low23, 1, 3), 16);
    v128.store(to, v128.shuffle<u64>(high01, high23, 0, 2), 32);
    v128.store(to, v128.shuffle<u64>(high01, high23, 1, 3), 48);
  }
}

function bigEndian(words: v128): v128 {
  return v128.shuffle<u8>(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

function expand(): void {
  for (let at: usize = SCHEDULE + 16 * 16; at < SCHEDULE + 64 * 16; at += 16) {
    const w15 = v128.load(at - 15 * 16);
    const w2 = v128.load(at - 2 * 16);
    const s0 = v128.xor(v128.xor(rotr(w15, 7), rotr(w15, 18)), i32x4.shr_u(w15, 3));
    const s1 = v128.xor(v128.xor(rotr(w2, 17), rotr(w2, 19)), i32x4.shr_u(w2, 10));
    v128.store(at, add(add(v128.load(at - 16 * 16), s0), add(v128.load(at - 7 * 16), s1)));
  }
}

/** Eight rounds a turn, in which the names go round instead of the values. */
function compress(): void {
  let a = v128.load(STATE);
  let b = v128.load(STATE, 16);
  let c = v128.load(STATE, 32);
  let d = v128.load(STATE, 48);
  let e = v128.load(STATE, 64);
  let f = v128.load(STATE, 80);
  let g = v128.load(STATE, 96);
  let h = v128.load(STATE, 112);
  for (let round: usize = 0; round < 64; round += 8) {
    let t1 = firstSum(e, f, g, h, round);
    d = add(d, t1);
    h = add(t1, secondSum(a, b, c));
    t1 = firstSum(d, e, f, g, round + 1);
    c = add(c, t1);
    g = add(t1, secondSum(h, a, b));
    t1 = firstSum(c, d, e, f, round + 2);
    b = add(b, t1);
    f = add(t1, secondSum(g, h, a));
    t1 = firstSum(b, c, d, e, round + 3);
    a = add(a, t1);
    e = add(t1, secondSum(f, g, h));
    t1 = firstSum(a, b, c, d, round + 4);
    h = add(h, t1);
    d = add(t1, secondSum(e, f, g));
    t1 = firstSum(h, a, b, c, round + 5);
    g = add(g, t1);
    c = add(t1, secondSum(d, e, f));
    t1 = firstSum(g, h, a, b, round + 6);
    f = add(f, t1);
    b = add(t1, secondSum(c, d, e));
    t1 = firstSum(f, g, h, a, round + 7);
    e = add(e, t1);
    a = add(t1, secondSum(b, c, d));
  }
  addTo(0, a);
  addTo(16, b);
  addTo(32, c);
  addTo(48, d);
  addTo(64, e);
  addTo(80, f);
  addTo(96, g);
  addTo(112, h);
}

/** T1 of §6.2.2 step 3. */
function firstSum(e: v128, f: v128, g: v128, h: v128, round: usize): v128 {
  const s1 = v128.xor(v128.xor(rotr(e, 6), rotr(e, 11)), rotr(e, 25));
  const choice = v128.xor(g, v128.and(e, v128.xor(f, g)));
  const word = add(v128.load(SCHEDULE + (round << 4)), v128.load_splat<u32>(ROUND_CONSTANTS + (round << 2)));
  return add(add(h, word), add(s1, choice));
}

/** T2. */
function secondSum(a: v128, b: v128, c: v128): v128 {
  const s0 = v128.xor(v128.xor(rotr(a, 2), rotr(a, 13)), rotr(a, 22));
  const majority = v128.or(v128.and(a, b), v128.and(c, v128.or(a, b)));
  return add(s0, majority);
}

function add(a: v128, b: v128): v128 {
  return i32x4.add(a, b);
}

function rotr(words: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(words, bits), i32x4.shl(words, 32 - bits));
}

function addTo(offset: usize, words: v128): void {
  v128.store(STATE + offset, add(v128.load(STATE + offset), words));
}
