/** Values of BGP messages as people write them, and back. Readers give undefined where the text is none. */
import { formatAddress, parseAddress } from "../../../rules/addresses.ts";

export function formatHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

export function parseHex(text: string): Uint8Array | undefined {
  return /^([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, "hex") : undefined;
}

/** Of an address as a number, or of an identifier. */
export function formatQuad(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

export function parseQuad(text: string): number | undefined {
  const address = text.includes(":") ? undefined : parseAddress(text);
  return address === undefined ? undefined : Number(address.value);
}

/** Of 4 or 16 octets. */
export function formatOctets(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  return formatAddress({ family: 6, value: BigInt(`0x${formatHex(bytes)}`) });
}

/** 4 or 16 octets. An IPv4 address in IPv6 clothes stays what it is: on the wire the two differ. */
export function parseOctets(text: string): Uint8Array | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const isIpv6 = text.includes(":");
  const value = isIpv6 && address.family === 4 ? address.value | (0xffffn << 32n) : address.value;
  return parseHex(value.toString(16).padStart(isIpv6 ? 32 : 8, "0"));
}

/** `65000:1` of a community; with three numbers, of a large one. */
export function formatParts(...parts: readonly number[]): string {
  return parts.join(":");
}

/** So many numbers with colons between them, each at most `most`. */
export function parseParts(text: string, count: number, most: number): number[] | undefined {
  const parts = text.split(":");
  const isGood = (part: string) => /^(0|[1-9]\d{0,9})$/.test(part) && Number(part) <= most;
  return parts.length === count && parts.every(isGood) ? parts.map(Number) : undefined;
}
