/**
 * What every sender of `herald bench bgp` is to tell: route N is 10.0.0.0 + N/32, and its tag, in the community 65000:TAG, says to which
 * attribute set it belongs. The sets are dealt in turn, so that no sender finds them sorted.
 */
import { bgp } from "../../../packets/codec/bgp.ts";
import { CHANGE_BYTES, ROW_BYTES } from "../../../packets/route-row.ts";

export const COMMUNITY_AS = 65_000;
/** Tags that no route has at first. */
export const FIRST_CHANGED_TAG = 60_000;
const FIRST_ADDRESS = 0x0a000000;
const FAMILY = 0;
const PREFIX_LENGTH = 1;
const PREFIX = 4;
const ATTRIBUTES = 36;

export interface RouteTable {
  readonly routes: number;
  /** Attribute sets. */
  readonly sets: number;
}

export function tagOf(route: number, sets: number): number {
  return 1 + (route % sets);
}

export function addressOf(route: number): string {
  const address = FIRST_ADDRESS + route;
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

/** Rows as `RouteTables.putRows` takes them; the attribute-set id is the tag. */
export function writeRows({ routes, sets }: RouteTable): Buffer {
  const rows = Buffer.alloc(routes * ROW_BYTES);
  for (let route = 0; route < routes; route++) writeRow(rows, route * ROW_BYTES, route, tagOf(route, sets));
  return rows;
}

/** Changes as `packChanges` takes them: all announced, or all withdrawn. */
export function writeChanges({ routes, sets }: RouteTable, kind: "added" | "removed"): Buffer {
  const changes = Buffer.alloc(routes * CHANGE_BYTES);
  for (let route = 0; route < routes; route++) {
    changes.writeUInt32LE(kind === "added" ? 1 : 3, route * CHANGE_BYTES);
    writeRow(changes, route * CHANGE_BYTES + 4, route, tagOf(route, sets));
  }
  return changes;
}

/** One route with another tag. */
export function writeChange(route: number, tag: number): Buffer {
  const change = Buffer.alloc(CHANGE_BYTES);
  change.writeUInt32LE(2);
  writeRow(change, 4, route, tag);
  return change;
}

function writeRow(bytes: Buffer, at: number, route: number, tag: number): void {
  bytes[at + FAMILY] = 4;
  bytes[at + PREFIX_LENGTH] = 32;
  bytes.writeUInt32BE(FIRST_ADDRESS + route, at + PREFIX);
  bytes.writeUInt32LE(tag, at + ATTRIBUTES);
}

/** UPDATEs of a speaker with this AS number and next hop, in chunks. */
export function encodeChanges(changes: Uint8Array, { asNumber, address }: { asNumber: number; address: string }): Uint8Array[] {
  const encoded = new Map<number, Uint8Array>();
  const encode = (tag: number): Uint8Array => {
    const asPath = [{ type: "sequence" as const, asNumbers: [asNumber] }];
    const attributes = bgp.encodeAttributes({ origin: "igp", asPath, nextHop: address, communities: [`${COMMUNITY_AS}:${tag}`] });
    encoded.set(tag, attributes);
    return attributes;
  };
  return bgp.packChanges(changes, {}, ({ attributeSet }) => ({ attributes: encoded.get(attributeSet) ?? encode(attributeSet) }));
}
