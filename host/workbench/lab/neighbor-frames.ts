/** What a client's frames of ARP and NDP mean, whichever it is: it asked, it was answered, or somebody announced an address. */

import { type Codec, codec, type Fields } from "../../packets/codec/codec.ts";
import { type FrameMatch, frameFilter, type Instruction } from "../../packets/filter.ts";
import { formatAddress, parseAddress } from "../../rules/addresses.ts";
import { type HostAddresses, sameFamily } from "./addresses.ts";

export interface NeighborFrame {
  readonly kind: "request" | "answer" | "announcement";
  /** That is asked for, or whose station speaks. */
  readonly address: string;
  /** Of the station; of a request's, the client's. */
  readonly mac: string;
}

const MATCHES: readonly FrameMatch[] = [{ etherType: 0x0806 }, { etherType: 0x86dd, ipProtocol: 58 }];
/** What a client has to hear. */
export const NEIGHBOR_FILTERS: readonly (readonly Instruction[])[] = MATCHES.map(frameFilter);

const arp = codec("arp");
const solicitation = codec("neighbor-solicitation");
const advertisement = codec("neighbor-advertisement");

const REQUEST = 1;
const REPLY = 2;
const NO_MAC = "00:00:00:00:00:00";
const BROADCAST = "ff:ff:ff:ff:ff:ff";
/** RFC 4861 §4.4: the Solicited flag, in the octet that begins with the Router flag. */
const SOLICITED = 0x40;
/** RFC 4291 §2.7.1: a solicited-node group ends in 24 bits of the address; its MAC in 32 bits of the group (RFC 2464 §7). */
const SOLICITED_NODE = 0xff02_0000_0000_0000_0000_0001_ff00_0000n;
const LAST_24_BITS = 0xff_ffffn;

/** As the client with this MAC takes it; undefined: it is none of these, or between others. */
export function readNeighborFrame(frame: Uint8Array, client: string): NeighborFrame | undefined {
  return readArp(frame, client) ?? readSolicitation(frame, client) ?? readAdvertisement(frame, client);
}

/** The client's request for an address. */
export function requestFrame(address: string, client: { readonly mac: string; readonly addresses: HostAddresses }): Uint8Array {
  const { mac } = client;
  const own = sameFamily(client.addresses, address);
  if (!address.includes(":")) {
    const sender = { destination: BROADCAST, source: mac, operation: REQUEST, senderMac: mac, senderAddress: own };
    return encode(arp, { ...sender, targetMac: NO_MAC, targetAddress: address, trailingBytes: 0 });
  }
  const last = (parseAddress(address)?.value ?? 0n) & LAST_24_BITS;
  const octets = (0xff00_0000n | last).toString(16).match(/../g) ?? [];
  return encode(solicitation, {
    ...{ destination: `33:33:${octets.join(":")}`, source: mac, sourceAddress: own, targetAddress: address },
    destinationAddress: formatAddress({ family: 6, value: SOLICITED_NODE | last }),
    ...{ sourceLinkLayerAddress: mac, otherOptionBytes: 0, trailingBytes: 0 },
  });
}

function encode(format: Codec, fields: Fields): Uint8Array {
  const encoded = format.encode(fields);
  if (!encoded.ok) throw new Error(`Cannot ask for ${fields["targetAddress"]}: ${encoded.meaning}`);
  return encoded.bytes;
}

function readArp(frame: Uint8Array, client: string): NeighborFrame | undefined {
  const decoded = arp.decode(frame);
  if (!decoded.ok) return undefined;
  const { operation, senderAddress, senderMac, targetAddress, targetMac } = decoded.fields;
  const sender = { address: String(senderAddress), mac: String(senderMac) };
  if (senderAddress === targetAddress) return { kind: "announcement", ...sender };
  if (operation === REQUEST && senderMac === client) return { kind: "request", address: String(targetAddress), mac: client };
  return operation === REPLY && targetMac === client ? { kind: "answer", ...sender } : undefined;
}

/** From whichever of its addresses: a kernel that checks on a neighbor takes the link-local one. */
function readSolicitation(frame: Uint8Array, client: string): NeighborFrame | undefined {
  const decoded = solicitation.decode(frame);
  if (!decoded.ok || decoded.fields["source"] !== client) return undefined;
  return { kind: "request", address: String(decoded.fields["targetAddress"]), mac: client };
}

function readAdvertisement(frame: Uint8Array, client: string): NeighborFrame | undefined {
  const decoded = advertisement.decode(frame);
  if (!decoded.ok) return undefined;
  const { targetAddress, targetLinkLayerAddress, flags, source, destination } = decoded.fields;
  // To who asked it alone, a station need not tell its MAC.
  const mac = String(targetLinkLayerAddress === NO_MAC ? source : targetLinkLayerAddress);
  const station = { address: String(targetAddress), mac };
  if ((Number(flags) & SOLICITED) === 0) return { kind: "announcement", ...station };
  return destination === client ? { kind: "answer", ...station } : undefined;
}
