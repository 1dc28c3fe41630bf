/** UDP sockets as packet programs need them: non-blocking, of one family, and telling of each datagram its hop limit and its link. */

import { AF_INET, AF_INET6, IP_PKTINFO, IP_TTL, SOL_IP, SOL_IPV6 } from "./datagram-layout.ts";
import { type DatagramOptions, endpointText, toEndpoint } from "./datagram-options.ts";
import { deviceName } from "./device-name.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";
import { socketName } from "./socket-name.ts";
import {
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_BINDTODEVICE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./socket-numbers.ts";
import { setIntOption } from "./sockets.ts";

const SO_MEMINFO = 55;
const MEMINFO_WORDS = 9;
const MEMINFO_DROPS = 8;
const IP_RECVTTL = 12;
const IP_MULTICAST_TTL = 33;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;

const numbers = {
  4: { level: SOL_IP, wanted: [IP_PKTINFO, IP_RECVTTL], hopLimits: [IP_TTL, IP_MULTICAST_TTL] },
  6: {
    level: SOL_IPV6,
    wanted: [IPV6_V6ONLY, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT],
    hopLimits: [IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS],
  },
} as const;

/** As for frames: room for a burst, and none to answer late. The kernel doubles it, and counts some 800 bytes for a small datagram. */
const RECEIVE_BUFFER_BYTES = 256 * 1024;

/** Bound; `udpPort` is the one that the kernel chose where none was asked for. Throws one clear line. */
export function openDatagramSocket(libc: Libc, options: DatagramOptions): { fd: number; udpPort: number } {
  const { family } = toEndpoint(options);
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail(libc, options, "socket");
  try {
    setOptions(libc, fd, options, family);
    bind(libc, fd, options);
    return { fd, udpPort: readPort(libc, fd, options) };
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function setOptions(libc: Libc, fd: number, options: DatagramOptions, family: 4 | 6): void {
  const { hopLimit, link, reuse = false } = options;
  const set = (level: number, option: number, value: number): void => {
    if (!setIntOption(libc, fd, level, option, value)) fail(libc, options, `socket option ${level}/${option}`);
  };
  setIntOption(libc, fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES); // the kernel's default does too
  if (reuse) set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (link !== undefined) {
    const name = deviceName(link.name);
    if (libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) !== 0) fail(libc, options, `binding it to ${link.name}`);
  }
  const { level, wanted, hopLimits } = numbers[family];
  for (const option of wanted) set(level, option, 1);
  for (const option of hopLimit === undefined ? [] : hopLimits) set(level, option, hopLimit as number);
}

function bind(libc: Libc, fd: number, options: DatagramOptions): void {
  const name = socketName(toEndpoint(options), options.link?.index);
  if (libc.bind(fd, name, name.length) !== 0) fail(libc, options, "bind");
}

function readPort(libc: Libc, fd: number, options: DatagramOptions): number {
  const name = new Uint8Array(28);
  if (libc.getsockname(fd, name, new Uint8Array(Uint32Array.of(name.length).buffer)) !== 0) fail(libc, options, "getsockname");
  return new DataView(name.buffer).getUint16(2);
}

/** Datagrams that the socket had no room for, or that were broken, since it was opened. */
export function readDatagramDrops(libc: Libc, fd: number): number {
  const words = new Uint32Array(MEMINFO_WORDS);
  const length = new Uint8Array(Uint32Array.of(words.byteLength).buffer);
  if (libc.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, new Uint8Array(words.buffer), length) !== 0) return 0;
  return words[MEMINFO_DROPS] as number;
}

function fail(libc: Libc, options: DatagramOptions, call: string): never {
  const errno = libc.errno();
  const link = options.link === undefined ? "" : ` on ${options.link.name}`;
  throw new Error(`Cannot open UDP ${endpointText(toEndpoint(options))}${link}: ${explain(errno, call)}`);
}

function explain(errno: number, call: string): string {
  switch (errno) {
    case Errno.EADDRINUSE:
      return "another socket is bound to it";
    case Errno.EADDRNOTAVAIL:
      return "this machine does not have that address";
    case Errno.EACCES:
      return "the capability CAP_NET_BIND_SERVICE is missing, which UDP ports below 1024 need";
    case Errno.EPERM:
      return "the capability CAP_NET_RAW is missing, which binding to a link needs on this kernel";
    case Errno.ENODEV:
      return "there is no such interface any more";
    default:
      return `${call} gave ${errnoName(errno)}`;
  }
}
