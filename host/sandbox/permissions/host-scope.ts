/**
 * The scope of `net`, `listen` and `udp`: `192.0.2.1:179`, `10.0.0.0/8:*`, `[2001:db8::/32]:179`, `*:53`. A missing port is any.
 *
 * No names: what one resolves to may change between the check and the use. An IPv4-mapped IPv6 address is the IPv4 address that it
 * reaches, so no grant and no denial can be got around by spelling.
 */

import { parseAddress } from "../../rules/addresses.ts";
import { widthBits } from "../../rules/blocks.ts";
import type { Family } from "../../rules/vocabulary.ts";

export interface HostScope {
  /** Undefined: any address of either family. */
  readonly addresses: AddressRange | undefined;
  /** Undefined: any. */
  readonly port: number | undefined;
}

interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** Undefined where the text is no such scope. */
export function parseHostScope(text: string): HostScope | undefined {
  const [host, portText] = splitPort(text);
  const port = portText === "*" ? undefined : /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN;
  if (port !== undefined && !(port <= 65_535)) return undefined;
  if (host === "*") return { addresses: undefined, port };
  const addresses = parseRange(host);
  return addresses && { addresses, port };
}

/** Every address and port of `wanted` is granted. */
export function hostCovers(granted: HostScope, wanted: HostScope): boolean {
  if (granted.port !== undefined && granted.port !== wanted.port) return false;
  if (granted.addresses === undefined) return true;
  if (wanted.addresses === undefined || wanted.addresses.family !== granted.addresses.family) return false;
  const { family, first, last } = granted.addresses;
  // To bind the unspecified address is to bind every address: 0.0.0.0/8 does not grant that.
  const isEvery = first === 0n && (last === 0n || last === (1n << BigInt(widthBits(family))) - 1n);
  if (isUnspecified(wanted)) return isEvery;
  return first <= wanted.addresses.first && wanted.addresses.last <= last;
}

/** Some address and port of `wanted` is denied. */
export function hostTouches(denied: HostScope, wanted: HostScope): boolean {
  if (denied.port !== undefined && wanted.port !== undefined && denied.port !== wanted.port) return false;
  if (denied.addresses === undefined || wanted.addresses === undefined) return true;
  if (denied.addresses.family !== wanted.addresses.family) return false;
  return isUnspecified(wanted) || (denied.addresses.first <= wanted.addresses.last && wanted.addresses.first <= denied.addresses.last);
}

/** 0.0.0.0 or :: */
export function isUnspecified({ addresses }: HostScope): boolean {
  return addresses !== undefined && addresses.last === 0n;
}

/** Of an address and a port, `*` for every one. */
export function hostText(address: string, port: number | "*"): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** An address, or a CIDR. Unlike those of a pool, `::/0` is one: it means every IPv6 address. */
function parseRange(text: string): AddressRange | undefined {
  const [addressText = "", prefixText, ...rest] = text.split("/");
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const { family, value } = address;
  if (prefixText === undefined) return { family, first: value, last: value };
  const isMapped = family === 4 && addressText.includes(":"); // its prefix length could be meant either way
  if (isMapped || !/^\d{1,3}$/.test(prefixText) || Number(prefixText) > widthBits(family)) return undefined;
  const size = 1n << BigInt(widthBits(family) - Number(prefixText));
  const first = value - (value % size);
  return { family, first, last: first + size - 1n };
}

function splitPort(text: string): [host: string, port: string] {
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return [bracketed[1] as string, bracketed[2] ?? "*"];
  const colon = text.indexOf(":");
  if (colon < 0 || text.includes(":", colon + 1)) return [text, "*"];
  return [text.slice(0, colon), text.slice(colon + 1)];
}
