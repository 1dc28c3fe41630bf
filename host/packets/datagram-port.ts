/** Datagram ports on the real wire: UDP sockets whose bytes the kernel writes straight into WASM memory, a batch a call. */

import { mayLeave } from "./datagram-check.ts";
import { Descriptor } from "./datagram-layout.ts";
import { type DatagramOptions, toEndpoint } from "./datagram-options.ts";
import { DatagramSlots } from "./datagram-slots.ts";
import { openDatagramSocket, readDatagramDrops } from "./datagram-socket.ts";
import { Errno, type Libc } from "./libc.ts";
import type { LinkTable } from "./link-table.ts";
import type { LoadedProgram } from "./program.ts";
import { MSG_DONTWAIT, MSG_TRUNC } from "./socket-numbers.ts";
import type { DatagramPort, Wire } from "./wire.ts";

interface SlotPair {
  readonly rx: DatagramSlots;
  readonly tx: DatagramSlots;
}

/** `watches`: ports tell the event loop when datagrams wait; otherwise a driver polls their `fd`. */
export function kernelDatagrams(libc: Libc, watches: boolean): Wire["openDatagrams"] {
  /** Every port of a program uses the same slots, one after another. */
  const pairs = new WeakMap<LoadedProgram, SlotPair>();
  return ({ program, port, options, links }, onReadable) => {
    let pair = pairs.get(program);
    if (pair === undefined) {
      const { memory, slotBytes, slots: count, rx, tx, rxDescriptors, txDescriptors } = program;
      pair = {
        rx: new DatagramSlots(libc, { memory, slotBytes, count, base: rx, descriptors: rxDescriptors }),
        tx: new DatagramSlots(libc, { memory, slotBytes, count, base: tx, descriptors: txDescriptors }),
      };
      pairs.set(program, pair);
    }
    const socket = openDatagramSocket(libc, options);
    return new KernelDatagrams(libc, { ...socket, program, port, options, links, ...pair }, watches ? onReadable : undefined);
  };
}

interface Parts extends SlotPair {
  readonly fd: number;
  readonly udpPort: number;
  readonly program: LoadedProgram;
  readonly port: number;
  readonly options: DatagramOptions;
  readonly links: LinkTable;
}

class KernelDatagrams implements DatagramPort {
  readonly fd: number;
  readonly udpPort: number;
  readonly #libc: Libc;
  readonly #parts: Parts;
  readonly #family: 4 | 6;
  readonly #descriptors: DataView;
  /** Referenced as long as the port lives: a collected handle stops polling without a word. */
  readonly #watch: { close(): void } | undefined;
  #drops = 0;

  constructor(libc: Libc, parts: Parts, onReadable: (() => void) | undefined) {
    this.fd = parts.fd;
    this.udpPort = parts.udpPort;
    this.#libc = libc;
    this.#parts = parts;
    this.#family = toEndpoint(parts.options).family;
    this.#descriptors = new DataView(parts.program.memory.buffer, parts.program.txDescriptors);
    this.#watch = onReadable && libc.watch(parts.fd, onReadable);
  }

  receive(): number {
    const { rx, port, links } = this.#parts;
    // An error is "nothing there", or an old one of a datagram that we sent: asking has cleared it.
    const count = this.#libc.recvmmsg(this.fd, rx.address, rx.count, MSG_DONTWAIT | MSG_TRUNC, 0);
    for (let slot = 0; slot < count; slot++) rx.take(slot, port, links);
    return Math.max(count, 0);
  }

  send(from: number, to: number): number {
    let sent = 0;
    for (let slot = from; slot < to; slot++) {
      const first = slot;
      while (slot < to && this.#lay(slot)) slot++;
      if (slot > first) sent += this.#transmit(first, slot);
    }
    return sent;
  }

  takeDrops(): number {
    const before = this.#drops;
    this.#drops = readDatagramDrops(this.#libc, this.fd);
    return (this.#drops - before) >>> 0;
  }

  close(): void {
    this.#watch?.close();
    this.#libc.close(this.fd);
  }

  #lay(slot: number): boolean {
    const { options, links, tx } = this.#parts;
    if (!mayLeave(this.#descriptors, slot * Descriptor.bytes, this.#family, options.link, links)) return false;
    tx.lay(slot, this.#family, links);
    return true;
  }

  #transmit(from: number, to: number): number {
    let sent = 0;
    for (let slot = from; slot < to; ) {
      const count = this.#libc.sendmmsg(this.fd, this.#parts.tx.header(slot), to - slot, MSG_DONTWAIT);
      if (count > 0) {
        sent += count;
        slot += count;
        continue;
      }
      const errno = this.#libc.errno();
      // A full queue drops what is left. Anything else is the fault of one datagram (no route, no such peer), and not of the next.
      if (errno === Errno.EAGAIN || errno === Errno.ENOBUFS) break;
      if (errno !== Errno.EINTR) slot++;
    }
    return sent;
  }
}
