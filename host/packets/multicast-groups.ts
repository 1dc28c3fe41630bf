/**
 * IPv6 groups that this machine is in for the sake of a packet program: the kernel then tells the switches so (MLD, RFC 3810), which may send
 * the group's frames nowhere else, and lets the network card take them. What is sent to a group comes by the packet sockets all the same.
 */

import { Errno, errnoName, type Libc } from "./libc.ts";
import { SOCK_CLOEXEC, SOCK_DGRAM } from "./socket-numbers.ts";

export interface MulticastGroups {
  /** `group`: 16 bytes. Throws one clear line where the link refuses. Once for each link and group, until it is left. */
  join(link: { readonly name: string; readonly index: number }, group: Uint8Array): void;
  /** A link that is gone has taken its groups with it, which is fine. */
  leave(index: number, group: Uint8Array): void;
  /** Leaves all. */
  close(): void;
}

const AF_INET6 = 10;
const IPPROTO_IPV6 = 41;
const IPV6_ADD_MEMBERSHIP = 20;
const IPV6_DROP_MEMBERSHIP = 21;

/**
 * UDP sockets that are bound to nothing, so that they receive nothing. The kernel allows each only so much memory for its groups
 * (net.core.optmem_max: 2,340 groups where it is 128 KiB, as it is today, and 365 where it is 20 KiB), so the next one is opened then.
 */
export function kernelGroups(libc: Libc): MulticastGroups {
  /** Socket → what it has joined. */
  const sockets = new Map<number, Set<string>>();
  const call = (fd: number, option: number, index: number, group: Uint8Array): boolean =>
    libc.setsockopt(fd, IPPROTO_IPV6, option, membership(index, group), 20) === 0;
  const release = (fd: number): void => {
    sockets.delete(fd);
    libc.close(fd);
  };
  const joinWith = (fd: number, index: number, group: Uint8Array): boolean => {
    if (!call(fd, IPV6_ADD_MEMBERSHIP, index, group)) return false;
    sockets.get(fd)?.add(keyOf(index, group));
    return true;
  };
  return {
    join(link, group) {
      const last = [...sockets.keys()].at(-1);
      if (last !== undefined && joinWith(last, link.index, group)) return;
      if (last !== undefined && libc.errno() !== Errno.ENOMEM && libc.errno() !== Errno.ENOBUFS) throw refused(libc, link.name);
      const fd = libc.socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (fd < 0) throw refused(libc, link.name);
      sockets.set(fd, new Set());
      if (joinWith(fd, link.index, group)) return;
      const error = refused(libc, link.name);
      release(fd);
      throw error;
    },
    leave(index, group) {
      const key = keyOf(index, group);
      for (const [fd, joined] of sockets) {
        if (!joined.delete(key)) continue;
        if (joined.size === 0) release(fd);
        else call(fd, IPV6_DROP_MEMBERSHIP, index, group);
        return;
      }
    },
    close() {
      for (const fd of [...sockets.keys()]) release(fd);
    },
  };
}

function keyOf(index: number, group: Uint8Array): string {
  return `${index} ${Buffer.from(group).toString("hex")}`;
}

/** linux/in6.h `struct ipv6_mreq`. */
function membership(index: number, group: Uint8Array): Uint8Array {
  const request = new Uint8Array(20);
  request.set(group);
  new DataView(request.buffer).setInt32(16, index, true);
  return request;
}

function refused(libc: Libc, link: string): Error {
  const errno = libc.errno();
  const isWithoutIpv6 = errno === Errno.ENODEV || errno === Errno.EADDRNOTAVAIL || errno === Errno.EINVAL || errno === Errno.EAFNOSUPPORT;
  return new Error(`Cannot join an IPv6 group on ${link}: ${isWithoutIpv6 ? "IPv6 is off there" : errnoName(errno)}`);
}
