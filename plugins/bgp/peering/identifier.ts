/** The BGP identifier of a node (RFC 6286): the same after every restart, or graceful restart would be with a stranger. */

import { type Link, parseAddress } from "../../../host/announcer.ts";
import { isNear } from "./local-end.ts";

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * An IPv4 address of the node, as its resource says, else the one that is on the peer's network, else four octets made of its name. Other
 * addresses of links do not count: a bridge of containers has the same one on every node.
 */
export function identifierOf(node: string, nodeAddresses: readonly string[], links: readonly Link[], peer: string): string {
  const near = links.filter((link) => !link.loopback && isNear(peer, [link]));
  const found = [...nodeAddresses, ...near.flatMap(({ addresses }) => addresses.map(({ address }) => address))];
  return found.find((text) => parseAddress(text)?.family === 4) ?? hash(node);
}

/** First octets of multicast addresses and beyond, which some routers refuse in an identifier. */
const MULTICAST = 0xe000_0000;

/** FNV-1a; never 0.0.0.0, which is nobody's. */
function hash(text: string): string {
  let sum = FNV_OFFSET;
  for (const octet of new TextEncoder().encode(text)) sum = Math.imul(sum ^ octet, FNV_PRIME) >>> 0;
  const number = 1 + (sum % (MULTICAST - 1));
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}
