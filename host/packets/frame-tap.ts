/**
 * Every frame that passes a link, in both directions, with the kernel's time of each: for captures, and to tell how long an answer took
 * without our own event loop in the figure.
 */

import { everyFrame } from "./filter.ts";
import { Layout, setWord } from "./layout.ts";
import { Errno, type Libc } from "./libc.ts";
import { MSG_DONTWAIT, PACKET_IGNORE_OUTGOING, SOL_PACKET, SOL_SOCKET } from "./socket-numbers.ts";
import { openPacketSocket, setIntOption } from "./sockets.ts";

export interface FrameTap {
  /** Hands on all that the kernel has queued by now. */
  drain(): void;
  close(): void;
}

/** `nanoseconds`: of the kernel's wall clock, when the frame left or arrived. */
export type OnTapped = (frame: Uint8Array, nanoseconds: bigint) => void;

const ETH_P_ALL = 0x0003;
/** SO_TIMESTAMPNS_OLD: its time has the size of a long, and all kernels have it. */
const SO_TIMESTAMPNS = 35;
const SLOTS = 16;
/** A frame that the sender left to the hardware to cut (GSO) is as long as an IP packet may be. */
const SLOT_BYTES = 65_536 + 64;

/** linux/socket.h `struct cmsghdr` (a word, two ints), then `struct timespec` (two words). */
const WORD = Layout.iovLength - Layout.iov;
const CONTROL = Layout.iovLength + WORD;
const CONTROL_LENGTH = CONTROL + WORD;
const TIME = WORD + 8;
const CONTROL_BYTES = 64;

/** Frames that pass `filter`; without one, all. Throws where the link refuses. */
export function openFrameTap(libc: Libc, link: { name: string; index: number }, onFrame: OnTapped, filter = everyFrame): FrameTap {
  const fd = openPacketSocket(libc, link, ETH_P_ALL, filter);
  setIntOption(libc, fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  setIntOption(libc, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 0);
  const slots = new TimedSlots(libc);
  const drain = (): void => {
    let count: number;
    do {
      slots.reset();
      count = libc.recvmmsg(fd, slots.address, SLOTS, MSG_DONTWAIT, 0);
      for (let slot = 0; slot < count; slot++) {
        const time = slots.time(slot);
        if (time !== undefined) onFrame(slots.frame(slot), time);
      }
    } while (count === SLOTS || (count < 0 && libc.errno() === Errno.EINTR));
  };
  const watch = libc.watch(fd, drain);
  return {
    drain,
    close() {
      watch.close();
      libc.close(fd);
    },
  };
}

/** Message headers with room for a frame and its time each, in one piece of memory. */
class TimedSlots {
  readonly address: number;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #controls = SLOTS * (Layout.mmsghdr + Layout.iovec);
  readonly #frames = this.#controls + SLOTS * CONTROL_BYTES;

  constructor(libc: Libc) {
    this.#bytes = new Uint8Array(new ArrayBuffer(this.#frames + SLOTS * SLOT_BYTES));
    this.#view = new DataView(this.#bytes.buffer);
    this.address = libc.address(this.#bytes);
    for (let slot = 0; slot < SLOTS; slot++) {
      const header = slot * Layout.mmsghdr;
      const iovec = SLOTS * Layout.mmsghdr + slot * Layout.iovec;
      setWord(this.#view, header + Layout.iov, this.address + iovec);
      setWord(this.#view, header + Layout.iovLength, 1);
      setWord(this.#view, header + CONTROL, this.address + this.#controls + slot * CONTROL_BYTES);
      setWord(this.#view, iovec, this.address + this.#frames + slot * SLOT_BYTES);
      setWord(this.#view, iovec + Layout.iovecLength, SLOT_BYTES);
    }
  }

  /** The kernel writes how much it used over how much there is. */
  reset(): void {
    for (let slot = 0; slot < SLOTS; slot++) setWord(this.#view, slot * Layout.mmsghdr + CONTROL_LENGTH, CONTROL_BYTES);
  }

  frame(slot: number): Uint8Array {
    const at = this.#frames + slot * SLOT_BYTES;
    return this.#bytes.slice(at, at + this.#view.getUint32(slot * Layout.mmsghdr + Layout.length, true));
  }

  /** Undefined for a frame that was queued before the option was set. */
  time(slot: number): bigint | undefined {
    const used = this.#view.getUint32(slot * Layout.mmsghdr + CONTROL_LENGTH, true);
    const at = this.#controls + slot * CONTROL_BYTES;
    if (used < TIME + 2 * WORD || this.#view.getInt32(at + WORD + 4, true) !== SO_TIMESTAMPNS) return undefined;
    const word = (offset: number) =>
      WORD === 8 ? this.#view.getBigInt64(at + offset, true) : BigInt(this.#view.getInt32(at + offset, true));
    return word(TIME) * 1_000_000_000n + word(TIME + WORD);
  }
}
