/** Rows and events of packet programs as bytes: `docs/packet-programs.md` "Rows" and "Events". */

import type { ProgramEvent, ProgramRow } from "../../announcer.ts";
import { formatMac } from "../../packets/mac.ts";
import type { RawEvent } from "../../packets/program.ts";
import { Row, RowState } from "../../packets/row-layout.ts";
import { formatAddress, parseAddress } from "../../rules/addresses.ts";

const ATTRIBUTES_BYTES = Row.bytes - Row.attributes;

const EVERY_LINK = 0xffff_ffff_ffff_ffffn;
const EVENT_KINDS: Readonly<Record<number, ProgramEvent["kind"]>> = { 1: "conflict" };

/** Writes a row into the first 64 bytes of `record`, which are zero. Throws where the row cannot be one. */
export function writeRow(record: Uint8Array, row: ProgramRow, linkId: (name: string) => number): void {
  const { address, links, state, attributes } = row;
  writeAddress(record, address);
  const bits = links === null ? EVERY_LINK : links.reduce((mask, link) => mask | (1n << BigInt(linkId(link))), 0n);
  new DataView(record.buffer, record.byteOffset).setBigUint64(Row.links, bits, true);
  record[Row.state] = RowState[state];
  if (attributes === undefined) return;
  if (attributes.length > ATTRIBUTES_BYTES)
    throw new Error(`${attributes.length} bytes of attributes, expected at most ${ATTRIBUTES_BYTES}`);
  record.set(attributes, Row.attributes);
}

/** The key of a row: family and address. Throws where the text is no address. */
export function writeAddress(record: Uint8Array, text: string): void {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${JSON.stringify(text)} is not an address`);
  const { family, value } = address;
  const view = new DataView(record.buffer, record.byteOffset + Row.address);
  record[Row.family] = family;
  if (family === 4) view.setUint32(0, Number(value));
  else {
    view.setBigUint64(0, value >> 64n);
    view.setBigUint64(8, value & 0xffff_ffff_ffff_ffffn);
  }
}

/** All rows; for those that never are refused. */
export function packRows(rows: readonly ProgramRow[], linkId: (name: string) => number): Uint8Array {
  const records = new Uint8Array(rows.length * Row.bytes);
  rows.forEach((row, at) => void writeRow(records.subarray(at * Row.bytes), row, linkId));
  return records;
}

/** `isRow`: the program has a row of that address. An event has no family; rows decide what 16 bytes mean. */
export function readEvent(event: RawEvent, linkName: (id: number) => string, isRow: (address: string) => boolean): ProgramEvent {
  const hex = Buffer.from(event.address).toString("hex");
  const asIPv6 = formatAddress({ family: 6, value: BigInt(`0x${hex}`) });
  const isIPv4 = hex.endsWith("0".repeat(24)) && !isRow(asIPv6);
  return {
    kind: EVENT_KINDS[event.kind] ?? event.kind,
    address: isIPv4 ? formatAddress({ family: 4, value: BigInt(`0x${hex.slice(0, 8)}`) }) : asIPv6,
    link: linkName(event.link),
    mac: formatMac(event.mac),
    heldBack: event.suppressed,
  };
}
