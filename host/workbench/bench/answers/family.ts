/** What ARP and NDP differ in for a bench of those who answer them. Everything else of the two benches is the same code. */
import type { FrameMatch, Instruction } from "../../../packets/filter.ts";

/** The two ends of the wire. */
export interface Stations {
  readonly generator: { readonly mac: string; readonly address: string };
  readonly responder: { readonly mac: string };
}

/** How a responder words a right reply where it has a choice; default: as Herald does. */
export interface Manner {
  /** It answers everybody, and not the asker alone; it names everybody's MAC as the asker's, too. */
  readonly toAll?: boolean;
  /** Of an advertisement (RFC 4861 §4.4). */
  readonly flags?: number;
  /** The source address of an advertisement that the kernel has sent for it, with a flow label; default: the VIP, without one. */
  readonly from?: string;
}

/** A right reply of VIP 0, and where those of another VIP differ. */
export interface ReplyShape {
  readonly bytes: Uint8Array;
  /** Where the last 32 bits of the VIP stand: at first in the address that the reply is of. */
  readonly vipAt: readonly number[];
  /** Where ICMPv6 has its checksum. */
  readonly checksumAt?: number;
  /** Octets that may be any. */
  readonly free?: readonly number[];
}

export interface Family {
  /** As it is called, and as its packet program is. */
  readonly name: "arp" | "ndp";
  /** The first of at most MOST_VIPS addresses. No real network is involved: all frames stay in namespaces of this run. */
  readonly firstVip: string;
  /** That all of them are in. */
  readonly prefix: string;
  readonly addressBytes: number;
  /** The last 32 bits of VIP 0; the others follow. */
  readonly firstWord: number;
  readonly stations: Stations;
  /** An address that is no VIP. */
  readonly responderAddress: string;
  /** What Herald's packet program hears. */
  readonly asked: FrameMatch;
  /** Lets in what answers, and nothing else. */
  readonly answers: readonly Instruction[];
  readonly requestBytes: number;
  /** Apart in memory, so that a frame fits and starts on a word. */
  readonly strideBytes: number;
  /** Where requests for two VIPs differ, 16 bits each. */
  readonly variesAt: readonly number[];
  address(vip: number): string;
  writeRequest(stations: Stations, vip: number): Uint8Array;
  shapeReply(stations: Stations, manner: Manner): ReplyShape;
}

/** That differ in no more than the last 16 bits. */
export const MOST_VIPS = 65_536;
