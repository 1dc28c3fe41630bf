/**
 * What rtnetlink says of neighbors and of default routes.
 *
 * Structs and numbers: linux/neighbour.h (`ndmsg`, NUD states), linux/rtnetlink.h (`rtmsg`, `rtnexthop`, `rtvia`). The readers are total:
 * what is cut short or of another kind is passed over.
 */

import type { Family } from "../rules/vocabulary.ts";
import { AF_INET, AF_INET6 } from "./datagram-layout.ts";
import { addressText } from "./datagram-options.ts";
import { align, type NetlinkMessage, readAttributes, readMac, readWord, viewOf, writeDumpRequest } from "./netlink-walk.ts";

const NEIGHBOR_BYTES = 12;
const ROUTE_BYTES = 12;
const NEXT_HOP_BYTES = 8;

const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const RTM_NEWNEIGH = 28;
const RTM_GETNEIGH = 30;

const NDA_DST = 1;
const NDA_LLADDR = 2;

const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
const RTA_VIA = 18;

const RT_TABLE_MAIN = 254;
const RTN_UNICAST = 1;

/** NUD_INCOMPLETE to NUD_PERMANENT, by bit. */
const STATES = ["incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent"] as const;

/** How sure the kernel is of a neighbor (RFC 4861 §7.3.2 "Neighbor Cache Entry States", and Linux's own). */
export type NeighborState = (typeof STATES)[number] | "none";

/** A neighbor as the kernel tells of it. */
export interface KernelNeighbor {
  readonly linkIndex: number;
  /** Canonical, without a zone. */
  readonly address: string;
  readonly family: Family;
  /** Undefined where nobody has answered, or where it is no Ethernet address. */
  readonly mac: string | undefined;
  readonly state: NeighborState;
}

/** The next hop of a default route. */
export interface Gateway {
  readonly linkIndex: number;
  /** Canonical, without a zone. */
  readonly address: string;
  /** Of the address, which may be IPv6 for a route of IPv4. */
  readonly family: Family;
}

/** Asks for a family's neighbors. */
export function requestNeighbors(family: Family): Uint8Array {
  const info = new Uint8Array(NEIGHBOR_BYTES);
  info[0] = family === 4 ? AF_INET : AF_INET6;
  return writeDumpRequest(RTM_GETNEIGH, info);
}

/** Asks for a family's routes of the main table; a kernel that does not filter (before Linux 4.20) tells of all tables. */
export function requestRoutes(family: Family): Uint8Array {
  const info = new Uint8Array(ROUTE_BYTES);
  info[0] = family === 4 ? AF_INET : AF_INET6;
  info[4] = RT_TABLE_MAIN;
  return writeDumpRequest(RTM_GETROUTE, info);
}

/** None where it tells of no neighbor of IP. */
export function readNeighbor({ type, body }: NetlinkMessage): KernelNeighbor[] {
  if (type !== RTM_NEWNEIGH || body.length < NEIGHBOR_BYTES) return [];
  const attributes = readAttributes(body.subarray(NEIGHBOR_BYTES));
  const found = readAddress(body[0], attributes.get(NDA_DST));
  if (found === undefined) return [];
  const view = viewOf(body);
  const bits = view.getUint16(8, true);
  const state = STATES.find((_, bit) => (bits & (1 << bit)) !== 0) ?? "none";
  return [{ linkIndex: view.getInt32(4, true), ...found, mac: readMac(attributes.get(NDA_LLADDR)) || undefined, state }];
}

/** Those of a default route of the main table; several where it has several next hops. */
export function readDefaultRoute({ type, body }: NetlinkMessage): Gateway[] {
  if (type !== RTM_NEWROUTE || body.length < ROUTE_BYTES) return [];
  const [family, prefixLength, , , shortTable = 0, , , kind] = body;
  const attributes = readAttributes(body.subarray(ROUTE_BYTES));
  const table = attributes.has(RTA_TABLE) ? readWord(attributes.get(RTA_TABLE)) : shortTable;
  if (prefixLength !== 0 || table !== RT_TABLE_MAIN || kind !== RTN_UNICAST) return [];
  const several = attributes.get(RTA_MULTIPATH);
  return several === undefined ? readNextHop(family, readWord(attributes.get(RTA_OIF)), attributes) : readNextHops(family, several);
}

function readNextHops(family: number | undefined, bytes: Uint8Array): Gateway[] {
  const view = viewOf(bytes);
  const gateways: Gateway[] = [];
  for (let at = 0; at + NEXT_HOP_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < NEXT_HOP_BYTES || at + length > bytes.length) break;
    const attributes = readAttributes(bytes.subarray(at + NEXT_HOP_BYTES, at + length));
    gateways.push(...readNextHop(family, view.getInt32(at + 4, true), attributes));
    at += align(length);
  }
  return gateways;
}

/** None where the route's destinations are on the link itself. */
function readNextHop(family: number | undefined, linkIndex: number, attributes: ReadonlyMap<number, Uint8Array>): Gateway[] {
  const via = attributes.get(RTA_VIA);
  const isVia = via !== undefined && via.length >= 2;
  const found = isVia ? readAddress(viewOf(via).getUint16(0, true), via.subarray(2)) : readAddress(family, attributes.get(RTA_GATEWAY));
  return found === undefined ? [] : [{ linkIndex, ...found }];
}

function readAddress(family: number | undefined, bytes: Uint8Array | undefined): { address: string; family: Family } | undefined {
  const version = family === AF_INET ? 4 : family === AF_INET6 ? 6 : undefined;
  if (version === undefined || bytes?.length !== (version === 4 ? 4 : 16)) return undefined;
  return { address: addressText(version, bytes), family: version };
}
