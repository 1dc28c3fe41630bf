/**
 * The kernel's structs as this process's word size lays them out.
 *
 * recvmmsg and sendmmsg take an array of `struct mmsghdr`; each points to an iovec, which points to the bytes. The arrays
 * live in a buffer of the host's own, and only the iovecs point into WASM memory: no program can reach a pointer.
 * Little-endian throughout: so are WebAssembly memory and every machine that koffi has a binary for.
 * Offsets: linux/socket.h `struct user_msghdr`, `struct mmsghdr`, `struct cmsghdr`; linux/uio.h `struct iovec`; linux/filter.h
 * `struct sock_fprog`.
 */

import type { Libc } from "./libc.ts";

const is64 = process.arch !== "arm" && process.arch !== "ia32";

const layout64 = {
  word: 8,
  mmsghdr: 64,
  name: 0,
  nameLength: 8,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  length: 56,
  iovec: 16,
  iovecLength: 8,
  cmsghdr: 16,
  filter: 16,
  filterPointer: 8,
};
const layout32: StructLayout = {
  word: 4,
  mmsghdr: 32,
  name: 0,
  nameLength: 4,
  iov: 8,
  iovLength: 12,
  control: 16,
  controlLength: 20,
  length: 28,
  iovec: 8,
  iovecLength: 4,
  cmsghdr: 12,
  filter: 8,
  filterPointer: 4,
};

/** Sizes of the structs, and byte offsets in them. */
export type StructLayout = typeof layout64;
/** By word size in bits. */
export const layouts: Readonly<Record<32 | 64, StructLayout>> = { 32: layout32, 64: layout64 };
/** This process's own. */
export const Layout = is64 ? layout64 : layout32;

/** Writes a pointer or a size_t. */
export function setWord(view: DataView, at: number, value: number): void {
  if (is64) view.setBigUint64(at, BigInt(value), true);
  else view.setUint32(at, value, true);
}

/** Message headers for a row of slots that lie `slotBytes` apart. Slot addresses are written once. */
export class MessageVector {
  readonly count: number;
  /** Address of the first header, for the kernel. */
  readonly address: number;
  readonly #headers: Uint32Array;
  readonly #iovecs: Uint32Array;
  readonly #slotBytes: number;

  constructor(libc: Libc, slots: { memory: Uint8Array; base: number; slotBytes: number; count: number }) {
    const { count, slotBytes } = slots;
    const headersBytes = count * Layout.mmsghdr;
    const buffer = new Uint8Array(new ArrayBuffer(headersBytes + count * Layout.iovec));
    const view = new DataView(buffer.buffer);
    this.count = count;
    this.address = libc.address(buffer);
    this.#slotBytes = slotBytes;
    this.#headers = new Uint32Array(buffer.buffer, 0, headersBytes / 4);
    this.#iovecs = new Uint32Array(buffer.buffer, headersBytes);
    const memory = libc.address(slots.memory) + slots.base;
    for (let slot = 0; slot < count; slot++) {
      const iovec = headersBytes + slot * Layout.iovec;
      setWord(view, slot * Layout.mmsghdr + Layout.iov, this.address + iovec);
      setWord(view, slot * Layout.mmsghdr + Layout.iovLength, 1);
      setWord(view, iovec, memory + slot * slotBytes);
      setWord(view, iovec + Layout.iovecLength, slotBytes);
    }
  }

  header(slot: number): number {
    return this.address + slot * Layout.mmsghdr;
  }

  /** What recvmmsg wrote: with MSG_TRUNC the true length, which may exceed the slot. */
  length(slot: number): number {
    return this.#headers[(slot * Layout.mmsghdr + Layout.length) >> 2] as number;
  }

  /** Bytes to send from a slot, clamped to it: the program that wrote the length is not trusted. */
  setLength(slot: number, length: number): void {
    this.#iovecs[(slot * Layout.iovec + Layout.iovecLength) >> 2] = Math.min(length, this.#slotBytes);
  }
}
