/** Neighbor Solicitations and Advertisements for tests, and what was sent as fields. */

import { codec, type Fields } from "../../packets/codec/codec.ts";
import { formatIpv6, formatMac, parseIpv6 } from "../../packets/codec/text.ts";

export const CLIENT6 = { mac: "02:00:00:00:00:c1", address: "2001:db8::c1" };
export const ALL_NODES = { mac: "33:33:00:00:00:01", address: "ff02::1" };
export const NO_MAC = "00:00:00:00:00:00";

const solicitation = codec("neighbor-solicitation");
const advertisement = codec("neighbor-advertisement");

/** The group that solicitations for an address are sent to, and its MAC. */
export function solicitedNode(address: string): { readonly mac: string; readonly address: string } {
  const last = (parseIpv6(address) ?? new Uint8Array(16)).subarray(13);
  const group = Uint8Array.of(0xff, 2, ...new Uint8Array(9), 1, 0xff, ...last);
  return { address: formatIpv6(group), mac: formatMac(Uint8Array.of(0x33, 0x33, 0xff, ...last)) };
}

/** A solicitation for an address by CLIENT6 to the target's group, unless the fields say otherwise. */
export function solicit(targetAddress: string, fields: Partial<Fields> = {}): Uint8Array {
  const group = solicitedNode(targetAddress);
  const source = fields["source"] ?? CLIENT6.mac;
  return encode(solicitation, {
    ...{ destination: group.mac, source, sourceAddress: CLIENT6.address, destinationAddress: group.address, targetAddress },
    ...{ sourceLinkLayerAddress: source, otherOptionBytes: 0, trailingBytes: 0, ...fields },
  });
}

/** As the last step before an address is used: without a source address (RFC 4862 §5.4). */
export function probe(targetAddress: string, fields: Partial<Fields> = {}): Uint8Array {
  return solicit(targetAddress, { sourceAddress: "::", sourceLinkLayerAddress: NO_MAC, ...fields });
}

/** An unsolicited advertisement of an address by `source`, to all nodes, unless the fields say otherwise. */
export function advertise(targetAddress: string, source: string, fields: Partial<Fields> = {}): Uint8Array {
  return encode(advertisement, {
    ...{ destination: ALL_NODES.mac, source, sourceAddress: targetAddress, destinationAddress: ALL_NODES.address, targetAddress },
    ...{ flags: 0x20, targetLinkLayerAddress: source, otherOptionBytes: 0, trailingBytes: 0, ...fields },
  });
}

/** The fields of a sent advertisement, checked by the wire module's decoder. */
export function readAdvertisement(frame: Uint8Array): Fields {
  const decoded = advertisement.decode(frame);
  if (!decoded.ok) throw new Error(`Not a Neighbor Advertisement: ${decoded.meaning}`);
  return decoded.fields;
}

function encode({ encode, format }: ReturnType<typeof codec>, fields: Fields): Uint8Array {
  const encoded = encode(fields);
  if (!encoded.ok) throw new Error(`Cannot write a ${format.name}: ${encoded.meaning}`);
  return encoded.bytes;
}
