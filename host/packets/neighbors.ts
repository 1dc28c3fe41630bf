/**
 * The neighbors that this machine's kernel knows, and its default gateways: asked for by rtnetlink, once a call. No privilege is needed.
 *
 * The kernel makes a dump while it is read, so a call never waits: it takes about a microsecond an entry. A change underneath may hide single
 * entries from it; whoever must know asks again.
 */

import type { Family } from "../rules/vocabulary.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";
import { type Gateway, type KernelNeighbor, readDefaultRoute, readNeighbor, requestNeighbors, requestRoutes } from "./neighbor-messages.ts";
import { AF_NETLINK, NETLINK_ROUTE, type NetlinkMessage, walkMessages } from "./netlink-walk.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "./socket-numbers.ts";

export type { Gateway, KernelNeighbor };

/** What a kernel knows of other stations. */
export interface Stations {
  readonly neighbors: readonly KernelNeighbor[];
  readonly gateways: readonly Gateway[];
}

/** What more of a table is not looked at. A default route is the first of its table, however large that is. */
const MOST_MESSAGES = 65_536;
/** The kernel fills at most half of it. */
const BUFFER_BYTES = 64 * 1024;
const SOL_NETLINK = 270;
const NETLINK_GET_STRICT_CHK = 12;
const FAMILIES: readonly Family[] = [4, 6];

/** Throws one clear line where the kernel does not tell. */
export function readNeighbors(libc: Libc, families = FAMILIES): KernelNeighbor[] {
  return families.flatMap((family) => dump(libc, requestNeighbors(family), readNeighbor));
}

/** Of the main table, each once, in the order of their routes. Throws one clear line where the kernel does not tell. */
export function readGateways(libc: Libc, families = FAMILIES): Gateway[] {
  const gateways = families.flatMap((family) => dump(libc, requestRoutes(family), readDefaultRoute));
  return [...new Map(gateways.map((gateway) => [`${gateway.linkIndex} ${gateway.address}`, gateway])).values()];
}

type Read<Entry> = (message: NetlinkMessage) => readonly Entry[];

function dump<Entry>(libc: Libc, request: Uint8Array, read: Read<Entry>): Entry[] {
  const refuse = (call: string): never => fail(`${call} gave ${errnoName(libc.errno())}`);
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) refuse("socket(AF_NETLINK)");
  try {
    // With it the kernel tells of the table that was asked for only.
    libc.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, new Uint8Array(Int32Array.of(1).buffer), 4);
    if (libc.send(fd, request, request.length, 0) < 0) refuse("asking for them");
    return readDump(libc, fd, read);
  } finally {
    libc.close(fd);
  }
}

function readDump<Entry>(libc: Libc, fd: number, read: Read<Entry>): Entry[] {
  const entries: Entry[] = [];
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let left = MOST_MESSAGES; left > 0; ) {
    const messages = walkMessages(buffer.subarray(0, receive(libc, fd, buffer)));
    for (const message of messages.slice(0, left)) entries.push(...read(message));
    left -= messages.length;
    const end = messages.find(({ endErrno }) => endErrno !== undefined)?.endErrno;
    if (end !== undefined && end !== 0 && !isNothing(end)) fail(`asking for them gave ${errnoName(end)}`);
    if (end !== undefined) break;
  }
  return entries;
}

function receive(libc: Libc, fd: number, buffer: Uint8Array): number {
  for (;;) {
    const length = libc.recv(fd, buffer, buffer.length, 0);
    if (length > 0) return length;
    if (length === 0) fail("netlink ended");
    if (libc.errno() !== Errno.EINTR) fail(`reading from netlink gave ${errnoName(libc.errno())}`);
  }
}

/** There is no such table yet (as before the first route), or no IPv6. */
function isNothing(errno: number): boolean {
  return errno === Errno.ENOENT || errno === Errno.EOPNOTSUPP || errno === Errno.EAFNOSUPPORT;
}

function fail(what: string): never {
  throw new Error(`Cannot read the neighbors: ${what}`);
}
