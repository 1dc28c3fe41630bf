/**
 * The links of this machine and their addresses, followed: from the kernel by rtnetlink, or in memory for tests and the in-memory wire.
 *
 * One dump gives the links, a second one the addresses; from then on the kernel tells of every change. Each change of a link is handed on
 * by itself, so that a link that goes down and up again is seen down; those of addresses are gathered. Where the kernel had to drop
 * messages (ENOBUFS) the dumps are asked for again. No privilege is needed.
 */

import type { Close, LinkAddress } from "../announcer.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";
import { addressKey } from "./link-addresses.ts";
import { type HostLink, LinkBook } from "./link-book.ts";
import { type KernelLink, type LinkMessage, readMessages, requestDump } from "./netlink.ts";
import { AF_NETLINK, NETLINK_ROUTE } from "./netlink-walk.ts";
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

/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR. */
const GROUPS = 0x1 | 0x10 | 0x100;
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

/** Without addresses where none are named. */
export interface MemoryLink extends KernelLink {
  readonly addresses?: readonly LinkAddress[];
}

export interface MemoryLinks extends LinkSource {
  /** The links from now on. */
  set(links: readonly MemoryLink[]): void;
}

export function memoryLinks(links: readonly MemoryLink[] = []): MemoryLinks {
  const book = new LinkBook();
  const set = (wanted: readonly MemoryLink[]): void => {
    const held = new Map(wanted.map(({ index, addresses = [] }) => [index, new Set(addresses.map(addressKey))]));
    for (const index of book.indexes()) if (!held.has(index)) book.remove(index);
    book.keepAddresses((index, address) => held.get(index)?.has(addressKey(address)) === true);
    for (const { addresses = [], ...link } of wanted) {
      book.set(link);
      for (const address of addresses) book.setAddress(link.index, address, true);
    }
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
  const address = new Uint8Array(Uint32Array.of(AF_NETLINK, 0, GROUPS).buffer);
  if (libc.bind(fd, address, address.length) !== 0) refuse("bind to the netlink groups of links and addresses");
  return fd;
}

/** Keeps a book of links from one netlink socket. */
class Follower {
  readonly book = new LinkBook();
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #mustDump = true;
  /** What the running dump is of; undefined while none runs. */
  #dumping: "links" | "addresses" | undefined;
  /** Links, and addresses of links, that were told of since the first of the two dumps began. */
  readonly #seen = new Set<number | string>();

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
        if (this.#dumping !== undefined) return;
        if (!this.#mustDump) {
          this.book.publish();
          return;
        }
        // Only now: in a full queue there is no room for a dump, and what waits in it is older.
        this.#mustDump = false;
        this.#seen.clear();
        this.#dump("links");
      } else if (errno !== Errno.EINTR) fail(`reading from netlink gave ${errnoName(errno)}`);
    }
  }

  #dump(what: "links" | "addresses"): void {
    const request = requestDump(what);
    if (this.#libc.send(this.#fd, request, request.length, 0) < 0) fail(`asking for them gave ${errnoName(this.#libc.errno())}`);
    this.#dumping = what;
  }

  #take(datagram: Uint8Array): void {
    const { messages, isInterrupted } = readMessages(datagram);
    this.#mustDump ||= isInterrupted;
    for (const message of messages) this.#follow(message);
    const isOfLinks = messages.some(({ kind }) => kind === "link" || kind === "gone");
    if (isOfLinks && this.#dumping === undefined && !this.#mustDump) this.book.publish();
  }

  #follow(message: LinkMessage): void {
    switch (message.kind) {
      case "link":
        this.book.set(message.link);
        this.#see(message.link.index);
        return;
      case "gone":
        this.book.remove(message.index);
        return;
      case "address":
        this.book.setAddress(message.index, message.address, message.isUsed);
        this.#see(placeOf(message.index, message.address));
        return;
      case "end":
        this.#endDump(message.errno);
        return;
      default:
        message satisfies never;
    }
  }

  #see(place: number | string): void {
    if (this.#dumping !== undefined) this.#seen.add(place);
  }

  #endDump(errno: number): void {
    if (errno !== 0) fail(`asking for them gave ${errnoName(errno)}`);
    const dumped = this.#dumping;
    this.#dumping = undefined;
    if (this.#mustDump) return;
    if (dumped === "links") {
      for (const index of this.book.indexes()) if (!this.#seen.has(index)) this.book.remove(index);
      this.#dump("addresses");
    } else {
      this.book.keepAddresses((index, address) => this.#seen.has(placeOf(index, address)));
      this.#seen.clear();
    }
  }
}

function placeOf(index: number, address: LinkAddress): string {
  return `${index} ${addressKey(address)}`;
}

function fail(what: string): never {
  throw new Error(`Cannot follow the network links: ${what}`);
}
