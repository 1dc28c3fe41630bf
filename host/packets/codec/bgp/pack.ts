/** Many routes as few UPDATEs. Rows come as module `routes` gives them and are never objects here. */

import type { Describe, GroupTerms, MessageFormat } from "../../../contract/bgp.ts";
import { longestOf } from "./framer.ts";
import { bgpModule, read } from "./record.ts";

/**
 * UPDATEs that say what has changed, in chunks of up to 1 MiB: `changes` as `RouteTables.diffRows` gives them, any number of them,
 * withdrawals and announcements mixed. Rows of one attribute set share messages only within one call, so give many at once. `describe` is
 * asked once a group, and may encode attributes meanwhile. Throws RangeError on rows that are none, and where not even one prefix fits
 * beside the attributes.
 */
export function packChanges(changes: Uint8Array, format: MessageFormat, describe: Describe): Uint8Array[] {
  const { memory, call, value } = bgpModule();
  const chunks: Uint8Array[] = [];
  const batch = value("KEYS_MAX") * value("CHANGE_BYTES");
  for (let from = 0; from < changes.length; from += batch) {
    const part = changes.subarray(from, from + batch);
    memory.set(part, value("CHANGES"));
    const count = accept(call("group", part.length / value("CHANGE_BYTES")));
    const groups = Array.from({ length: count }, (_, index) => value("GROUPS") + index * value("GROUP_BYTES"));
    // All are described before the first is packed: an encoder writes where messages are packed.
    const told = groups.map((at) => describeGroup(at, describe));
    const output = new Output(format, chunks);
    groups.forEach((at, index) => void output.pack(at, told[index]));
    output.flush();
  }
  return chunks;
}

/** Undefined where the peer is not told of the group. */
function describeGroup(at: number, describe: Describe): GroupTerms | undefined {
  const { memory, value } = bgpModule();
  if (read("GROUP_IS_WITHDRAWAL", at) === 1) return noAttributes;
  const nextHopAt = at + value("GROUP_NEXT_HOP");
  const nextHop = memory.slice(nextHopAt, nextHopAt + 16);
  return describe({ family: familyOf(at), attributeSet: read("GROUP_ATTRIBUTES", at), nextHop });
}

function familyOf(group: number): 4 | 6 {
  return read("GROUP_FAMILY", group) === 4 ? 4 : 6;
}

/** How the prefixes of a group go into a message. */
function kindOf(group: number, { nextHop }: GroupTerms): string {
  if (read("GROUP_IS_WITHDRAWAL", group) === 1) return familyOf(group) === 4 ? "Withdraw" : "MpWithdraw";
  return nextHop === undefined ? "Announce" : "MpAnnounce";
}

const noAttributes: GroupTerms = { attributes: new Uint8Array() };

/** Messages one behind the other; few large chunks are cheaper to write than many small ones. */
class Output {
  readonly #chunks: Uint8Array[];
  readonly #longest: number;
  #used = 0;

  constructor(format: MessageFormat, chunks: Uint8Array[]) {
    this.#longest = longestOf(format);
    this.#chunks = chunks;
  }

  pack(group: number, told: GroupTerms | undefined): void {
    if (told === undefined) return;
    const { memory, call, value } = bgpModule();
    const { attributes, nextHop = new Uint8Array() } = told;
    const kind = value(`Pack.${kindOf(group, told)}`);
    if (attributes.length > value("BLOB_BYTES")) throw new RangeError(`Cannot pack routes: ${attributes.length} bytes of attributes`);
    if (nextHop.length > 32) throw new RangeError(`Cannot pack routes: ${nextHop.length} bytes of next hop`);
    memory.set(attributes, value("BLOB"));
    memory.set(nextHop, value("VALUES"));
    const family = read("GROUP_FAMILY", group);
    const end = read("GROUP_FIRST", group) + read("GROUP_COUNT", group);
    for (let first = read("GROUP_FIRST", group); first < end; first += read("PACK_TAKEN")) {
      const sizes = [attributes.length, nextHop.length, this.#longest, this.#used];
      this.#used += accept(call("pack", kind, family, first, end - first, ...sizes));
      if (read("PACK_TAKEN") < end - first) this.flush();
    }
  }

  flush(): void {
    const { memory, value } = bgpModule();
    if (this.#used > 0) this.#chunks.push(memory.slice(value("OUT"), value("OUT") + this.#used));
    this.#used = 0;
  }
}

function accept(answer: number): number {
  if (answer < 0) throw new RangeError(`Cannot pack routes: ${bgpModule().nameOf("Status", answer)}`);
  return answer;
}
