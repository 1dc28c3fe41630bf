/**
 * What goes along with a datagram, in the kernel's structs and in a program's descriptors, and the copying between them.
 *
 * linux/in.h `struct sockaddr_in`, `struct in_pktinfo`; linux/in6.h `struct sockaddr_in6`; linux/ipv6.h `struct in6_pktinfo`;
 * linux/socket.h `struct cmsghdr`. Only control messages depend on the word size. Addresses and ports of sockets are in network byte
 * order, all else is little-endian.
 */

import type { Family } from "../rules/vocabulary.ts";
import { Layout, type StructLayout } from "./layout.ts";

/** A descriptor of `docs/packet-programs.md`: its size, and byte offsets in it. */
export const Descriptor = { bytes: 32, length: 0, port: 2, hopLimit: 3, link: 4, peerPort: 8, peerFamily: 10, peer: 16 } as const;

/** Room for an address: `sockaddr_in6` has 28 bytes. */
export const NAME_BYTES = 32;
/** Room for the control messages that a port asks for, at the most: those of IPv6 with words of eight bytes. */
export const CONTROL_BYTES = 64;

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const IP_TTL = 2;
export const IP_PKTINFO = 8;
export const IPV6_PKTINFO = 50;
export const IPV6_HOPLIMIT = 52;

const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;
const SOCKADDR_PORT = 2;
const SOCKADDR_IN_ADDRESS = 4;
const SOCKADDR_IN6_ADDRESS = 8;
const SOCKADDR_IN6_SCOPE = 24;

const IN_PKTINFO_BYTES = 12;
const IN6_PKTINFO_BYTES = 20;
const IN6_PKTINFO_INDEX = 16;

/** What the control messages of a datagram say; 0 where they do not. */
export interface Control {
  hopLimit: number;
  /** Interface index. */
  index: number;
}

/** Copies a sender's address and port into a descriptor. */
export function readName(names: DataView, at: number, descriptors: DataView, descriptor: number): void {
  const isV6 = names.getUint16(at, true) === AF_INET6;
  const from = at + (isV6 ? SOCKADDR_IN6_ADDRESS : SOCKADDR_IN_ADDRESS);
  descriptors.setUint16(descriptor + Descriptor.peerPort, names.getUint16(at + SOCKADDR_PORT), true);
  descriptors.setUint8(descriptor + Descriptor.peerFamily, isV6 ? 6 : 4);
  for (let byte = 0; byte < 16; byte += 4)
    descriptors.setUint32(descriptor + Descriptor.peer + byte, byte === 0 || isV6 ? names.getUint32(from + byte) : 0);
}

/** Copies the receiver that a descriptor names into a socket address; gives its length. `scope`: interface index, for link-local ones. */
export function writeName(names: DataView, at: number, descriptors: DataView, descriptor: number, scope: number): number {
  const isV6 = descriptors.getUint8(descriptor + Descriptor.peerFamily) === 6;
  const to = at + (isV6 ? SOCKADDR_IN6_ADDRESS : SOCKADDR_IN_ADDRESS);
  names.setUint16(at, isV6 ? AF_INET6 : AF_INET, true);
  names.setUint16(at + SOCKADDR_PORT, descriptors.getUint16(descriptor + Descriptor.peerPort, true));
  for (let byte = 0; byte < (isV6 ? 16 : 4); byte += 4)
    names.setUint32(to + byte, descriptors.getUint32(descriptor + Descriptor.peer + byte));
  if (isV6) names.setUint32(at + SOCKADDR_IN6_SCOPE, scope, true);
  return isV6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES;
}

/** Reads `length` bytes of control messages. Those of other kinds are passed over. */
export function readControl(view: DataView, at: number, length: number, into: Control, layout: StructLayout = Layout): void {
  into.hopLimit = 0;
  into.index = 0;
  const end = at + length;
  for (let here = at; here + layout.cmsghdr <= end; ) {
    const bytes = view.getUint32(here, true);
    if (bytes < layout.cmsghdr + 4 || here + bytes > end) return;
    const level = view.getInt32(here + layout.word, true);
    const type = view.getInt32(here + layout.word + 4, true);
    const data = here + layout.cmsghdr;
    if ((level === SOL_IP && type === IP_TTL) || (level === SOL_IPV6 && type === IPV6_HOPLIMIT)) into.hopLimit = view.getUint32(data, true);
    else if (level === SOL_IP && type === IP_PKTINFO) into.index = view.getUint32(data, true);
    else if (level === SOL_IPV6 && type === IPV6_PKTINFO && bytes >= layout.cmsghdr + IN6_PKTINFO_BYTES)
      into.index = view.getUint32(data + IN6_PKTINFO_INDEX, true);
    here += align(bytes, layout);
  }
}

/** Writes control messages for what is not 0; gives how many bytes they take. The source address is left to the kernel. */
export function writeControl(
  view: DataView,
  at: number,
  family: Family,
  { hopLimit, index }: Control,
  layout: StructLayout = Layout,
): number {
  let here = at;
  if (index !== 0) {
    const bytes = family === 6 ? IN6_PKTINFO_BYTES : IN_PKTINFO_BYTES;
    for (let byte = 0; byte < bytes; byte += 4) view.setUint32(here + layout.cmsghdr + byte, 0);
    view.setUint32(here + layout.cmsghdr + (family === 6 ? IN6_PKTINFO_INDEX : 0), index, true);
    here = writeHeader(view, here, bytes, family === 6 ? IPV6_PKTINFO : IP_PKTINFO, family, layout);
  }
  if (hopLimit !== 0) {
    view.setUint32(here + layout.cmsghdr, hopLimit, true);
    here = writeHeader(view, here, 4, family === 6 ? IPV6_HOPLIMIT : IP_TTL, family, layout);
  }
  return here - at;
}

/** Gives where the next one begins. */
function writeHeader(view: DataView, at: number, dataBytes: number, type: number, family: Family, layout: StructLayout): number {
  const bytes = layout.cmsghdr + dataBytes;
  view.setUint32(at + layout.word - 4, 0); // the upper half of a length of eight bytes
  view.setUint32(at, bytes, true);
  view.setInt32(at + layout.word, family === 6 ? SOL_IPV6 : SOL_IP, true);
  view.setInt32(at + layout.word + 4, type, true);
  return at + align(bytes, layout);
}

/** CMSG_ALIGN: each begins at a multiple of a word. */
function align(bytes: number, layout: StructLayout): number {
  return (bytes + layout.word - 1) & -layout.word;
}
