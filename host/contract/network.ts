/** The powers over the network: links, frames, TCP, UDP. */

import type { Close } from "../announcer.ts";
import type { Secret } from "./secrets.ts";

/**
 * One network interface. `id` is small, stable for a name while the host runs, and a bit in a row's link mask; -1 where there are more
 * interfaces than bits and nobody has asked for this one's (`Links.id`).
 */
export interface Link {
  readonly id: number;
  readonly name: string;
  /** `aa:bb:cc:dd:ee:ff`; empty when the link has none. */
  readonly mac: string;
  /** Administratively up and carrier present. */
  readonly up: boolean;
  readonly mtu: number;
  /** The link can broadcast (an Ethernet-like link). */
  readonly broadcast: boolean;
  /** The link does not do ARP. */
  readonly noArp: boolean;
  readonly loopback: boolean;
  /** Name of the bridge, bond or VRF that this link is a port of. */
  readonly master?: string;
  /** That master is a VRF: the link has a network of its own, as if it were a port of nothing. */
  readonly isInVrf?: true;
  /** Those that are to be used: not tentative, not duplicate, not deprecated. In the order in which the kernel told of them. */
  readonly addresses: readonly LinkAddress[];
}

export interface LinkAddress {
  /** Canonical text without a zone. */
  readonly address: string;
  readonly prefixLength: number;
}

export interface Links {
  /** All links now, sorted by name. */
  all(): readonly Link[];
  /** Calls back at once and at every change, with all links. */
  watch(call: (links: readonly Link[]) => void): Close;
  /** The id of a link by name, also before it exists, so that rows can name links that will appear. */
  id(name: string): number;
}

export interface FrameSocket {
  /**
   * The frame must start with its Ethernet header; EtherType, IP protocol and source MAC must be granted. A link that goes takes its
   * sockets with it: open one again when it is back.
   */
  send(frame: Uint8Array): void;
  onFrame(call: (frame: Uint8Array) => void): void;
  close(): void;
}

/** Frames in TypeScript, for protocols without a hot path. */
export interface Frames {
  open(options: FrameOptions): Promise<FrameSocket>;
}

export interface FrameOptions {
  readonly link: string;
  readonly etherType: number;
  readonly ipProtocol?: number;
  /** Multicast MACs to hear beside those that this machine is in anyway (which all nodes are in: 33:33:00:00:00:01 for IPv6). */
  readonly groups?: readonly string[];
}

export interface Connection {
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** Bytes written that the kernel has not taken: a peer that does not read. */
  readonly pendingBytes: number;
  /** Lost after `close`, and after the other side has gone. Calls back when the kernel has taken them, and never where they were lost. */
  write(bytes: Uint8Array, taken?: () => void): void;
  /** Where the call gives a promise, nothing more is read until that has settled: so the peer waits, not your memory. */
  onData(call: (bytes: Uint8Array) => unknown): void;
  /** Once, with the reason where it was not a plain end. */
  onClose(call: (error?: Error) => void): void;
  /** Ends it when what was written has been taken, within a second. */
  close(): void;
}

/** Addresses are texts like `192.0.2.1` and `fe80::1%eth0`, never names. */
export interface ConnectOptions extends TcpOptions {
  readonly address: string;
  readonly port: number;
  readonly sourceAddress?: string;
  readonly timeoutMs?: number;
  /** TCP MD5 signatures (RFC 2385), with a password of 1 to 80 bytes. A key that the other side does not have looks like no answer. */
  readonly md5?: Secret;
}

export interface ListenOptions extends TcpOptions {
  readonly address: string;
  readonly port: number;
}

export interface TcpOptions {
  /** Only by this link, or VRF. */
  readonly device?: string;
  /** TTL or hop limit of what is sent; default: the kernel's. */
  readonly hopLimit?: number;
  /** Packets that come with less are dropped (GTSM, RFC 5082 §3). */
  readonly leastHopLimit?: number;
}

export interface Listener {
  readonly port: number;
  /**
   * Only takes connections from this address with TCP MD5 signatures from now on, or undefined: without. Throws where that is not to be
   * had, as where the Secret is missing: then nothing has changed.
   */
  setMd5(address: string, md5: Secret | undefined): void;
  close(): void;
}

export interface Net {
  connect(options: ConnectOptions): Promise<Connection>;
  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener>;
}

export interface UdpSocket {
  readonly port: number;
  /** Lost where the network does not take it, as any datagram. */
  send(bytes: Uint8Array, to: { address: string; port: number }): void;
  onMessage(call: (bytes: Uint8Array, from: { address: string; port: number }) => void): void;
  /** Joins a multicast group on a link. */
  join(group: string, link: string): void;
  close(): void;
}

export interface UdpOptions {
  /** To be bound to: one of this machine, without a zone where a device is named. */
  readonly address: string;
  readonly port: number;
  /** Others may be bound to the same, if they allow it too. */
  readonly reuse?: boolean;
  /** Receives and sends, multicast included, only by this link, or VRF. A link that goes takes its sockets' use with it. */
  readonly device?: string;
  /** TTL or hop limit of what is sent, 1 to 255. Default: the kernel's, which is 1 for multicast. */
  readonly hopLimit?: number;
}

export interface Udp {
  open(options: UdpOptions): Promise<UdpSocket>;
}
