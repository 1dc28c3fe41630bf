/** MACs and addresses as people write them. */
import { formatOctets, parseOctets } from "./bgp/text.ts";

export { formatMac } from "../mac.ts";

export function formatIpv4(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** Undefined where the text is not a MAC with colons. */
export function parseMac(text: string): Uint8Array | undefined {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? Uint8Array.from(text.split(":"), (byte) => Number.parseInt(byte, 16)) : undefined;
}

/** Undefined where the text is not a dotted quad; leading zeros are refused, since some read them as octal. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const good = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return good ? Uint8Array.from(parts, Number) : undefined;
}

/** Canonical text of 16 bytes. */
export const formatIpv6 = formatOctets;

/** Undefined where the text is not an IPv6 address. */
export function parseIpv6(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseOctets(text) : undefined;
}
