/**
 * Wire formats of module `wire` as TypeScript sees them: bytes in, named fields or a reason out, and back.
 *
 *   codec("arp").decode(frame)  → { ok: true, fields: { senderMac: "02:…", … } } or { ok: false, status: "Truncated", … }
 *
 * Works on copies and allocates: for tools, tests and slow paths. Hot paths stay inside their WASM module.
 */
import { arp } from "./arp.ts";
import { bfd } from "./bfd.ts";
import { ethernet } from "./ethernet.ts";
import type { Format, Meaning } from "./format.ts";
import { kinds } from "./kinds.ts";
import { neighborAdvertisement, neighborSolicitation } from "./neighbor.ts";
import { routerAdvertisement, routerSolicitation } from "./router-advertisement.ts";
import { wireModule } from "./wire-module.ts";

/** Every format, in the order of `--help`. */
export const formats: readonly Format[] = [
  arp,
  bfd,
  ethernet,
  neighborAdvertisement,
  neighborSolicitation,
  routerAdvertisement,
  routerSolicitation,
];

export type Fields = Readonly<Record<string, string | number>>;

/** Why bytes are not a packet, or fields cannot become one. */
export interface Malformed extends Meaning {
  readonly ok: false;
  /** Name of a `Status` of `wasm/wire/status`. */
  readonly status: string;
}

export interface Codec {
  readonly format: Format;
  decode(bytes: Uint8Array): { readonly ok: true; readonly fields: Fields } | Malformed;
  /** Throws TypeError where a field is missing or not of its kind, or the format is for decoding only. */
  encode(fields: Fields): { readonly ok: true; readonly bytes: Uint8Array } | Malformed;
}

/** Every decoder's: the packet does not fit the region that packets are decoded in. */
const oversized: Meaning = { meaning: "The packet is longer than 65,536 bytes, more than any link carries", source: "Herald's own limit" };

/** The codec of a format. Throws RangeError on a name that is none. */
export function codec(name: string): Codec {
  const format = formats.find((candidate) => candidate.name === name);
  if (format === undefined) throw new RangeError(`Unknown format ${name}: expected ${formats.map((known) => known.name).join(", ")}`);
  return { format, decode: (bytes) => decode(format, bytes), encode: (fields) => encode(format, fields) };
}

function decode(format: Format, bytes: Uint8Array): ReturnType<Codec["decode"]> {
  const { memory, view, value, call } = wireModule();
  if (bytes.length > value("IN_BYTES")) return malformed(format, value("Status.Oversized"));
  const at = value("IN") + value("IN_BYTES") - bytes.length; // flush with the end of memory, so that a read past it traps
  memory.set(bytes, at);
  const status = call(format.decode, at, bytes.length);
  if (status !== 0) return malformed(format, status);
  return { ok: true, fields: Object.fromEntries(format.fields.map(({ name, at, kind }) => [name, kinds[kind].read(view, value(at))])) };
}

function encode(format: Format, fields: Fields): ReturnType<Codec["encode"]> {
  const { memory, view, value, call } = wireModule();
  if (format.encode === undefined) throw new TypeError(`Cannot encode ${format.name}: its record does not hold the whole packet`);
  for (const { name, at, kind } of format.fields) {
    const found = fields[name];
    if (found === undefined || !kinds[kind].write(view, value(at), found)) {
      throw new TypeError(`Cannot encode ${format.name}: ${name} is ${found}, expected ${kinds[kind].expected}`);
    }
  }
  const length = call(format.encode);
  if (length < 0) return malformed(format, length);
  return { ok: true, bytes: memory.slice(value("OUT"), value("OUT") + length) };
}

function malformed(format: Format, status: number): Malformed {
  const name = wireModule().nameOf("Status", status);
  return { ok: false, status: name, ...(format.statuses[name] ?? oversized) };
}
