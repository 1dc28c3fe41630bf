/** RIPv2 on the wire: RFC 2453 §4 "RIP Version 2". */

import { INFINITY, maskOf, type Prefix, type Route } from "./route.ts";
import { ENTRY_BYTES, HEADER_BYTES, newMessage, RESPONSE, requestEntries, type Wire } from "./wire.ts";

const VERSION = 2;
const AFI_IPV4 = 2;
const AFI_ALL = 0;
/** RFC 2453 §3.6: a datagram has 25 at most. */
const MOST_ENTRIES = 25;

/** Offsets in an entry. */
const TAG = 2;
const ADDRESS = 4;
const MASK = 8;
const NEXT_HOP = 12;
const METRIC = 16;

export const rip2: Wire = {
  name: "RIPv2",
  family: 4,
  group: "224.0.0.9",
  port: 520,
  hopLimit: 1,
  mostEntries: () => MOST_ENTRIES,

  writeResponses(routes, mostEntries) {
    const messages: Uint8Array[] = [];
    for (let first = 0; first < routes.length; first += mostEntries) {
      const part = routes.slice(first, first + mostEntries);
      const view = newMessage(RESPONSE, VERSION, part.length);
      for (const [at, route] of part.entries()) writeEntry(view, HEADER_BYTES + at * ENTRY_BYTES, route);
      messages.push(new Uint8Array(view.buffer));
    }
    return messages;
  },

  readRequest(message) {
    const entries = requestEntries(message, VERSION);
    const [first] = entries ?? [];
    if (entries === undefined || first === undefined || entries.length > MOST_ENTRIES) return undefined;
    if (entries.length === 1 && first.getUint16(0) === AFI_ALL && first.getUint32(METRIC) === INFINITY) return "all";
    const prefixes = entries.map(readPrefix);
    return prefixes.every((prefix) => prefix !== undefined) ? (prefixes as Prefix[]) : undefined;
  },
};

function writeEntry(view: DataView, at: number, { value, length, metric, tag, nextHop = 0n }: Route): void {
  view.setUint16(at, AFI_IPV4);
  view.setUint16(at + TAG, tag);
  view.setUint32(at + ADDRESS, Number(value));
  view.setUint32(at + MASK, Number(maskOf(4, length)));
  view.setUint32(at + NEXT_HOP, Number(nextHop));
  view.setUint32(at + METRIC, metric);
}

/** Undefined where it is no IPv4 prefix, as where its mask has gaps. */
function readPrefix(entry: DataView): Prefix | undefined {
  const mask = entry.getUint32(MASK);
  const length = Math.clz32(~mask >>> 0);
  if (entry.getUint16(0) !== AFI_IPV4 || BigInt(mask) !== maskOf(4, length)) return undefined;
  return { family: 4, value: BigInt((entry.getUint32(ADDRESS) & mask) >>> 0), length };
}
