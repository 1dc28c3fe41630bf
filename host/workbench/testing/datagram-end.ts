/** A datagram port without an engine: a test writes the descriptors of what it sends, and reads those of what came. */

import { Descriptor } from "../../packets/datagram-layout.ts";
import { addressText, type DatagramOptions, toEndpoint } from "../../packets/datagram-options.ts";
import { LinkTable, NO_LINK } from "../../packets/link-table.ts";
import { PacketProgram } from "../../packets/program.ts";
import { loadModule } from "../../packets/wasm.ts";
import type { DatagramPort, Wire } from "../../packets/wire.ts";

/** A descriptor and the bytes of its slot. */
export interface TestDatagram {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly port: number;
  readonly hopLimit: number;
  readonly link: number;
  readonly peerPort: number;
  readonly family: number;
  readonly peer: string;
}

export class DatagramEnd {
  readonly program = new PacketProgram("echo", loadModule("echo"));
  readonly links = new LinkTable();
  readonly port: DatagramPort;
  readonly options: DatagramOptions;
  readonly #view = new DataView(this.program.memory.buffer);

  constructor(wire: Wire, options: DatagramOptions, port = 1) {
    this.options = options;
    this.port = wire.openDatagrams({ program: this.program, port, options, links: this.links }, () => {});
  }

  /** What has arrived by now, one batch. */
  receive(): TestDatagram[] {
    return Array.from({ length: this.port.receive() }, (_, slot) => this.#read(slot));
  }

  /** Writes sending slots as they are asked for, and sends them. Gives how many the port took. */
  send(...datagrams: (Partial<TestDatagram> & { text?: string })[]): number {
    for (const [slot, datagram] of datagrams.entries()) this.#write(slot, datagram);
    return this.port.send(0, datagrams.length);
  }

  /** As the peer of another end. */
  get asPeer(): { peer: string; peerPort: number; family: number } {
    const { family, address } = toEndpoint(this.options);
    return { peer: addressText(family, address), peerPort: this.port.udpPort, family };
  }

  #read(slot: number): TestDatagram {
    const { rx, rxDescriptors, slotBytes, memory } = this.program;
    const at = rxDescriptors + slot * Descriptor.bytes;
    const length = this.#view.getUint16(at + Descriptor.length, true);
    const family = this.#view.getUint8(at + Descriptor.peerFamily);
    return {
      bytes: memory.slice(rx + slot * slotBytes, rx + slot * slotBytes + Math.min(length, slotBytes)),
      length,
      port: this.#view.getUint8(at + Descriptor.port),
      hopLimit: this.#view.getUint8(at + Descriptor.hopLimit),
      link: this.#view.getUint32(at + Descriptor.link, true),
      peerPort: this.#view.getUint16(at + Descriptor.peerPort, true),
      family,
      peer: addressText(family === 4 ? 4 : 6, memory.slice(at + Descriptor.peer, at + Descriptor.bytes)),
    };
  }

  #write(slot: number, { text = "", ...datagram }: Partial<TestDatagram> & { text?: string }): void {
    const { tx, txDescriptors, slotBytes, memory } = this.program;
    const at = txDescriptors + slot * Descriptor.bytes;
    const bytes = datagram.bytes ?? Buffer.from(text);
    memory.fill(0, at, at + Descriptor.bytes);
    memory.set(bytes.subarray(0, slotBytes), tx + slot * slotBytes);
    this.#view.setUint16(at + Descriptor.length, datagram.length ?? bytes.length, true);
    this.#view.setUint8(at + Descriptor.port, datagram.port ?? 1);
    this.#view.setUint8(at + Descriptor.hopLimit, datagram.hopLimit ?? 0);
    this.#view.setUint32(at + Descriptor.link, datagram.link ?? NO_LINK, true);
    this.#view.setUint16(at + Descriptor.peerPort, datagram.peerPort ?? 0, true);
    this.#view.setUint8(at + Descriptor.peerFamily, datagram.family ?? 0);
    if (datagram.peer !== undefined) memory.set(toEndpoint({ address: datagram.peer, udpPort: 0 }).address, at + Descriptor.peer);
  }
}
