/**
 * The kernel's structs as this process's word size lays them out.
 *
 * recvmmsg and sendmmsg take an array of `struct mmsghdr`; each points to an iovec, which points to the bytes. The arrays
 * live in a buffer of the host's own, and only the iovecs point into WASM memory: no program can reach a pointer.
 * Offsets: linux/socket.h `struct user_msghdr`, `struct mmsghdr`; linux/uio.h `struct iovec`; linux/filter.h `struct sock_fprog`.
 */

import { endianness } from "node:os";
import type { Libc } from "./libc.ts";

const is64 = !["arm", "ia32", "mips", "mipsel"].includes(process.arch);
const isLittle = endianness() === "LE";

/** Byte offsets and sizes; `word` is the size of a pointer. */
export const Layout = is64
  ? { word: 8, mmsghdr: 64, name: 0, nameLength: 8, iov: 16, iovLength: 24, control: 32, controlLength: 40, flags: 48, length: 56, iovec: 16, iovecLength: 8, filter: 16, filterPointer: 8 }
  : { word: 4, mmsghdr: 32, name: 0, nameLength: 4, iov: 8, iovLength: 12, control: 16, controlLength: 20, flags: 24, length: 28, iovec: 8, iovecLength: 4, filter: 8, filterPointer: 4 };

export function setWord(view: DataView, at: number, value: number): void {
  if (is64) view.setBigUint64(at, BigInt(value), isLittle);
  else view.setUint32(at, value, isLittle);
}

/** Struct members in the machine's byte order. */
export function setInt(view: DataView, at: number, value: number): void {
  view.setInt32(at, value, isLittle);
}

export function getInt(view: DataView, at: number): number {
  return view.getInt32(at, isLittle);
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
    const at = (slot * Layout.iovec + Layout.iovecLength) >> 2;
    this.#iovecs[isLittle ? at : at + Layout.word / 4 - 1] = Math.min(length, this.#slotBytes);
  }
}
