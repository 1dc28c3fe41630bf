/** Socket options and the packet sockets of AF_PACKET, on `libc`. Every failure names the call and what to do. */

import type { Instruction } from "./filter.ts";
import { Layout, setWord } from "./layout.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";
import { PACKET_IGNORE_OUTGOING, SO_RCVBUF, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOL_PACKET, SOL_SOCKET } from "./socket-numbers.ts";
import type { Reception } from "./wire.ts";

const AF_PACKET = 17;
const SO_ATTACH_FILTER = 26;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_MULTICAST = 0;
const PACKET_MR_PROMISC = 1;
const PACKET_MR_ALLMULTI = 2;
const PACKET_STATISTICS = 6;
const PACKET_QDISC_BYPASS = 20;

/**
 * Asked for; the kernel doubles it for its own overhead. A small queue drops early under overload, where a large one would
 * answer late.
 */
const RECEIVE_BUFFER_BYTES = 512 * 1024;

function fail(libc: Libc, what: string): never {
  const errno = libc.errno();
  if (errno === Errno.EPERM || errno === Errno.EACCES) {
    throw new Error(
      `Cannot ${what}: the capability CAP_NET_RAW is missing; run as root, or give it with systemd AmbientCapabilities=CAP_NET_RAW or a container's securityContext.capabilities.add [NET_RAW]`,
    );
  }
  const isGone = errno === Errno.ENODEV || errno === Errno.ENXIO;
  throw new Error(`Cannot ${what}: ${isGone ? "there is no such interface any more" : errnoName(errno)}`);
}

export function setIntOption(libc: Libc, fd: number, level: number, option: number, value: number): boolean {
  return libc.setsockopt(fd, level, option, new Uint8Array(Int32Array.of(value).buffer), 4) === 0;
}

/** `struct sock_fprog` and the instructions that it points to, in one piece of memory. */
function attachFilter(libc: Libc, fd: number, filter: readonly Instruction[]): void {
  const bytes = new Uint8Array(Layout.filter + filter.length * 8);
  const view = new DataView(bytes.buffer);
  new Uint16Array(bytes.buffer)[0] = filter.length;
  setWord(view, Layout.filterPointer, libc.address(bytes) + Layout.filter);
  filter.forEach(([operation, jt, jf, k], index) => {
    const at = Layout.filter + index * 8;
    new Uint16Array(bytes.buffer, at)[0] = operation;
    bytes[at + 2] = jt;
    bytes[at + 3] = jf;
    new Uint32Array(bytes.buffer, at)[1] = k;
  });
  if (libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, bytes, Layout.filter) !== 0) fail(libc, "attach a packet filter");
}

/** Throws the one clear line where this process may not open packet sockets. */
export function checkPacketSockets(libc: Libc): void {
  const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) fail(libc, "open a packet socket");
  libc.close(fd);
}

/**
 * A non-blocking packet socket on one link and EtherType. It is opened for no protocol, so that nothing is queued before the
 * filter and the options are in place; `bind` then lets frames in.
 */
export function openPacketSocket(
  libc: Libc,
  link: { name: string; index: number },
  etherType: number,
  filter: readonly Instruction[],
): number {
  const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail(libc, `open a packet socket on ${link.name}`);
  try {
    attachFilter(libc, fd, filter);
    setIntOption(libc, fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
    // Not essential, and refused by user-mode emulators: without them our own frames come back and are dropped by the program.
    setIntOption(libc, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    setIntOption(libc, fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    bindPacketSocket(libc, fd, link, etherType);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

/**
 * A packet socket that only sends, for an event loop: it is bound to no protocol, so nothing is ever queued on it.
 *
 * For each frame that left a socket the kernel wakes whoever sleeps on that socket, and an event loop always does. On the watched socket that
 * costs 130 ns a frame (herald bench arp: 90 % of C's rate before, 97 % with a socket apart); poll(2) sleeps on it only while nothing is sent.
 */
export function openSendSocket(libc: Libc, link: { name: string; index: number }): number {
  const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail(libc, `open a packet socket on ${link.name}`);
  try {
    setIntOption(libc, fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    bindPacketSocket(libc, fd, link, 0);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return fd;
}

/** linux/if_packet.h `struct sockaddr_ll`; the protocol is in network byte order. */
function bindPacketSocket(libc: Libc, fd: number, link: { name: string; index: number }, etherType: number): void {
  const address = new Uint8Array(20);
  new Uint16Array(address.buffer)[0] = AF_PACKET;
  new DataView(address.buffer).setUint16(2, etherType);
  new Int32Array(address.buffer)[1] = link.index;
  if (libc.bind(fd, address, address.length) !== 0) fail(libc, `bind a packet socket to ${link.name} (index ${link.index})`);
}

/**
 * Lets frames to a multicast MAC in that the kernel has no use for itself, as long as the socket is open: many network cards drop them
 * otherwise. linux/if_packet.h `struct packet_mreq`.
 */
export function joinPacketGroup(libc: Libc, fd: number, link: { name: string; index: number }, mac: Uint8Array): void {
  if (!addMembership(libc, fd, link, PACKET_MR_MULTICAST, mac)) fail(libc, `receive a group on ${link.name}`);
}

/** Lets every multicast frame in, or every frame, as long as the socket is open. */
export function widenReception(libc: Libc, fd: number, link: { name: string; index: number }, to: Reception): void {
  const type = to === "promiscuous" ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI;
  if (!addMembership(libc, fd, link, type, new Uint8Array(0))) fail(libc, `make the reception of ${link.name} ${to}`);
}

function addMembership(libc: Libc, fd: number, link: { index: number }, type: number, mac: Uint8Array): boolean {
  const request = new Uint8Array(16);
  const view = new DataView(request.buffer);
  view.setInt32(0, link.index, true);
  view.setUint16(4, type, true);
  view.setUint16(6, mac.length, true);
  request.set(mac, 8);
  return libc.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, request.length) === 0;
}

/** Frames that the kernel dropped because the queue was full, since the last call. */
export function takeKernelDrops(libc: Libc, fd: number): number {
  const statistics = new Uint32Array(2); // packets, drops
  const length = new Uint8Array(Int32Array.of(statistics.byteLength).buffer);
  if (libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, new Uint8Array(statistics.buffer), length) !== 0) return 0;
  return statistics[1] as number;
}
