/**
 * What all rtnetlink messages have in common: the header, the attributes, the end of a dump, and the request for one.
 *
 * Structs and numbers: linux/netlink.h (`nlmsghdr`, `nlmsgerr`), linux/rtnetlink.h (`rtattr`); numbers are in the machine's byte order,
 * little-endian as everywhere here. The readers are total: what is cut short is passed over.
 */

import { formatMac } from "./mac.ts";

export const AF_NETLINK = 16;
export const NETLINK_ROUTE = 0;

const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
const ATTRIBUTE_TYPE_MASK = 0x3fff;
const MAC_BYTES = 6;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;

export interface NetlinkMessage {
  readonly type: number;
  /** What comes after the header. */
  readonly body: Uint8Array;
  /** Where it ends a dump: 0, or the errno with which the kernel refused it. */
  readonly endErrno?: number;
  /** A change underneath the dump may have hidden others from it. */
  readonly isInterrupted: boolean;
}

/** The messages of one datagram. */
export function walkMessages(bytes: Uint8Array): NetlinkMessage[] {
  const view = viewOf(bytes);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    const type = view.getUint16(at + 4, true);
    const body = bytes.subarray(at + HEADER_BYTES, at + length);
    const isInterrupted = (view.getUint16(at + 6, true) & NLM_F_DUMP_INTR) !== 0;
    messages.push({ type, body, isInterrupted, ...(type === NLMSG_DONE || type === NLMSG_ERROR ? { endErrno: readEnd(body) } : {}) });
    at += align(length);
  }
  return messages;
}

/** `info`: the struct that the type has after the header. */
export function writeDumpRequest(type: number, info: Uint8Array): Uint8Array {
  const request = new Uint8Array(HEADER_BYTES + info.length);
  const view = viewOf(request);
  view.setUint32(0, request.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  request.set(info, HEADER_BYTES);
  return request;
}

/** By type; of one that comes twice, the last. */
export function readAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > bytes.length) break;
    attributes.set(view.getUint16(at + 2, true) & ATTRIBUTE_TYPE_MASK, bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length));
    at += align(length);
  }
  return attributes;
}

/** 0 where it is missing or too short. */
export function readWord(value: Uint8Array | undefined): number {
  return value === undefined || value.length < 4 ? 0 : viewOf(value).getUint32(0, true);
}

/** Empty where it is no Ethernet address: none, another length (InfiniBand), or all zeros (loopback). */
export function readMac(value: Uint8Array | undefined): string {
  if (value === undefined || value.length !== MAC_BYTES || value.every((byte) => byte === 0)) return "";
  return formatMac(value);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Messages and attributes begin at multiples of 4. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** Both ends of a dump begin with the negative errno. */
function readEnd(body: Uint8Array): number {
  return body.length < 4 ? 0 : Math.max(0, -viewOf(body).getInt32(0, true));
}
