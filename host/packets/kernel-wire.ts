/** The real wire: AF_PACKET sockets whose bytes the kernel writes straight into WASM memory, a batch a call. Datagrams: `datagram-port.ts`. */

import { kernelDatagrams } from "./datagram-port.ts";
import { MessageVector } from "./layout.ts";
import { Errno, type Libc } from "./libc.ts";
import type { LoadedProgram } from "./program.ts";
import { MSG_DONTWAIT } from "./socket-numbers.ts";
import { openPacketSocket, openSendSocket, takeKernelDrops, widenReception } from "./sockets.ts";
import type { FramePort, Wire } from "./wire.ts";

/** recvmmsg then reports the true length of a frame that the slot cut short. */
const MSG_TRUNC = 0x20;

/** `watches`: ports tell the event loop when frames wait; otherwise a driver polls their `fd`. */
export function kernelWire(libc: Libc, watches: boolean): Wire {
  /** Every port of a program sends from the same slots, so they share one vector. */
  const vectors = new WeakMap<LoadedProgram, { rx: MessageVector; tx: MessageVector }>();
  return {
    kind: "kernel",
    openDatagrams: kernelDatagrams(libc, watches),
    open(program, link, etherType, filter, onReadable) {
      let vector = vectors.get(program);
      if (vector === undefined) {
        const { memory, slotBytes, slots: count } = program;
        vector = {
          rx: new MessageVector(libc, { memory, slotBytes, count, base: program.rx }),
          tx: new MessageVector(libc, { memory, slotBytes, count, base: program.tx }),
        };
        vectors.set(program, vector);
      }
      const fd = openPacketSocket(libc, link, etherType, filter);
      try {
        if (link.reception !== undefined) widenReception(libc, fd, link, link.reception);
        if (!watches) return new KernelPort(libc, { receive: fd, send: fd }, program, vector, undefined);
        const send = openSendSocket(libc, link);
        return new KernelPort(libc, { receive: fd, send }, program, vector, libc.watch(fd, onReadable));
      } catch (error) {
        libc.close(fd);
        throw error;
      }
    },
  };
}

class KernelPort implements FramePort {
  readonly fd: number;
  readonly #sendFd: number;
  readonly #libc: Libc;
  readonly #program: LoadedProgram;
  readonly #rx: MessageVector;
  readonly #tx: MessageVector;

  /** Referenced as long as the port lives: a collected handle stops polling without a word. */
  readonly #watch: { close(): void } | undefined;

  constructor(
    libc: Libc,
    fds: { receive: number; send: number },
    program: LoadedProgram,
    vector: { rx: MessageVector; tx: MessageVector },
    watch: { close(): void } | undefined,
  ) {
    this.fd = fds.receive;
    this.#sendFd = fds.send;
    this.#libc = libc;
    this.#program = program;
    this.#rx = vector.rx;
    this.#tx = vector.tx;
    this.#watch = watch;
  }

  receive(): number {
    // Errors are states of the link (down, gone) that rtnetlink tells of, or "nothing there": none is worth a branch here.
    const count = this.#libc.recvmmsg(this.fd, this.#rx.address, this.#rx.count, MSG_DONTWAIT | MSG_TRUNC, 0);
    for (let slot = 0; slot < count; slot++) this.#program.setReceivedLength(slot, this.#rx.length(slot));
    return Math.max(count, 0);
  }

  send(from: number, to: number): number {
    for (let slot = from; slot < to; slot++) this.#tx.setLength(slot, this.#program.sendLength(slot));
    let sent = 0;
    while (from + sent < to) {
      const count = this.#libc.sendmmsg(this.#sendFd, this.#tx.header(from + sent), to - from - sent, MSG_DONTWAIT);
      if (count > 0) sent += count;
      // A full queue or a dead link drops what is left: the other side asks again, and a loop here would make things worse.
      else if (this.#libc.errno() !== Errno.EINTR) break;
    }
    return sent;
  }

  takeDrops(): number {
    return takeKernelDrops(this.#libc, this.fd);
  }

  close(): void {
    this.#watch?.close();
    this.#libc.close(this.fd);
    if (this.#sendFd !== this.fd) this.#libc.close(this.#sendFd);
  }
}
