/** What ARP and NDP differ in for a bench of those who answer them. Everything else of the two benches is the same code. */
import type { FrameMatch } from "../../../packets/filter.ts";

/** The two ends of the wire. */
export interface Stations {
  readonly generator: { readonly mac: string; readonly address: string };
  /** Its own address is no VIP. */
  readonly responder: { readonly mac: string; readonly address: string };
}

/** How a responder words a right reply where it has a choice; default: as Herald does. */
export interface Manner {
  /** It answers everybody, and not the asker alone. */
  readonly toAll?: boolean;
  /** Of an advertisement (RFC 4861 §4.4). */
  readonly flags?: number;
  /** An advertisement comes from the responder's own address, and not from the VIP. */
  readonly fromOwn?: boolean;
}

/** A right reply as the bytes that it has for VIP 0, and where those of another VIP differ. */
export interface ReplyShape {
  readonly bytes: Uint8Array;
  /** Where the number of the VIP stands, as the last 16 bits of its address: at first in the address that the reply is of. */
  readonly vipAt: readonly number[];
  /** Where ICMPv6 has its checksum. */
  readonly checksumAt?: number;
}

export interface Family {
  /** As it is called, and as its packet program is. */
  readonly name: "arp" | "ndp";
  /** The first of at most MOST_VIPS addresses. No real network is involved: all frames stay in namespaces of this run. */
  readonly firstVip: string;
  /** That all of them are in. */
  readonly prefix: string;
  readonly addressBytes: number;
  readonly stations: Stations;
  /** What Herald's packet program hears. */
  readonly asked: FrameMatch;
  /** What comes back. */
  readonly answered: FrameMatch;
  readonly requestBytes: number;
  /** Apart in memory, so that a frame fits and starts on a word. */
  readonly strideBytes: number;
  /** Where requests for two VIPs differ, 16 bits each. */
  readonly variesAt: readonly number[];
  address(vip: number): string;
  writeRequest(stations: Stations, vip: number): Uint8Array;
  shapeReply(stations: Stations, manner: Manner): ReplyShape;
}

/** The last 16 bits of an address say which VIP it is. */
export const MOST_VIPS = 65_536;
