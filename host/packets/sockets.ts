/** Socket options and the packet sockets of AF_PACKET, on `libc`. Every failure names the call and what to do. */

import type { Instruction } from "./filter.ts";
import { Layout, setInt, setWord } from "./layout.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;

/**
 * Asked for; the kernel doubles it for its own overhead. A small queue drops early under overload, where a large one would
 * answer late.
 */
const RECEIVE_BUFFER_BYTES = 512 * 1024;

export class SocketError extends Error {
  override readonly name = "SocketError";
  readonly errno: number;
  constructor(message: string, errno: number) {
    super(message);
    this.errno = errno;
  }
}

function fail(libc: Libc, what: string): never {
  const errno = libc.errno();
  if (errno === Errno.EPERM || errno === Errno.EACCES) {
    throw new SocketError(`Cannot ${what}: the capability CAP_NET_RAW is missing; run as root, or give it with systemd AmbientCapabilities=CAP_NET_RAW or a container's securityContext.capabilities.add [NET_RAW]`, errno);
  }
  throw new SocketError(`Cannot ${what}: ${errnoName(errno)}`, errno);
}

export function setIntOption(libc: Libc, fd: number, level: number, option: number, value: number): boolean {
  const buffer = new Uint8Array(4);
  setInt(new DataView(buffer.buffer), 0, value);
  return libc.setsockopt(fd, level, option, libc.address(buffer), 4) === 0;
}

function attachFilter(libc: Libc, fd: number, filter: readonly Instruction[]): void {
  const code = new Uint8Array(filter.length * 8);
  const halves = new Uint16Array(code.buffer);
  const words = new Uint32Array(code.buffer);
  filter.forEach(([operation, jt, jf, k], at) => {
    halves[at * 4] = operation;
    code[at * 8 + 2] = jt;
    code[at * 8 + 3] = jf;
    words[at * 2 + 1] = k;
  });
  const program = new Uint8Array(Layout.filter);
  new Uint16Array(program.buffer)[0] = filter.length;
  setWord(new DataView(program.buffer), Layout.filterPointer, libc.address(code));
  if (libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, libc.address(program), program.length) !== 0) fail(libc, "attach a packet filter");
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
export function openPacketSocket(libc: Libc, link: { name: string; index: number }, etherType: number, filter: readonly Instruction[]): number {
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

/** linux/if_packet.h `struct sockaddr_ll`; the protocol is in network byte order. */
function bindPacketSocket(libc: Libc, fd: number, link: { name: string; index: number }, etherType: number): void {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  new Uint16Array(address.buffer)[0] = AF_PACKET;
  view.setUint16(2, etherType);
  setInt(view, 4, link.index);
  if (libc.bind(fd, libc.address(address), address.length) !== 0) fail(libc, `bind a packet socket to ${link.name} (index ${link.index})`);
}

/** Frames that the kernel dropped because the queue was full, since the last call. */
export function takeKernelDrops(libc: Libc, fd: number): number {
  const statistics = new Uint8Array(8);
  const length = new Uint8Array(4);
  setInt(new DataView(length.buffer), 0, statistics.length);
  if (libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, libc.address(statistics), libc.address(length)) !== 0) return 0;
  return new Uint32Array(statistics.buffer)[1] as number;
}
