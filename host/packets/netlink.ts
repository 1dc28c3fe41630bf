/**
 * What rtnetlink says of links and their addresses: the request for a dump, and the messages.
 *
 * Structs and numbers: linux/rtnetlink.h (`ifinfomsg`), linux/if_link.h, linux/if.h, linux/if_addr.h (`ifaddrmsg`). The reader is total:
 * what is cut short or of another kind is passed over.
 */

import type { LinkAddress } from "../announcer.ts";
import { AF_INET, AF_INET6 } from "./datagram-layout.ts";
import { addressText } from "./datagram-options.ts";
import { type NetlinkMessage, readAttributes, readMac, readWord, viewOf, walkMessages, writeDumpRequest } from "./netlink-walk.ts";

const LINK_INFO_BYTES = 16;
const ADDRESS_INFO_BYTES = 8;

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

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
export function requestDump(what: "links" | "addresses"): Uint8Array {
  return what === "links"
    ? writeDumpRequest(RTM_GETLINK, new Uint8Array(LINK_INFO_BYTES))
    : writeDumpRequest(RTM_GETADDR, new Uint8Array(ADDRESS_INFO_BYTES));
}

/** Reads one datagram. */
export function readMessages(bytes: Uint8Array): LinkMessages {
  const walked = walkMessages(bytes);
  return {
    messages: walked.flatMap((message) => readMessage(message) ?? []),
    isInterrupted: walked.some(({ isInterrupted }) => isInterrupted),
  };
}

function readMessage({ type, body, endErrno }: NetlinkMessage): LinkMessage | undefined {
  if (endErrno !== undefined) return { kind: "end", errno: endErrno };
  if (type === RTM_NEWADDR || type === RTM_DELADDR) return readAddress(type === RTM_NEWADDR, body);
  if ((type !== RTM_NEWLINK && type !== RTM_DELLINK) || body.length < LINK_INFO_BYTES) return undefined;
  // Other families tell of a link's role only: AF_BRIDGE "deletes" a link that leaves its bridge.
  if (body[0] !== 0) return undefined;
  const index = viewOf(body).getInt32(4, true);
  if (type === RTM_DELLINK) return { kind: "gone", index };
  const link = readLink(index, viewOf(body).getUint32(8, true), readAttributes(body.subarray(LINK_INFO_BYTES)));
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
    index: viewOf(info).getUint32(4, true),
    address: { address: addressText(family === AF_INET ? 4 : 6, bytes), prefixLength },
    isUsed: isThere && (flags & NOT_TO_BE_USED) === 0,
  };
}
