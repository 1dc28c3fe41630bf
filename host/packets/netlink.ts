/**
 * Bytes of rtnetlink, as far as links need it: the request for a dump, and what the kernel says.
 *
 * Structs and numbers: linux/netlink.h (`nlmsghdr`), linux/rtnetlink.h (`ifinfomsg`, `rtattr`), linux/if_link.h, linux/if.h; numbers are in the
 * machine's byte order, little-endian as everywhere here. The reader is total: what is cut short or of another kind is passed over.
 */

const HEADER_BYTES = 16;
const LINK_INFO_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;

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
  /** A dump has ended; with an errno it was refused. */
  | { readonly kind: "end"; readonly errno: number };

export interface LinkMessages {
  readonly messages: readonly LinkMessage[];
  /** A change underneath the dump may have hidden other links from it. */
  readonly isInterrupted: boolean;
}

/** Asks for all links. */
export function writeDumpRequest(): Uint8Array {
  const request = new Uint8Array(HEADER_BYTES + LINK_INFO_BYTES);
  const view = new DataView(request.buffer);
  view.setUint32(0, request.length, true);
  view.setUint16(4, RTM_GETLINK, true);
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
