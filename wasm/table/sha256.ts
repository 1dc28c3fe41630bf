/** SHA-256 of one message. FIPS 180-4 §6.2 "SHA-256". */

import { BLOCK_BYTES, INITIAL, ROUND_CONSTANTS, wordAt } from "./sha256-constants";

const SCHEDULE: usize = memory.data(256, 16);

/** Hashes a message of `blocks` blocks, padded as §5.1.1 says, into 32 bytes at `out`, with words where `wordAt` says. */
export function sha256(message: usize, blocks: u32, out: usize): void {
  for (let word: u32 = 0; word < 8; word++) store<u32>(wordAt(out, word), load<u32>(INITIAL + (word << 2)));
  const end: usize = message + blocks * BLOCK_BYTES;
  for (let block: usize = message; block < end; block += BLOCK_BYTES) compress(block, out);
}

function expand(block: usize): void {
  for (let at: usize = 0; at < 64; at += 4) store<u32>(SCHEDULE + at, bswap<u32>(load<u32>(block + at)));
  for (let at: usize = SCHEDULE + 64; at < SCHEDULE + 256; at += 4) {
    const w15 = load<u32>(at - 60);
    const w2 = load<u32>(at - 8);
    const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >>> 3);
    const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >>> 10);
    store<u32>(at, load<u32>(at - 64) + s0 + load<u32>(at - 28) + s1);
  }
}

/** FIPS 180-4 §6.2.2 "SHA-256 Hash Computation", one block; a … h as there. */
function compress(block: usize, digest: usize): void {
  expand(block);
  let a = load<u32>(wordAt(digest, 0));
  let b = load<u32>(wordAt(digest, 1));
  let c = load<u32>(wordAt(digest, 2));
  let d = load<u32>(wordAt(digest, 3));
  let e = load<u32>(wordAt(digest, 4));
  let f = load<u32>(wordAt(digest, 5));
  let g = load<u32>(wordAt(digest, 6));
  let h = load<u32>(wordAt(digest, 7));
  for (let at: usize = 0; at < 256; at += 4) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<u32>(ROUND_CONSTANTS + at) + load<u32>(SCHEDULE + at);
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  add(wordAt(digest, 0), a);
  add(wordAt(digest, 1), b);
  add(wordAt(digest, 2), c);
  add(wordAt(digest, 3), d);
  add(wordAt(digest, 4), e);
  add(wordAt(digest, 5), f);
  add(wordAt(digest, 6), g);
  add(wordAt(digest, 7), h);
}

function add(at: usize, value: u32): void {
  store<u32>(at, load<u32>(at) + value);
}
