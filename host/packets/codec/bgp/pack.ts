/** Many routes as few UPDATEs. Rows come as module `routes` gives them and are never objects here. */

import type { Describe, GroupTerms, MessageFormat } from "../../../contract/bgp.ts";
import { longestOf } from "./framer.ts";
import { bgpModule, once } from "./record.ts";

/** Looked up once: with many attribute sets a batch has thousands of groups. */
const layout = once(() => {
  const { value } = bgpModule();
  return {
    keysMax: value("KEYS_MAX"),
    changes: value("CHANGES"),
    changeBytes: value("CHANGE_BYTES"),
    groups: value("GROUPS"),
    groupBytes: value("GROUP_BYTES"),
    isWithdrawal: value("GROUP_IS_WITHDRAWAL"),
    family: value("GROUP_FAMILY"),
    first: value("GROUP_FIRST"),
    count: value("GROUP_COUNT"),
    nextHop: value("GROUP_NEXT_HOP"),
    attributes: value("GROUP_ATTRIBUTES"),
    isMoved: value("GROUP_IS_MOVED"),
    taken: value("PACK_TAKEN"),
    blob: value("BLOB"),
    blobBytes: value("BLOB_BYTES"),
    values: value("VALUES"),
    out: value("OUT"),
    announce: value("Pack.Announce"),
    mpAnnounce: value("Pack.MpAnnounce"),
    withdraw: value("Pack.Withdraw"),
    mpWithdraw: value("Pack.MpWithdraw"),
  };
});

/**
 * UPDATEs that say what has changed, in chunks of up to 1 MiB: `changes` as `RouteTables.diffRows` gives them, any number of them,
 * withdrawals and announcements mixed. Rows of one attribute set share messages only within one call, so give many at once. `describe` is
 * asked once a group, and may encode attributes meanwhile. Throws RangeError on rows that are none, and where not even one prefix fits
 * beside the attributes.
 */
export function packChanges(changes: Uint8Array, format: MessageFormat, describe: Describe): Uint8Array[] {
  const { memory, call } = bgpModule();
  const at = layout();
  const chunks: Uint8Array[] = [];
  const batch = at.keysMax * at.changeBytes;
  for (let from = 0; from < changes.length; from += batch) {
    const part = changes.subarray(from, from + batch);
    memory.set(part, at.changes);
    const count = accept(call("group", part.length / at.changeBytes));
    const groups = Array.from({ length: count }, (_, index) => readGroup(at.groups + index * at.groupBytes));
    // All are described before the first is packed: an encoder writes where messages are packed.
    const told = groups.map((group) => describeGroup(group, describe));
    const output = new Output(format, chunks);
    groups.forEach((group, index) => void output.pack(group, told[index]));
    output.flush();
  }
  return chunks;
}

/** A group as the module found it. */
interface Group {
  readonly at: number;
  readonly isWithdrawal: boolean;
  readonly family: 4 | 6;
}

function readGroup(at: number): Group {
  const { view } = bgpModule();
  const { isWithdrawal, family } = layout();
  return { at, isWithdrawal: view.getUint32(at + isWithdrawal, true) === 1, family: view.getUint32(at + family, true) === 4 ? 4 : 6 };
}

/** Undefined where the peer is not told of the group. */
function describeGroup({ at, isWithdrawal, family }: Group, describe: Describe): GroupTerms | undefined {
  if (isWithdrawal) return noAttributes;
  const { memory, view } = bgpModule();
  const { attributes, nextHop } = layout();
  return describe({
    family,
    attributeSet: view.getUint32(at + attributes, true),
    nextHop: memory.slice(at + nextHop, at + nextHop + 16),
  });
}

/** How the prefixes of a group go into a message. */
function kindOf({ isWithdrawal, family }: Group, { nextHop }: GroupTerms): number {
  const { withdraw, mpWithdraw, announce, mpAnnounce } = layout();
  if (isWithdrawal) return family === 4 ? withdraw : mpWithdraw;
  return nextHop === undefined ? announce : mpAnnounce;
}

const noAttributes: GroupTerms = { attributes: new Uint8Array() };
const noNextHop = new Uint8Array();

/** Messages one behind the other; few large chunks are cheaper to write than many small ones. */
class Output {
  readonly #chunks: Uint8Array[];
  readonly #longest: number;
  #used = 0;

  constructor(format: MessageFormat, chunks: Uint8Array[]) {
    this.#longest = longestOf(format);
    this.#chunks = chunks;
  }

  pack(group: Group, told: GroupTerms | undefined): void {
    if (told === undefined) return;
    const { memory, view, call } = bgpModule();
    const at = layout();
    const { attributes, nextHop = noNextHop } = told;
    if (attributes.length > at.blobBytes) throw new RangeError(`Cannot pack routes: ${attributes.length} bytes of attributes`);
    if (nextHop.length > 32) throw new RangeError(`Cannot pack routes: ${nextHop.length} bytes of next hop`);
    memory.set(attributes, at.blob);
    memory.set(nextHop, at.values);
    const kind = kindOf(group, told);
    const isMoved = view.getUint32(group.at + at.isMoved, true);
    let first = view.getUint32(group.at + at.first, true);
    const end = first + view.getUint32(group.at + at.count, true);
    while (first < end) {
      const sizes = [attributes.length, nextHop.length, this.#longest, this.#used];
      this.#used += accept(call("pack", kind, group.family, isMoved, first, end - first, ...sizes));
      first += view.getUint32(at.taken, true);
      if (first < end) this.flush();
    }
  }

  flush(): void {
    const { memory } = bgpModule();
    const { out } = layout();
    if (this.#used > 0) this.#chunks.push(memory.slice(out, out + this.#used));
    this.#used = 0;
  }
}

function accept(answer: number): number {
  if (answer < 0) throw new RangeError(`Cannot pack routes: ${bgpModule().nameOf("Status", answer)}`);
  return answer;
}
