// The memory map of module `wire`. Input lies at the very end of memory: the host puts a packet flush against it, so a
// decoder that reads one byte too many traps in every test and every run, instead of reading what was there before.

/** Decoded form of one packet: each format's record has its own place, so records of nested formats stand together. */
export const RECORD: u32 = 1024;
export const RECORD_BYTES: u32 = 3072;

/** Encoders write here. */
export const OUT: u32 = RECORD + RECORD_BYTES;
export const OUT_BYTES: u32 = 65536;

/** Decoders read `length` bytes at any place in here. */
export const IN: u32 = 0x30000;
export const IN_BYTES: u32 = 65536;
