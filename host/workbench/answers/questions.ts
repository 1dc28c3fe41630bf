/** Every way to ask who has an address, and what comes back: the rows of the tables in `docs/neighbors.md`. */

import { codec, type Fields } from "../../packets/codec/codec.ts";
import { probe, solicit } from "../testing/ndp-frames.ts";
import { arpFrame } from "../testing/program-station.ts";
import { STATION } from "./station.ts";

/** Who is asked. */
export interface Asked {
  readonly address: string;
  readonly mac: string;
}

type Ask = (asked: Asked) => Uint8Array;

const NO_MAC = "00:00:00:00:00:00";
const FLAGS = [
  [0x80, "R"],
  [0x40, "S"],
  [0x20, "O"],
] as const;
const DESTINATION_OPTIONS = 60;
const FRAGMENT = 44;

/** To the node itself, as a kernel checks on a neighbor that it knows. */
const unicast = ({ address, mac }: Asked) => ({ destination: mac, destinationAddress: address });
const linkLocal = { sourceAddress: STATION.linkLocal };
const bare = { sourceLinkLayerAddress: NO_MAC };

/** Solicitations (RFC 4861 §7.2, RFC 4862 §5.4), by the words of the page. */
export const SOLICITATIONS: Readonly<Record<string, Ask>> = {
  "to the group, with the asker's MAC": ({ address }) => solicit(address),
  "to the group, without it": ({ address }) => solicit(address, bare),
  "to the address itself, with it": (asked) => solicit(asked.address, unicast(asked)),
  "to the address itself, without it": (asked) => solicit(asked.address, { ...unicast(asked), ...bare }),
  "as Linux checks on a neighbor (NUD)": (asked) => solicit(asked.address, { ...unicast(asked), ...linkLocal }),
  "by who wants the address itself (DAD)": ({ address }) => probe(address),
  "behind Destination Options": ({ address }) => behind(DESTINATION_OPTIONS, solicit(address)),
  "behind a Fragment header": ({ address }) => behind(FRAGMENT, solicit(address)),
  "with hop limit 64": ({ address }) => patched(solicit(address), 21, 64),
};

/** Requests of ARP (RFC 826, RFC 5227). */
export const REQUESTS: Readonly<Record<string, Ask>> = {
  broadcast: ({ address }) => arpFrame({ targetAddress: address }),
  "to the node itself, as Linux checks on a neighbor": ({ address, mac }) => arpFrame({ targetAddress: address, destination: mac }),
  "by who wants the address itself (ARP Probe)": ({ address }) => arpFrame({ targetAddress: address, senderAddress: "0.0.0.0" }),
};

/** What came back about an address: the flags of an advertisement and whether it went to all; `no` for nothing. Several are all named. */
export function describeAdvertisements(frames: readonly Uint8Array[], { address }: Asked): string {
  return describe(frames, "neighbor-advertisement", ({ targetAddress, flags, destination }) => {
    if (targetAddress !== address) return undefined;
    const names = FLAGS.flatMap(([bit, name]) => ((Number(flags) & bit) === 0 ? [] : [name])).join("");
    return `${names}${destination === STATION.mac ? "" : " to all"}`;
  });
}

/** `yes`, to the asker alone, or `to all`. */
export function describeReplies(frames: readonly Uint8Array[], { address }: Asked): string {
  return describe(frames, "arp", ({ operation, senderAddress, targetAddress, destination }) => {
    // A request of its own, or an announcement.
    if (operation !== 2 || senderAddress !== address || targetAddress === address) return undefined;
    return destination === STATION.mac ? "yes" : "to all";
  });
}

function describe(frames: readonly Uint8Array[], format: string, word: (fields: Fields) => string | undefined): string {
  const words = frames.flatMap((frame) => {
    const decoded = codec(format).decode(frame);
    return decoded.ok ? (word(decoded.fields) ?? []) : [];
  });
  return words.join(", ") || "no";
}

/** With an extension header of eight octets in front of the message: padding (RFC 8200 §4.6), or the only fragment of all (§4.5). */
function behind(header: number, frame: Uint8Array): Uint8Array {
  const at = 14 + 40;
  const extension = header === FRAGMENT ? [58, 0, 0, 0, 0, 0, 0, 1] : [58, 0, 1, 4, 0, 0, 0, 0];
  const longer = Uint8Array.of(...frame.subarray(0, at), ...extension, ...frame.subarray(at));
  const payloadLength = longer.length - at;
  return patched(patched(patched(longer, 20, header), 18, payloadLength >> 8), 19, payloadLength & 0xff);
}

function patched(frame: Uint8Array, at: number, octet: number): Uint8Array {
  const copy = frame.slice();
  copy[at] = octet;
  return copy;
}
