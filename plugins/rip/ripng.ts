/** RIPng on the wire: RFC 2080 §2 "Protocol Specification". */

import { INFINITY, maskOf, type Prefix, type Route } from "./route.ts";
import { ENTRY_BYTES, HEADER_BYTES, newMessage, RESPONSE, requestEntries, type Wire } from "./wire.ts";

const VERSION = 1;
/** IPv6 and UDP. */
const HEADERS_BYTES = 40 + 8;
/** RFC 2080 §2.1.1: this metric says that the entry is the next hop of those behind it. */
const IS_NEXT_HOP = 0xff;

/** Offsets in an entry. */
const TAG = 16;
const LENGTH = 18;
const METRIC = 19;

export const ripng: Wire = {
  name: "RIPng",
  family: 6,
  group: "ff02::9",
  port: 521,
  hopLimit: 255,
  mostEntries: (mtu) => Math.floor((mtu - HEADERS_BYTES - HEADER_BYTES) / ENTRY_BYTES),

  writeResponses(routes, mostEntries) {
    const messages: Uint8Array[] = [];
    let entries: Uint8Array[] = [];
    let hop: bigint | undefined;
    const flush = (): void => {
      if (entries.length > 0) messages.push(messageOf(entries));
      entries = [];
      hop = undefined;
    };
    for (const route of routes.toSorted((one, other) => (hopOf(one) < hopOf(other) ? -1 : Number(hopOf(one) > hopOf(other))))) {
      // A message begins with the sender as the next hop.
      let needed = hopOf(route) === (hop ?? 0n) ? 1 : 2;
      if (entries.length + needed > mostEntries) {
        flush();
        needed = hopOf(route) === 0n ? 1 : 2;
      }
      if (needed === 2) entries.push(entryOf(hopOf(route), 0, 0, IS_NEXT_HOP));
      hop = hopOf(route);
      entries.push(entryOf(route.value, route.tag, route.length, route.metric));
    }
    flush();
    return messages;
  },

  readRequest(message) {
    const entries = requestEntries(message, VERSION);
    const [first] = entries ?? [];
    if (entries === undefined || first === undefined) return undefined;
    const isAll = addressOf(first) === 0n && first.getUint8(LENGTH) === 0 && first.getUint8(METRIC) === INFINITY;
    if (entries.length === 1 && isAll) return "all";
    const prefixes = entries.map(readPrefix);
    return prefixes.every((prefix) => prefix !== undefined) ? (prefixes as Prefix[]) : undefined;
  },
};

function hopOf({ nextHop = 0n }: Route): bigint {
  return nextHop;
}

function messageOf(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(newMessage(RESPONSE, VERSION, entries.length).buffer);
  for (const [at, entry] of entries.entries()) bytes.set(entry, HEADER_BYTES + at * ENTRY_BYTES);
  return bytes;
}

function entryOf(address: bigint, tag: number, length: number, metric: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(ENTRY_BYTES));
  view.setBigUint64(0, address >> 64n);
  view.setBigUint64(8, BigInt.asUintN(64, address));
  view.setUint16(TAG, tag);
  view.setUint8(LENGTH, length);
  view.setUint8(METRIC, metric);
  return new Uint8Array(view.buffer);
}

function addressOf(entry: DataView): bigint {
  return (entry.getBigUint64(0) << 64n) | entry.getBigUint64(8);
}

function readPrefix(entry: DataView): Prefix | undefined {
  const length = entry.getUint8(LENGTH);
  return length > 128 ? undefined : { family: 6, value: addressOf(entry) & maskOf(6, length), length };
}
