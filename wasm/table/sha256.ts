/**
 * SHA-256 of up to `MESSAGE_MAX` bytes. FIPS 180-4 §6.2 "SHA-256"; the padding of §5.1.1 is written behind the
 * message, so the caller writes the message at `MESSAGE` and nothing is copied.
 */

/** FIPS 180-4 §4.2.2 "SHA-224 and SHA-256 Constants". */
const ROUND_CONSTANTS: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
  0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
  0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
  0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
  0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
  0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

/** FIPS 180-4 §5.3.3 "SHA-256" initial hash value. */
const INITIAL: usize = memory.data<u32>([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);

const BLOCK_BYTES: u32 = 64;
/** Eight blocks less the 0x80 byte and the 64-bit length. */
export const MESSAGE_MAX: u32 = 8 * BLOCK_BYTES - 9;
export const DIGEST_BYTES: u32 = 32;
export const MESSAGE: usize = memory.data(512, 16);
const SCHEDULE: usize = memory.data(256, 16);

/**
 * Hashes the `length` bytes at `MESSAGE` (at most `MESSAGE_MAX`; the caller checks) into 32 bytes at `out`. The eight
 * words are stored as four u64, first word high: comparing those as numbers is comparing the digest byte by byte.
 */
export function sha256(length: u32, out: usize): void {
  const blocks: u32 = (length + 9 + BLOCK_BYTES - 1) / BLOCK_BYTES;
  const end: usize = MESSAGE + blocks * BLOCK_BYTES;
  store<u8>(MESSAGE + length, 0x80);
  memory.fill(MESSAGE + length + 1, 0, end - 8 - (MESSAGE + length + 1));
  store<u64>(end - 8, bswap<u64>((<u64>length) << 3));
  // The digest is built in place; a pair of words swaps its halves because the u64 is little-endian in memory.
  for (let word: u32 = 0; word < 8; word++) store<u32>(wordAt(out, word), load<u32>(INITIAL + (word << 2)));
  for (let block: usize = MESSAGE; block < end; block += BLOCK_BYTES) compress(block, out);
}

function wordAt(digest: usize, word: u32): usize {
  return digest + ((word ^ 1) << 2);
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
