/**
 * The links of this machine, followed: from the kernel by rtnetlink, or in memory for tests and the in-memory wire.
 *
 * One dump gives the links; from then on the kernel tells of every change, and each change is handed on by itself, so that a link that
 * goes down and up again is seen down. Where the kernel had to drop messages (ENOBUFS) the dump is asked for again. No privilege is needed.
 */

import type { Close } from "../announcer.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";
import { type HostLink, LinkBook } from "./link-book.ts";
import { type KernelLink, readMessages, writeDumpRequest } from "./netlink.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "./socket-numbers.ts";

export type { HostLink };

export interface LinkSource {
  /** All links now, sorted by name. */
  all(): readonly HostLink[];
  /** Calls back at once and at every change, with all links. */
  watch(call: (links: readonly HostLink[]) => void): Close;
  /** A bit of row masks, 0 to 63: the same for a name as long as the process lives, also before a link has the name. */
  id(name: string): number;
  close(): void;
}

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;
/** The kernel fills at most half of it. */
const BUFFER_BYTES = 64 * 1024;

/** Throws one clear line where the kernel does not tell. */
export function kernelLinks(libc: Libc): LinkSource {
  const fd = openNetlink(libc);
  const follower = new Follower(libc, fd);
  follower.read();
  const watch = libc.watch(fd, () => follower.read());
  const { book } = follower;
  return {
    all: () => book.all(),
    watch: (call) => book.watch(call),
    id: (name) => book.id(name),
    close() {
      watch.close();
      libc.close(fd);
    },
  };
}

export interface MemoryLinks extends LinkSource {
  /** The links from now on. */
  set(links: readonly KernelLink[]): void;
}

export function memoryLinks(links: readonly KernelLink[] = []): MemoryLinks {
  const book = new LinkBook();
  const set = (wanted: readonly KernelLink[]): void => {
    const indexes = new Set(wanted.map(({ index }) => index));
    for (const index of book.indexes()) if (!indexes.has(index)) book.remove(index);
    for (const link of wanted) book.set(link);
    book.publish();
  };
  set(links);
  return { all: () => book.all(), watch: (call) => book.watch(call), id: (name) => book.id(name), set, close: () => {} };
}

function openNetlink(libc: Libc): number {
  const refuse = (call: string): never =>
    fail(`${call} gave ${errnoName(libc.errno())}; expected a Linux that allows netlink sockets, which some sandboxes do not`);
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) refuse("socket(AF_NETLINK)");
  // linux/netlink.h `struct sockaddr_nl`: family, padding, port (0: the kernel chooses), groups.
  const address = new Uint8Array(Uint32Array.of(AF_NETLINK, 0, RTMGRP_LINK).buffer);
  if (libc.bind(fd, address, address.length) !== 0) refuse("bind to netlink group RTMGRP_LINK");
  return fd;
}

/** Keeps a book of links from one netlink socket. */
class Follower {
  readonly book = new LinkBook();
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #mustDump = true;
  /** Links that were told of since the running dump began; undefined while none runs. */
  #seen: Set<number> | undefined;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
  }

  /** Takes all that the kernel has to say. A dump is made while it is read, so the first call sees it whole. */
  read(): void {
    for (;;) {
      const length = this.#libc.recv(this.#fd, this.#buffer, this.#buffer.length, 0);
      if (length >= 0) {
        this.#take(this.#buffer.subarray(0, length));
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === Errno.ENOBUFS) this.#mustDump = true;
      else if (errno === Errno.EAGAIN) {
        if (!this.#mustDump || this.#seen !== undefined) return;
        // Only now: in a full queue there is no room for a dump, and what waits in it is older.
        this.#dump();
      } else if (errno !== Errno.EINTR) fail(`reading from netlink gave ${errnoName(errno)}`);
    }
  }

  #dump(): void {
    const request = writeDumpRequest();
    if (this.#libc.send(this.#fd, request, request.length, 0) < 0) fail(`asking for them gave ${errnoName(this.#libc.errno())}`);
    this.#mustDump = false;
    this.#seen = new Set();
  }

  #take(datagram: Uint8Array): void {
    const { messages, isInterrupted } = readMessages(datagram);
    this.#mustDump ||= isInterrupted;
    for (const message of messages) {
      if (message.kind === "link") {
        this.book.set(message.link);
        this.#seen?.add(message.link.index);
      } else if (message.kind === "gone") this.book.remove(message.index);
      else this.#endDump(message.errno);
    }
    if (this.#seen === undefined && !this.#mustDump) this.book.publish();
  }

  #endDump(errno: number): void {
    if (errno !== 0) fail(`asking for them gave ${errnoName(errno)}`);
    const seen = this.#seen;
    this.#seen = undefined;
    if (this.#mustDump) return;
    for (const index of this.book.indexes()) if (!seen?.has(index)) this.book.remove(index);
  }
}

function fail(what: string): never {
  throw new Error(`Cannot follow the network links: ${what}`);
}
