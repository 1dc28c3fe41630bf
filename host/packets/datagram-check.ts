/** What a program may send from a datagram port, decided alike on every wire. Nothing that it wrote is trusted. */

import type { Family } from "../rules/vocabulary.ts";
import { Descriptor } from "./datagram-layout.ts";
import type { DatagramOptions } from "./datagram-options.ts";
import { type LinkTable, NO_LINK } from "./link-table.ts";

/** fe80::/10, RFC 4291 §2.5.6 "Link-Local IPv6 Unicast Addresses". */
const LINK_LOCAL = 0xfe80 >>> 6;

/**
 * The descriptor names one host of the port's family, and a link that is attached, up and the port's own where that is bound to
 * one; or no link, which a link-local address must have.
 */
export function mayLeave(descriptors: DataView, at: number, family: Family, link: DatagramOptions["link"], links: LinkTable): boolean {
  if (descriptors.getUint8(at + Descriptor.peerFamily) !== family || descriptors.getUint16(at + Descriptor.peerPort, true) === 0)
    return false;
  if (isUnspecified(descriptors, at + Descriptor.peer, family)) return false;
  const id = descriptors.getUint32(at + Descriptor.link, true);
  if (id === NO_LINK) return link !== undefined || family === 4 || descriptors.getUint16(at + Descriptor.peer) >>> 6 !== LINK_LOCAL;
  const named = links.find(id);
  return named?.up === true && (link === undefined || link.index === named.index);
}

/** 0.0.0.0 and :: mean this very machine to the kernel. */
function isUnspecified(view: DataView, at: number, family: Family): boolean {
  let bits = view.getUint32(at);
  if (family === 6) bits |= view.getUint32(at + 4) | view.getUint32(at + 8) | view.getUint32(at + 12);
  return bits === 0;
}
