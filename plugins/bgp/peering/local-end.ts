/** What our end of a session has to offer as a next hop: addresses of the link that it is on. */

import { type Connection, type Link, parseAddress, widthBits } from "../../../host/announcer.ts";
import { isLinkLocal, type LocalEnd } from "../next-hop.ts";

/** Of a connection that is up, by the links as they are now. */
export function localEndOf(
  { localAddress, remoteAddress }: Pick<Connection, "localAddress" | "remoteAddress">,
  links: readonly Link[],
): LocalEnd {
  const [address, zone] = splitZone(localAddress);
  const isOn = ({ name, addresses }: Link) => (zone === undefined ? addresses.some((one) => one.address === address) : name === zone);
  const link = links.find(isOn);
  const addresses = link?.addresses ?? [];
  const first = (matches: (text: string) => boolean) => addresses.find(({ address: text }) => matches(text))?.address;
  const ipv4 = first((text) => !text.includes(":"));
  const ipv6 = first((text) => text.includes(":") && !isLinkLocal(text));
  const linkLocal = first(isLinkLocal);
  return {
    address,
    family: address.includes(":") ? 6 : 4,
    link: {
      ...(ipv4 === undefined ? {} : { ipv4 }),
      ...(ipv6 === undefined ? {} : { ipv6 }),
      ...(linkLocal === undefined ? {} : { linkLocal }),
    },
    isDirect: isOnLink(splitZone(remoteAddress)[0], addresses),
  };
}

/** `fe80::1` and `eth0` of `fe80::1%eth0`; an IPv4 address in IPv6's clothes is IPv4. */
export function splitZone(text: string): [string, string | undefined] {
  const [address = "", zone] = text.replace(/^::ffff:(?=\d+\.)/i, "").split("%");
  return [address, zone];
}

/** The address is on a network of one of the links. */
export function isNear(peer: string, links: readonly Link[]): boolean {
  return links.some(({ addresses }) => isOnLink(splitZone(peer)[0], addresses));
}

function isOnLink(peer: string, addresses: Link["addresses"]): boolean {
  const remote = parseAddress(peer);
  if (remote === undefined) return false;
  if (isLinkLocal(peer)) return true;
  return addresses.some(({ address, prefixLength }) => {
    const ours = parseAddress(address);
    const hostBits = BigInt(widthBits(remote.family) - prefixLength);
    return ours?.family === remote.family && ours.value >> hostBits === remote.value >> hostBits;
  });
}
