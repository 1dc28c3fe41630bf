/**
 * Bytes of rtnetlink, as far as links and their addresses need it: the request for a dump, and what the kernel says.
 *
 * Structs and numbers: linux/netlink.h (`nlmsghdr`), linux/rtnetlink.h (`ifinfomsg`, `rtattr`), linux/if_link.h, linux/if.h,
 * linux/if_addr.h (`ifaddrmsg`); numbers are in the machine's byte order, little-endian as everywhere here. The reader is total: what is cut
 * short or of another kind is passed over.
 */

import type { LinkAddress } from "../announcer.ts";
import { AF_INET, AF_INET6 } from "./datagram-layout.ts";
import { addressText } from "./datagram-options.ts";

const HEADER_BYTES = 16;
const LINK_INFO_BYTES = 16;
const ADDRESS_INFO_BYTES = 8;
const ATTRIBUTE_HEADER_BYTES = 4;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;

const IFF_UP = 0x1;
const IFF_BROADCAST = 0x2;
const IFF_LOOPBACK = 0x8;
const IFF_NOARP = 0x80;
const IFF_LOWER_UP = 0x10000;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
/** IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_TENTATIVE. */
const NOT_TO_BE_USED = 0x08 | 0x20 | 0x40;

const ATTRIBUTE_TYPE_MASK = 0x3fff;
const MAC_BYTES = 6;

/** A link as the kernel tells of it. */
export interface KernelLink {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  readonly up: boolean;
  readonly mtu: number;
  readonly broadcast: boolean;
  readonly noArp: boolean;
  readonly loopback: boolean;
  /** Index of the bridge, bond or VRF that it is a port of. */
  readonly masterIndex?: number;
}

export type LinkMessage =
  | { readonly kind: "link"; readonly link: KernelLink }
  | { readonly kind: "gone"; readonly index: number }
  /** `isUsed`: the link has it, and it is to be used. */
  | { readonly kind: "address"; readonly index: number; readonly address: LinkAddress; readonly isUsed: boolean }
  /** A dump has ended; with an errno it was refused. */
  | { readonly kind: "end"; readonly errno: number };

export interface LinkMessages {
  readonly messages: readonly LinkMessage[];
  /** A change underneath the dump may have hidden other links from it. */
  readonly isInterrupted: boolean;
}

/** Asks for all links, or for all addresses. */
export function writeDumpRequest(what: "links" | "addresses"): Uint8Array {
  const request = new Uint8Array(HEADER_BYTES + (what === "links" ? LINK_INFO_BYTES : ADDRESS_INFO_BYTES));
  const view = new DataView(request.buffer);
  view.setUint32(0, request.length, true);
  view.setUint16(4, what === "links" ? RTM_GETLINK : RTM_GETADDR, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  return request;
}

/** Reads one datagram. */
export function readMessages(bytes: Uint8Array): LinkMessages {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: LinkMessage[] = [];
  let isInterrupted = false;
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    const message = readMessage(bytes.subarray(at, at + length));
    if (message !== undefined) messages.push(message);
    isInterrupted ||= (view.getUint16(at + 6, true) & NLM_F_DUMP_INTR) !== 0;
    at += align(length);
  }
  return { messages, isInterrupted };
}

function readMessage(bytes: Uint8Array): LinkMessage | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(4, true);
  if (type === NLMSG_DONE) return { kind: "end", errno: 0 };
  // `struct nlmsgerr` begins with the negative errno.
  if (type === NLMSG_ERROR) return { kind: "end", errno: bytes.length < HEADER_BYTES + 4 ? 0 : -view.getInt32(HEADER_BYTES, true) };
  if (type === RTM_NEWADDR || type === RTM_DELADDR) return readAddress(type === RTM_NEWADDR, bytes.subarray(HEADER_BYTES));
  if ((type !== RTM_NEWLINK && type !== RTM_DELLINK) || bytes.length < HEADER_BYTES + LINK_INFO_BYTES) return undefined;
  // Other families tell of a link's role only: AF_BRIDGE "deletes" a link that leaves its bridge.
  if (bytes[HEADER_BYTES] !== 0) return undefined;
  const index = view.getInt32(HEADER_BYTES + 4, true);
  if (type === RTM_DELLINK) return { kind: "gone", index };
  const link = readLink(index, view.getUint32(HEADER_BYTES + 8, true), readAttributes(bytes.subarray(HEADER_BYTES + LINK_INFO_BYTES)));
  return link && { kind: "link", link };
}

/** Undefined where the kernel tells of one facet only (wireless events come so): without a name. */
function readLink(index: number, flags: number, attributes: ReadonlyMap<number, Uint8Array>): KernelLink | undefined {
  const name = attributes.get(IFLA_IFNAME);
  if (name === undefined) return undefined;
  const masterIndex = readWord(attributes.get(IFLA_MASTER));
  return {
    index,
    name: Buffer.from(name).toString("utf8").replace(/\0.*$/s, ""),
    mac: readMac(attributes.get(IFLA_ADDRESS)),
    up: (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0,
    mtu: readWord(attributes.get(IFLA_MTU)),
    broadcast: (flags & IFF_BROADCAST) !== 0,
    noArp: (flags & IFF_NOARP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    ...(masterIndex > 0 ? { masterIndex } : {}),
  };
}

function readAddress(isThere: boolean, info: Uint8Array): LinkMessage | undefined {
  if (info.length < ADDRESS_INFO_BYTES) return undefined;
  const [family, prefixLength = 0, shortFlags = 0] = info;
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const attributes = readAttributes(info.subarray(ADDRESS_INFO_BYTES));
  // Of a link between two, the other attribute is the far end's.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (bytes?.length !== (family === AF_INET ? 4 : 16)) return undefined;
  const flags = attributes.has(IFA_FLAGS) ? readWord(attributes.get(IFA_FLAGS)) : shortFlags;
  return {
    kind: "address",
    index: new DataView(info.buffer, info.byteOffset).getUint32(4, true),
    address: { address: addressText(family === AF_INET ? 4 : 6, bytes), prefixLength },
    isUsed: isThere && (flags & NOT_TO_BE_USED) === 0,
  };
}

function readAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > bytes.length) break;
    attributes.set(view.getUint16(at + 2, true) & ATTRIBUTE_TYPE_MASK, bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length));
    at += align(length);
  }
  return attributes;
}

function readWord(value: Uint8Array | undefined): number {
  return value === undefined || value.length < 4 ? 0 : new DataView(value.buffer, value.byteOffset).getUint32(0, true);
}

/** Empty where it is no Ethernet address: none, another length (InfiniBand), or all zeros (loopback). */
function readMac(value: Uint8Array | undefined): string {
  if (value === undefined || value.length !== MAC_BYTES || value.every((byte) => byte === 0)) return "";
  return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Messages and attributes begin at multiples of 4. */
function align(length: number): number {
  return (length + 3) & ~3;
}
