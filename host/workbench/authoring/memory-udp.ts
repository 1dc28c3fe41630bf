/** UDP in memory: sockets of a plugin, and of stations beside it, on one segment without a router. */

import type { Socket } from "node:dgram";
import { EventEmitter } from "node:events";
import type { RawUdp, UdpEndpoint } from "../../packets/udp.ts";
import type { Family } from "../../rules/vocabulary.ts";
import type { Datagram, UdpPeer, UdpSegment } from "./kit.ts";

/** RFC 6335 §6 "Port Number Ranges": dynamic ports. */
const FIRST_FREE_PORT = 49_152;
/** RFC 1112 §4 "Host Group Addresses", RFC 4291 §2.7 "Multicast Addresses", and the limited broadcast of RFC 919 §7. */
const GROUP = /^(22[4-9]|23\d)\.|^ff/i;
const BROADCAST = "255.255.255.255";

interface At {
  readonly address: string;
  readonly port: number;
}

export class MemoryUdp implements RawUdp, UdpSegment {
  readonly #sockets = new Set<MemorySocket>();
  readonly #own: () => readonly string[];
  readonly sent: Datagram[] = [];

  /** `own`: addresses of the plugin's machine. */
  constructor(own: () => readonly string[]) {
    this.#own = own;
  }

  create(family: Family, reuse: boolean): Socket {
    return new MemorySocket(this, family, reuse) as unknown as Socket;
  }

  bind(socket: Socket, to: UdpEndpoint): void {
    (socket as unknown as MemorySocket).bind(to);
  }

  join(socket: Socket, group: string): void {
    (socket as unknown as MemorySocket).groups.add(group);
  }

  peer(address: string, port: number): UdpPeer {
    const received: Datagram[] = [];
    const socket = new MemorySocket(this, address.includes(":") ? 6 : 4, true);
    socket.on("message", (bytes: Uint8Array, from: At) => received.push({ bytes, from, to: { address, port } }));
    socket.bind({ address, port });
    return {
      received,
      send: (bytes, to) => this.deliver(socket, bytes, to),
      join: (group) => void socket.groups.add(group),
      close: () => socket.close(),
    };
  }

  /** Gives the port that it has in the end. Throws as the kernel would. */
  take(socket: MemorySocket, { address, port }: At): number {
    const taken = [...this.#sockets].filter((other) => other.at?.address === address);
    if (taken.some((other) => other.at?.port === port && !(other.reuse && socket.reuse)))
      throw new Error(`bind EADDRINUSE ${address}:${port}`);
    this.#sockets.add(socket);
    return port > 0 ? port : Math.max(FIRST_FREE_PORT - 1, ...taken.map((other) => other.at?.port ?? 0)) + 1;
  }

  release(socket: MemorySocket): void {
    this.#sockets.delete(socket);
  }

  deliver(from: MemorySocket, bytes: Uint8Array, to: At): void {
    if (from.at === undefined) return;
    const source = isAny(from.at.address)
      ? (this.#own().find((own) => own.includes(":") === (from.family === 6)) ?? from.at.address)
      : from.at.address;
    const sender = { address: source, port: from.at.port };
    if (this.#isOwn(from)) this.sent.push({ bytes: bytes.slice(), from: sender, to });
    for (const socket of this.#sockets) {
      if (socket !== from && this.#hears(socket, to)) queueMicrotask(() => socket.emit("message", Buffer.from(bytes), sender));
    }
  }

  #isOwn({ at }: MemorySocket): boolean {
    return at !== undefined && (isAny(at.address) || this.#own().includes(at.address));
  }

  #hears(socket: MemorySocket, to: At): boolean {
    if (socket.at?.port !== to.port) return false;
    if (GROUP.test(to.address)) return socket.groups.has(to.address);
    if (to.address === BROADCAST) return socket.family === 4;
    return socket.at.address === to.address || (isAny(socket.at.address) && this.#own().includes(to.address));
  }
}

function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** As much of Node's datagram socket as the host uses. */
class MemorySocket extends EventEmitter {
  readonly family: Family;
  readonly reuse: boolean;
  readonly groups = new Set<string>();
  readonly #segment: MemoryUdp;
  at: At | undefined;

  constructor(segment: MemoryUdp, family: Family, reuse: boolean) {
    super();
    this.#segment = segment;
    this.family = family;
    this.reuse = reuse;
  }

  bind({ address, port }: At): void {
    this.at = { address, port: this.#segment.take(this, { address, port }) };
    queueMicrotask(() => this.emit("listening"));
  }

  address(): At {
    return this.at ?? { address: "", port: 0 };
  }

  getSendQueueSize(): number {
    return 0;
  }

  send(bytes: Uint8Array, port: number, address: string): void {
    this.#segment.deliver(this, bytes, { address, port });
  }

  close(): void {
    this.#segment.release(this);
    this.at = undefined;
    this.emit("close");
    this.removeAllListeners("message");
  }
}
