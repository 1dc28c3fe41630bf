/** Many routes as few UPDATEs. Rows come as module `routes` gives them and are never objects here. */
import { longestOf } from "./framer.ts";
import type { MessageFormat } from "./messages.ts";
import { bgpModule, read } from "./record.ts";

/** What UPDATEs say of a group of routes besides their prefixes. */
export interface Announcement {
  /** Path attributes as `encodeAttributes` writes them. */
  readonly attributes: Uint8Array;
  /** 16 or 32 octets: the next hop goes into MP_REACH_NLRI. Without it routes are IPv4's, and NEXT_HOP is among the attributes. */
  readonly nextHop?: Uint8Array;
}

/** Routes that differ in their prefixes only. */
export interface RouteGroup {
  readonly family: 4 | 6;
  /** Attribute-set id, and the 16 octets of the next hop of the rows. */
  readonly attributeSet: number;
  readonly nextHop: Uint8Array;
}

/** Undefined: the peer is not told of these routes. */
export type Describe = (group: RouteGroup) => Announcement | undefined;

/**
 * UPDATEs that say what has changed, in chunks of up to 1 MiB: `changes` as `RouteTables.diffRows` gives them, any number of them, withdrawals and
 * announcements mixed. Rows of one attribute set share messages only within one call, so give many at once. Throws RangeError on rows that are
 * none, and where not even one prefix fits beside the attributes.
 */
export function packChanges(changes: Uint8Array, format: MessageFormat, describe: Describe): Uint8Array[] {
  const { memory, call, value } = bgpModule();
  const chunks: Uint8Array[] = [];
  const batch = value("KEYS_MAX") * value("CHANGE_BYTES");
  for (let from = 0; from < changes.length; from += batch) {
    const part = changes.subarray(from, from + batch);
    memory.set(part, value("CHANGES"));
    const groups = accept(call("group", part.length / value("CHANGE_BYTES")));
    for (let index = 0; index < groups; index += 1) packGroup(value("GROUPS") + index * value("GROUP_BYTES"), format, describe, chunks);
  }
  return chunks;
}

function packGroup(at: number, format: MessageFormat, describe: Describe, chunks: Uint8Array[]): void {
  const { memory, value } = bgpModule();
  const family = read("GROUP_FAMILY", at) === 4 ? 4 : 6;
  const range: Range = { family, first: read("GROUP_FIRST", at), count: read("GROUP_COUNT", at) };
  if (read("GROUP_IS_WITHDRAWAL", at) === 1) {
    packRange(family === 4 ? "Withdraw" : "MpWithdraw", range, undefined, format, chunks);
    return;
  }
  const nextHopAt = at + value("GROUP_NEXT_HOP");
  const nextHop = memory.slice(nextHopAt, nextHopAt + 16);
  const announcement = describe({ family, attributeSet: read("GROUP_ATTRIBUTES", at), nextHop });
  if (announcement === undefined) return;
  packRange(announcement.nextHop === undefined ? "Announce" : "MpAnnounce", range, announcement, format, chunks);
}

interface Range {
  readonly family: 4 | 6;
  readonly first: number;
  readonly count: number;
}

function packRange(kind: string, range: Range, told: Announcement | undefined, format: MessageFormat, chunks: Uint8Array[]): void {
  const { memory, call, value } = bgpModule();
  const { attributes = new Uint8Array(), nextHop = new Uint8Array() } = told ?? {};
  if (attributes.length > value("BLOB_BYTES") || nextHop.length > 32)
    throw new RangeError(`Cannot pack attributes of ${attributes.length} bytes`);
  memory.set(attributes, value("BLOB"));
  memory.set(nextHop, value("VALUES"));
  const { family, first, count } = range;
  for (let done = 0; done < count; done += read("PACK_TAKEN")) {
    const kindNumber = value(`Pack.${kind}`);
    const length = accept(
      call("pack", kindNumber, family, first + done, count - done, attributes.length, nextHop.length, longestOf(format)),
    );
    chunks.push(memory.slice(value("OUT"), value("OUT") + length));
  }
}

function accept(answer: number): number {
  if (answer < 0) throw new RangeError(`Cannot pack routes: ${bgpModule().nameOf("Status", answer)}`);
  return answer;
}
