/** What Node cannot set on a TCP socket: the device, hop limits both ways (RFC 5082), and the keys of TCP MD5 signatures (RFC 2385). */

import type { Family } from "../rules/vocabulary.ts";
import { AF_INET, AF_INET6, IP_TTL, SOL_IP, SOL_IPV6 } from "./datagram-layout.ts";
import { toEndpoint } from "./datagram-options.ts";
import { deviceName } from "./device-name.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";
import { socketName } from "./socket-name.ts";
import { IPV6_UNICAST_HOPS, IPV6_V6ONLY, SO_BINDTODEVICE, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET } from "./socket-numbers.ts";

export interface TcpOptions {
  /** Only by this link, or VRF. */
  readonly device?: string;
  /** TTL or hop limit of what is sent, 1 to 255. */
  readonly hopLimit?: number;
  /** Packets that come with less are dropped, 1 to 255. */
  readonly leastHopLimit?: number;
}

const IP_MINTTL = 21;
const IPV6_MINHOPCOUNT = 73;
const IPPROTO_TCP = 6;
const TCP_MD5SIG = 14;

/** linux/tcp.h `struct tcp_md5sig`: the peer (`sockaddr_storage`), flags, prefix length, key length, interface index, key. */
const Md5 = { bytes: 216, keyLength: 130, key: 136, keyBytes: 80 } as const;
type Option = readonly [number: number, name: string];

const numbers: Record<Family, { level: number; hopLimit: Option; leastHopLimit: Option }> = {
  4: { level: SOL_IP, hopLimit: [IP_TTL, "IP_TTL"], leastHopLimit: [IP_MINTTL, "IP_MINTTL"] },
  6: {
    level: SOL_IPV6,
    hopLimit: [IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS"],
    leastHopLimit: [IPV6_MINHOPCOUNT, "IPV6_MINHOPCOUNT"],
  },
};

/** A socket with these options, neither bound nor connected; the caller closes it. Throws where one of them is not to be had. */
export function openTcpSocket(libc: Libc, family: Family, options: TcpOptions): number {
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(`socket gave ${errnoName(libc.errno())}`);
  owning(libc, fd, () => setOptions(libc, fd, family, options));
  return fd;
}

/** Closes the descriptor where the call fails. */
export function owning<Result>(libc: Libc, fd: number, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function setOptions(libc: Libc, fd: number, family: Family, { device, ...limits }: TcpOptions): void {
  const { level, ...options } = numbers[family];
  if (family === 6) setInt(libc, fd, level, [IPV6_V6ONLY, "IPV6_V6ONLY"], 1);
  if (device !== undefined) set(libc, fd, SOL_SOCKET, [SO_BINDTODEVICE, `SO_BINDTODEVICE ${device}`], deviceName(device));
  for (const kind of ["hopLimit", "leastHopLimit"] as const) {
    const limit = limits[kind];
    if (limit === undefined) continue;
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 255)) throw new Error(`${kind}: found ${limit}, expected 1 to 255`);
    setInt(libc, fd, level, options[kind], limit);
  }
}

/**
 * The key for segments to and from an address; undefined: none. On a socket that listens, connections of that address are taken with
 * it alone from now on. Throws where it cannot be set, without the password.
 */
export function setMd5(libc: Libc, fd: number, address: string, password: string | undefined): void {
  const key = Buffer.from(password ?? "");
  if (key.length > Md5.keyBytes || (password !== undefined && key.length === 0))
    throw new Error(`md5: found a password of ${key.length} bytes, expected 1 to ${Md5.keyBytes}`);
  const record = new Uint8Array(Md5.bytes);
  record.set(socketName(toEndpoint({ address, udpPort: 0 })));
  new DataView(record.buffer).setUint16(Md5.keyLength, key.length, true);
  record.set(key, Md5.key);
  const isAbsent = (errno: number): boolean => password === undefined && errno === Errno.ENOENT;
  set(libc, fd, IPPROTO_TCP, [TCP_MD5SIG, `TCP_MD5SIG for ${address}`], record, isAbsent);
}

function setInt(libc: Libc, fd: number, level: number, option: Option, value: number): void {
  set(libc, fd, level, option, new Uint8Array(Int32Array.of(value).buffer));
}

function set(libc: Libc, fd: number, level: number, [number, name]: Option, value: Uint8Array, isFine?: (errno: number) => boolean): void {
  if (libc.setsockopt(fd, level, number, value, value.length) === 0) return;
  const errno = libc.errno();
  if (isFine?.(errno) !== true) throw new Error(`socket option ${name} gave ${errnoName(errno)}`);
}
