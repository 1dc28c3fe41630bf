/** Addresses that plugins name when they open sockets. */

import { formatAddress, parseAddress } from "../../rules/addresses.ts";

/** What was checked is what is used: `text` is canonical and goes to the socket, `bare` goes to the grants. */
export interface SocketAddress {
  readonly text: string;
  /** Without its zone. */
  readonly bare: string;
  readonly zone?: string;
  readonly family: 4 | 6;
}

/** Reads `192.0.2.1`, `2001:db8::1`, `fe80::1%eth0`. Throws on anything else: a name could resolve to one thing now and to another later. */
export function readSocketAddress(text: string): SocketAddress {
  const [bareText = "", zone, ...rest] = text.split("%");
  const address = parseAddress(bareText);
  const isZone = zone === undefined || (address?.family === 6 && /^[\w.@:-]{1,15}$/.test(zone));
  if (address === undefined || !isZone || rest.length > 0)
    throw new Error(
      `Cannot use ${JSON.stringify(text)} as an address: expected an IPv4 or IPv6 address, such as 192.0.2.1 or fe80::1%eth0`,
    );
  const bare = formatAddress(address);
  return { text: bare, bare, family: address.family, ...(zone === undefined ? {} : { text: `${bare}%${zone}`, zone }) };
}

/** The address of somebody else. To the kernel 0.0.0.0 and :: mean this machine, past any denial of its loopback addresses. */
export function readPeerAddress(text: string): SocketAddress {
  const address = readSocketAddress(text);
  if (address.bare === "0.0.0.0" || address.bare === "::")
    throw new Error(`Cannot reach ${address.text}: expected the address of one host`);
  return address;
}
