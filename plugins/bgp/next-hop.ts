/** Next hops: which of our addresses a peer is told to send to. */

import type { AfiSafi } from "./messages.ts";
import type { Negotiated } from "./session/negotiate.ts";

/** Our end of a session, and what else the link has that it is on. */
export interface LocalEnd {
  /** The session's own address, without a zone. */
  readonly address: string;
  readonly family: 4 | 6;
  /** Of the link that has `address`; for sessions over several hops, too. */
  readonly link: { readonly ipv4?: string; readonly ipv6?: string; readonly linkLocal?: string };
  /** The peer is on the link, and may be told its link-local address (RFC 2545 §3). */
  readonly isDirect: boolean;
}

export interface NextHop {
  readonly nextHop: string;
  readonly linkLocalNextHop?: string;
}

/** The next hop of routes of a family. A text: why there is none, for humans. */
export function nextHopOf(family: 4 | 6, local: LocalEnd, { format }: Pick<Negotiated, "format">): NextHop | string {
  if (family === 6) return ipv6NextHop(local) ?? "No IPv6 address on the link of the session to be the next hop";
  if (local.family === 4) return { nextHop: local.address };
  const isExtended = format.extendedNextHop.some(({ afi, safi }: AfiSafi) => afi === 1 && safi === 1);
  const extended = isExtended ? ipv6NextHop(local) : undefined;
  if (extended !== undefined) return extended;
  if (local.link.ipv4 !== undefined) return { nextHop: local.link.ipv4 };
  return "No IPv4 address on the link of the session to be the next hop, and the peer takes no IPv6 one (RFC 8950)";
}

/** fe80::/10, of a canonical address (RFC 4291 §2.5.6). */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}

function ipv6NextHop({ address, family, link, isDirect }: LocalEnd): NextHop | undefined {
  const isLocal = isLinkLocal(address);
  const global = family === 6 && !isLocal ? address : link.ipv6;
  const linkLocal = isDirect ? (isLocal ? address : link.linkLocal) : undefined;
  if (global === undefined) return linkLocal === undefined ? undefined : { nextHop: linkLocal };
  return { nextHop: global, ...(linkLocal === undefined ? {} : { linkLocalNextHop: linkLocal }) };
}
