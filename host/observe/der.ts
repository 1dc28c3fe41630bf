/** ASN.1 in DER (X.690), as much of it as a certificate needs. */

const LONG_FORM = 0x80;

export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** A context-specific tag: of something primitive, or constructed of other elements. */
export function contextTag(number: number, isConstructed: boolean): number {
  return 0x80 | (isConstructed ? 0x20 : 0) | number;
}

export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(Tag.sequence, ...parts);
}

/** Not negative, big-endian. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const shortest = first < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(first));
  return element(Tag.integer, (shortest[0] as number) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), shortest);
}

/** Whole octets. */
export function bitString(bytes: Uint8Array): Buffer {
  const noUnusedBits = Buffer.from([0]);
  return element(Tag.bitString, noUnusedBits, bytes);
}

/** `1.2.840.10045.4.3.2`. */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return element(Tag.objectIdentifier, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** To the second; of two digits of the year until 2049 (RFC 5280 §4.1.2.5 "Validity"). */
export function time(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050 ? element(Tag.utcTime, Buffer.from(text.slice(2))) : element(Tag.generalizedTime, Buffer.from(text));
}

function lengthOctets(length: number): number[] {
  if (length < LONG_FORM) return [length];
  const octets = base256(length);
  return [LONG_FORM | octets.length, ...octets];
}

function base256(value: number): number[] {
  return value < 256 ? [value] : [...base256(Math.floor(value / 256)), value % 256];
}

function base128(value: number): number[] {
  const octets = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) octets.unshift((left % 128) | 0x80);
  return octets;
}
