/** Tells right replies from others, field by field, in memory where received frames lie side by side. */
import type { Family, Manner, ReplyShape, Stations } from "./family.ts";

/** Where the pseudo-header of an ICMPv6 checksum begins: with two addresses behind the rest of an IPv6 header (RFC 8200 §8.1). */
const ADDRESSES = 22;
const ICMPV6 = 54;
const ICMPV6_PROTOCOL = 58;
const VIP_BYTES = 4;

export interface Received {
  readonly memory: Uint8Array;
  readonly strideBytes: number;
}

export class ReplyCheck {
  readonly #memory: Uint8Array;
  readonly #view: DataView;
  readonly #strideBytes: number;
  readonly #vips: number;
  readonly #firstWord: number;
  readonly #shape: ReplyShape;
  /** Octets that are the same in every right reply. */
  readonly #fixed: readonly number[];
  /** Those of the address that a reply is of, before the number of the VIP. */
  readonly #prefix: readonly number[];

  constructor(family: Family, stations: Stations, manner: Manner, vips: number, { memory, strideBytes }: Received) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    this.#firstWord = family.firstWord;
    this.#strideBytes = strideBytes;
    this.#vips = vips;
    this.#shape = family.shapeReply(stations, manner);
    const { bytes, vipAt, checksumAt, free = [] } = this.#shape;
    const words = [...vipAt.flatMap((at) => [at, at + 2]), ...(checksumAt === undefined ? [] : [checksumAt])];
    const varying = new Set([...free, ...words.flatMap((at) => [at, at + 1])]);
    const all = Array.from(bytes.keys());
    const vipFrom = vipAt[0] ?? 0;
    this.#fixed = all.filter((at) => !varying.has(at));
    this.#prefix = all.slice(vipFrom + VIP_BYTES - family.addressBytes, vipFrom);
  }

  /** The VIP that the frame in `slot` is of, or -1. */
  vip(slot: number): number {
    const from = slot * this.#strideBytes;
    const vip = this.#vipAt(from + (this.#shape.vipAt[0] ?? 0));
    return vip >= 0 && vip < this.#vips && this.#isSame(from, this.#prefix) ? vip : -1;
  }

  /** `length` is what was received; padding behind the packet is fine. */
  isRight(slot: number, length: number): boolean {
    const { bytes, vipAt, checksumAt } = this.#shape;
    const from = slot * this.#strideBytes;
    const vip = this.vip(slot);
    if (vip < 0 || length < bytes.length || !this.#isSame(from, this.#fixed)) return false;
    return vipAt.every((at) => this.#vipAt(from + at) === vip) && (checksumAt === undefined || this.#sum(from) === 0xffff);
  }

  #isSame(from: number, offsets: readonly number[]): boolean {
    for (const at of offsets) if (this.#memory[from + at] !== this.#shape.bytes[at]) return false;
    return true;
  }

  /** RFC 4443 §2.3 "Message Checksum Calculation": 0xffff where it is right. */
  #sum(from: number): number {
    const end = this.#shape.bytes.length;
    let sum = ICMPV6_PROTOCOL + end - ICMPV6;
    for (let at = ADDRESSES; at < end; at += 2) sum += this.#view.getUint16(from + at);
    sum = (sum & 0xffff) + (sum >>> 16);
    return (sum & 0xffff) + (sum >>> 16);
  }

  #vipAt(at: number): number {
    return this.#view.getUint32(at) - this.#firstWord;
  }
}
