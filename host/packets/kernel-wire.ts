/** The real wire: AF_PACKET sockets, whose bytes go from the kernel to WASM memory and back, a batch a call. Datagrams: `datagram-port.ts`. */

import { kernelDatagrams } from "./datagram-port.ts";
import { MessageVector } from "./layout.ts";
import { Errno, type Libc } from "./libc.ts";
import type { LoadedProgram } from "./program.ts";
import { receiveBatches } from "./receive-batch.ts";
import { ReceiveRing } from "./receive-ring.ts";
import { MSG_DONTWAIT } from "./socket-numbers.ts";
import { openPacketSocket, openSendSocket, takeKernelDrops, widenReception } from "./sockets.ts";
import type { FramePort, Receiver, Wire } from "./wire.ts";

/** `watches`: ports tell the event loop when frames wait; otherwise a driver polls their `fd`. */
export function kernelWire(libc: Libc, watches: boolean): Wire {
  /** Every port of a program uses the same slots, so they share the vectors of these. */
  const [received, sent] = [vectors(libc, "rx"), vectors(libc, "tx")];
  const receiverOf = (fd: number, program: LoadedProgram): Receiver =>
    ReceiveRing.open(libc, fd, program) ?? receiveBatches(libc, fd, program, received(program));
  return {
    kind: "kernel",
    openDatagrams: kernelDatagrams(libc, watches),
    open(program, link, etherType, filter, onReadable) {
      const fd = openPacketSocket(libc, link, etherType, filter);
      let receiver: Receiver | undefined;
      try {
        receiver = receiverOf(fd, program);
        if (link.reception !== undefined) widenReception(libc, fd, link, link.reception);
        const ends = { program, receiver, vector: sent(program) };
        if (!watches) return new KernelPort(libc, { receive: fd, send: fd }, ends, undefined);
        const send = openSendSocket(libc, link);
        return new KernelPort(libc, { receive: fd, send }, ends, libc.watch(fd, onReadable));
      } catch (error) {
        receiver?.close();
        libc.close(fd);
        throw error;
      }
    },
  };
}

/** One vector for each program. */
function vectors(libc: Libc, side: "rx" | "tx"): (program: LoadedProgram) => MessageVector {
  const known = new WeakMap<LoadedProgram, MessageVector>();
  return (program) => {
    const { memory, slotBytes, slots: count } = program;
    const vector = known.get(program) ?? new MessageVector(libc, { memory, slotBytes, count, base: program[side] });
    known.set(program, vector);
    return vector;
  };
}

class KernelPort implements FramePort {
  readonly fd: number;
  readonly #sendFd: number;
  readonly #libc: Libc;
  readonly #program: LoadedProgram;
  readonly #receiver: Receiver;
  readonly #vector: MessageVector;
  /** Referenced as long as the port lives: a collected handle stops polling without a word. */
  readonly #watch: { close(): void } | undefined;

  constructor(
    libc: Libc,
    fds: { receive: number; send: number },
    ends: { program: LoadedProgram; receiver: Receiver; vector: MessageVector },
    watch: { close(): void } | undefined,
  ) {
    this.fd = fds.receive;
    this.#sendFd = fds.send;
    this.#libc = libc;
    this.#program = ends.program;
    this.#receiver = ends.receiver;
    this.#vector = ends.vector;
    this.#watch = watch;
  }

  receive(): number {
    return this.#receiver.receive();
  }

  send(from: number, to: number): number {
    for (let slot = from; slot < to; slot++) this.#vector.setLength(slot, this.#program.sendLength(slot));
    let sent = 0;
    while (from + sent < to) {
      const count = this.#libc.sendmmsg(this.#sendFd, this.#vector.header(from + sent), to - from - sent, MSG_DONTWAIT);
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
    this.#receiver.close();
    this.#libc.close(this.fd);
    if (this.#sendFd !== this.fd) this.#libc.close(this.#sendFd);
  }
}
