/** What a datagram port is bound to, checked and as bytes. */

import { formatAddress, parseAddress } from "../rules/addresses.ts";
import type { Family } from "../rules/vocabulary.ts";

export interface DatagramOptions {
  /** An address of this machine; `0.0.0.0` or `::` for all of its family. */
  readonly address: string;
  /** 0: any that is free. */
  readonly udpPort: number;
  /** TTL or hop limit of what is sent, where a datagram does not name its own. Default: the kernel's. */
  readonly hopLimit?: number;
  /** Receive and send on this link only. */
  readonly link?: { readonly name: string; readonly index: number };
  /** Other sockets may be bound to the same, if they allow it too (SO_REUSEADDR). */
  readonly reuse?: boolean;
}

/** An address, as descriptors hold it: 16 bytes, IPv4 in the first four. */
export interface Endpoint {
  readonly family: Family;
  readonly address: Uint8Array;
  readonly udpPort: number;
}

/** As many as a descriptor can name. */
export const DATAGRAM_PORTS = 255;

/** Throws one line that names the first thing that cannot be. */
export function checkDatagrams(port: number, { address, udpPort, hopLimit = 64 }: DatagramOptions): void {
  const demand = (isFine: boolean, what: string, found: unknown, expected: string): void => {
    if (!isFine) throw new Error(`Cannot open datagram port ${port}: found ${what} ${JSON.stringify(found)}, expected ${expected}`);
  };
  demand(isBetween(port, 1, DATAGRAM_PORTS), "number", port, `1 to ${DATAGRAM_PORTS}`);
  demand(parseAddress(address) !== undefined, "address", address, "an IPv4 or IPv6 address without a zone");
  demand(isBetween(udpPort, 0, 0xffff), "UDP port", udpPort, "0 to 65535");
  demand(isBetween(hopLimit, 1, 255), "hop limit", hopLimit, "1 to 255");
}

/** Throws where the address is none. */
export function toEndpoint({ address, udpPort }: { readonly address: string; readonly udpPort: number }): Endpoint {
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new Error(`Cannot read the address ${JSON.stringify(address)}: expected IPv4 or IPv6`);
  const { family, value } = parsed;
  const bytes = new Uint8Array(16);
  const length = family === 4 ? 4 : 16;
  for (let at = 0; at < length; at++) bytes[at] = Number((value >> BigInt(8 * (length - 1 - at))) & 0xffn);
  return { family, address: bytes, udpPort };
}

/** `192.0.2.1:3784`, `[2001:db8::1]:3784`. */
export function endpointText({ family, address, udpPort }: Endpoint): string {
  const text = addressText(family, address);
  return family === 4 ? `${text}:${udpPort}` : `[${text}]:${udpPort}`;
}

export function addressText(family: Family, address: Uint8Array): string {
  const bytes = address.subarray(0, family === 4 ? 4 : 16);
  return formatAddress({ family, value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) });
}

function isBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
