/**
 * What a packet program has heard of others: optional regions of `docs/packet-programs.md`, read in place while it runs.
 *
 * For code beside the engine, between two turns. A program without such a region has heard nothing.
 */

import { formatMac } from "./mac.ts";
import { CLAIM_BYTES, type OptionalRegions } from "./program-exports.ts";

/** Another station uses a row's address. */
export interface HeardClaim {
  /** When that was last heard, on the clock of the turns. */
  readonly atMs: number;
  /** `aa:bb:cc:dd:ee:ff`. */
  readonly mac: string;
  /** Id of the link that it was heard on. */
  readonly link: number;
}

const LINKS = 64;
const MAC = 8;
const MAC_BYTES = 6;
const LINK = 14;

export class Hearing {
  readonly #regions: OptionalRegions;
  readonly #rows: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** `memory`: all of the program's; its regions were checked. */
  constructor(memory: Uint8Array, regions: OptionalRegions, rows: number) {
    this.#regions = regions;
    this.#rows = rows;
    this.#bytes = memory;
    this.#view = new DataView(memory.buffer);
  }

  /** The last claim to the address of a row, by its id; undefined: none since it was put first. */
  claimOf(row: number): HeardClaim | undefined {
    const at = entry(this.#regions.CLAIMS, row, this.#rows, CLAIM_BYTES);
    if (at === undefined) return undefined;
    const atMs = this.#view.getFloat64(at, true);
    if (!(atMs > 0)) return undefined;
    const mac = formatMac(this.#bytes.subarray(at + MAC, at + MAC + MAC_BYTES));
    return { atMs, mac, link: this.#bytes[at + LINK] as number };
  }

  /** When a sound frame of another station last came by a link, by its id; 0: never. */
  linkHeardMs(link: number): number {
    return this.#readMs(entry(this.#regions.HEARD, link, LINKS, 8));
  }

  /** When the last packet of a row's session came; 0: never. */
  peerHeardMs(row: number): number {
    return this.#readMs(entry(this.#regions.HEARD_PEERS, row, this.#rows, 8));
  }

  #readMs(at: number | undefined): number {
    return at === undefined ? 0 : this.#view.getFloat64(at, true);
  }
}

function entry(region: number | undefined, index: number, count: number, bytes: number): number | undefined {
  return region === undefined || !(index >= 0 && index < count) ? undefined : region + index * bytes;
}
