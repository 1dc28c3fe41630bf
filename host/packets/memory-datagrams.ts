/**
 * Datagrams of the in-memory wire: a segment where whoever is bound to an address and UDP port gets what is sent there. There is no
 * router, so hop limits arrive as they left; there is no machine either, so nobody can be bound to all of its addresses.
 */

import { mayLeave } from "./datagram-check.ts";
import { Descriptor } from "./datagram-layout.ts";
import { type Endpoint, endpointText, toEndpoint } from "./datagram-options.ts";
import { NO_LINK } from "./link-table.ts";
import type { DatagramPort, DatagramRequest } from "./wire.ts";

const QUEUE_DATAGRAMS = 1024;
const DEFAULT_HOP_LIMIT = 64;
/** Where a port is chosen for who asked for none: RFC 6335 §6 "Port Number Ranges". */
const FIRST_FREE_PORT = 49_152;

export interface MemoryDatagram {
  readonly bytes: Uint8Array;
  readonly hopLimit: number;
  readonly from: Endpoint;
}

/** A station without a program. */
export interface MemoryPeer {
  readonly udpPort: number;
  send(bytes: Uint8Array, to: { address: string; udpPort: number }, hopLimit?: number): void;
  close(): void;
}

type Accept = (datagram: MemoryDatagram) => void;

export class MemoryDatagrams {
  readonly #bound = new Map<string, Accept>();

  get size(): number {
    return this.#bound.size;
  }

  join(at: { address: string; udpPort: number }, accept: Accept): MemoryPeer {
    const own = this.bind(toEndpoint(at), accept);
    return {
      udpPort: own.udpPort,
      send: (bytes, to, hopLimit = DEFAULT_HOP_LIMIT) => this.deliver(toEndpoint(to), { bytes: bytes.slice(), hopLimit, from: own }),
      close: () => this.unbind(own, accept),
    };
  }

  open(request: DatagramRequest, onReadable: () => void): DatagramPort {
    return new MemoryPort(this, request, onReadable);
  }

  /** Gives what it is bound to in the end. */
  bind(wanted: Endpoint, accept: Accept): Endpoint {
    const own = wanted.udpPort === 0 ? { ...wanted, udpPort: this.#freePort(wanted) } : wanted;
    const text = endpointText(own);
    if (own.address.every((byte) => byte === 0))
      throw new Error(`Cannot open UDP ${text}: the in-memory wire knows of no machine, expected the address of one host`);
    if (this.#bound.has(text)) throw new Error(`Cannot open UDP ${text}: another socket is bound to it`);
    this.#bound.set(text, accept);
    return own;
  }

  unbind(own: Endpoint, accept: Accept): void {
    const text = endpointText(own);
    if (this.#bound.get(text) === accept) this.#bound.delete(text);
  }

  deliver(to: Endpoint, datagram: MemoryDatagram): void {
    this.#bound.get(endpointText(to))?.(datagram);
  }

  #freePort(wanted: Endpoint): number {
    let udpPort = FIRST_FREE_PORT;
    while (this.#bound.has(endpointText({ ...wanted, udpPort }))) udpPort++;
    return udpPort;
  }
}

class MemoryPort implements DatagramPort {
  readonly #segment: MemoryDatagrams;
  readonly #request: DatagramRequest;
  readonly #own: Endpoint;
  readonly #accept: Accept;
  readonly #view: DataView;
  readonly #queue: MemoryDatagram[] = [];
  #drops = 0;

  constructor(segment: MemoryDatagrams, request: DatagramRequest, onReadable: () => void) {
    this.#segment = segment;
    this.#request = request;
    this.#view = new DataView(request.program.memory.buffer);
    this.#accept = (datagram) => {
      if (this.#queue.length >= QUEUE_DATAGRAMS) this.#drops++;
      else if (this.#queue.push(datagram) === 1) onReadable();
    };
    this.#own = segment.bind(toEndpoint(request.options), this.#accept);
  }

  get udpPort(): number {
    return this.#own.udpPort;
  }

  receive(): number {
    const { program } = this.#request;
    const batch = this.#queue.splice(0, program.slots);
    for (const [slot, datagram] of batch.entries()) {
      program.memory.set(datagram.bytes.subarray(0, program.slotBytes), program.rx + slot * program.slotBytes);
      this.#describe(program.rxDescriptors + slot * Descriptor.bytes, datagram);
    }
    return batch.length;
  }

  send(from: number, to: number): number {
    const { program, options, links } = this.#request;
    let sent = 0;
    for (let slot = from; slot < to; slot++) {
      const at = program.txDescriptors + slot * Descriptor.bytes;
      if (!mayLeave(this.#view, at, this.#own.family, options.link, links)) continue;
      const begin = program.tx + slot * program.slotBytes;
      const length = Math.min(this.#view.getUint16(at + Descriptor.length, true), program.slotBytes);
      const hopLimit = this.#view.getUint8(at + Descriptor.hopLimit) || (options.hopLimit ?? DEFAULT_HOP_LIMIT);
      this.#segment.deliver(this.#readPeer(at), { bytes: program.memory.slice(begin, begin + length), hopLimit, from: this.#own });
      sent++;
    }
    return sent;
  }

  takeDrops(): number {
    const taken = this.#drops;
    this.#drops = 0;
    return taken;
  }

  close(): void {
    this.#segment.unbind(this.#own, this.#accept);
  }

  #describe(at: number, { bytes, hopLimit, from }: MemoryDatagram): void {
    const { program, port, options, links } = this.#request;
    const link = options.link === undefined ? links.all.find(({ up }) => up)?.id : links.idOf(options.link.index);
    this.#view.setUint16(at + Descriptor.length, Math.min(bytes.length, 0xffff), true);
    this.#view.setUint8(at + Descriptor.port, port);
    this.#view.setUint8(at + Descriptor.hopLimit, hopLimit);
    this.#view.setUint32(at + Descriptor.link, link ?? NO_LINK, true);
    this.#view.setUint16(at + Descriptor.peerPort, from.udpPort, true);
    this.#view.setUint8(at + Descriptor.peerFamily, from.family);
    program.memory.set(from.address, at + Descriptor.peer);
  }

  #readPeer(at: number): Endpoint {
    const address = this.#request.program.memory.slice(at + Descriptor.peer, at + Descriptor.bytes);
    return { family: this.#own.family, address, udpPort: this.#view.getUint16(at + Descriptor.peerPort, true) };
  }
}
