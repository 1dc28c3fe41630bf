/** How each kind of field is read from a record and written into it. Records are little-endian; text is copied byte by byte. */
import type { FieldKind } from "./format.ts";
import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from "./text.ts";

interface Kind {
  /** Reads after "expected". */
  readonly expected: string;
  read(view: DataView, at: number): string | number;
  /** False, and nothing written, where the value is not of this kind. */
  write(view: DataView, at: number, value: string | number): boolean;
}

export const kinds: Readonly<Record<FieldKind, Kind>> = {
  mac: text("a MAC such as 02:00:00:00:00:01", 6, formatMac, parseMac),
  ipv4: text("an IPv4 address", 4, formatIpv4, parseIpv4),
  ipv6: text("an IPv6 address", 16, formatIpv6, parseIpv6),
  u8: whole(
    0xff,
    (view, at) => view.getUint8(at),
    (view, at, value) => view.setUint8(at, value),
  ),
  u16: whole(
    0xffff,
    (view, at) => view.getUint16(at, true),
    (view, at, value) => view.setUint16(at, value, true),
  ),
  u32: whole(
    0xffffffff,
    (view, at) => view.getUint32(at, true),
    (view, at, value) => view.setUint32(at, value, true),
  ),
};

type Take = (view: DataView, at: number) => number;
type Put = (view: DataView, at: number, value: number) => void;

function text(
  expected: string,
  length: number,
  format: (bytes: Uint8Array) => string,
  parse: (text: string) => Uint8Array | undefined,
): Kind {
  const bytesAt = (view: DataView, at: number) => new Uint8Array(view.buffer, at, length);
  return {
    expected,
    read: (view, at) => format(bytesAt(view, at)),
    write(view, at, value) {
      const bytes = parse(String(value));
      if (bytes !== undefined) bytesAt(view, at).set(bytes);
      return bytes !== undefined;
    },
  };
}

function whole(most: number, read: Take, put: Put): Kind {
  return {
    expected: `a whole number from 0 to ${most}`,
    read,
    write(view, at, value) {
      const isGood = typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
      if (isGood) put(view, at, value);
      return isGood;
    },
  };
}
