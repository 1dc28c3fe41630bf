/** What RIPv2 and RIPng have in common, and what the speaker needs to know of each. */

import type { Family } from "herald";
import type { Prefix, Route } from "./route.ts";

export const REQUEST = 1;
export const RESPONSE = 2;
/** Command, version, two zeros (RFC 2453 §4, RFC 2080 §2). */
export const HEADER_BYTES = 4;
/** Of a route, in both. */
export const ENTRY_BYTES = 20;

/** The whole table, or these prefixes in this order (RFC 2453 §3.9.1). */
export type Request = "all" | readonly Prefix[];

export interface Wire {
  readonly name: string;
  readonly family: Family;
  readonly group: string;
  readonly port: number;
  readonly hopLimit: number;
  /** How many entries fit in a message on a link with this MTU. */
  mostEntries(mtu: number): number;
  /** Routes as the messages that tell of them. */
  writeResponses(routes: readonly Route[], mostEntries: number): Uint8Array[];
  /** Undefined: it is no request, or none that can be read. */
  readRequest(message: Uint8Array): Request | undefined;
}

/** A message with room for entries. */
export function newMessage(command: number, version: number, entries: number): DataView {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + ENTRY_BYTES * entries));
  view.setUint8(0, command);
  view.setUint8(1, version);
  return view;
}

/** Where the entries of a request begin; undefined where it is none of this version, or is no whole number of entries. */
export function requestEntries(message: Uint8Array, version: number): readonly DataView[] | undefined {
  const count = (message.length - HEADER_BYTES) / ENTRY_BYTES;
  if (!Number.isInteger(count) || count < 1 || message[0] !== REQUEST || message[1] !== version) return undefined;
  const { buffer, byteOffset } = message;
  return Array.from({ length: count }, (_, at) => new DataView(buffer, byteOffset + HEADER_BYTES + at * ENTRY_BYTES, ENTRY_BYTES));
}
