/** TCP in a captured Ethernet frame: what tools need of it, not what a host does with it. RFC 9293 §3.1 "Header Format". */
import { formatAddress } from "../../rules/addresses.ts";

export interface Segment {
  /** `192.0.2.1:179` or `[2001:db8::1]:179`. */
  readonly from: string;
  readonly to: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly isSyn: boolean;
  /** FIN or RST: nothing comes after it. */
  readonly isEnd: boolean;
  readonly payload: Uint8Array;
}

const ETHERNET_HEADER_BYTES = 14;
const VLAN_TYPE = 0x8100;
const VLAN_TAG_BYTES = 4;
const IPV4_TYPE = 0x0800;
const IPV6_TYPE = 0x86dd;
const IPV6_HEADER_BYTES = 40;
const TCP = 6;
const TCP_HEADER_BYTES = 20;
const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;

/**
 * The segment of a frame; undefined where it has none, is a fragment, or was captured in part. IPv6 extension headers are not passed over.
 */
export function readSegment(frame: Uint8Array): Segment | undefined {
  if (frame.length < ETHERNET_HEADER_BYTES) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const isTagged = view.getUint16(12) === VLAN_TYPE && frame.length >= ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES;
  const at = ETHERNET_HEADER_BYTES + (isTagged ? VLAN_TAG_BYTES : 0);
  const packet = new DataView(frame.buffer, frame.byteOffset + at, frame.length - at);
  const type = view.getUint16(at - 2);
  if (type === IPV4_TYPE) return readIpv4(packet);
  return type === IPV6_TYPE ? readIpv6(packet) : undefined;
}

function readIpv4(packet: DataView): Segment | undefined {
  if (packet.byteLength < 20) return undefined;
  const header = (packet.getUint8(0) & 15) * 4;
  const total = packet.getUint16(2); // Ethernet pads short frames
  const isFragment = (packet.getUint16(6) & 0x3fff) !== 0;
  if (header < 20 || total < header || total > packet.byteLength || isFragment || packet.getUint8(9) !== TCP) return undefined;
  const address = (at: number) => formatAddress({ family: 4, value: BigInt(packet.getUint32(at)) });
  return readTcp(cut(packet, header, total), address(12), address(16));
}

function readIpv6(packet: DataView): Segment | undefined {
  if (packet.byteLength < IPV6_HEADER_BYTES || packet.getUint8(6) !== TCP) return undefined;
  const total = IPV6_HEADER_BYTES + packet.getUint16(4);
  if (total > packet.byteLength) return undefined;
  const address = (at: number) =>
    `[${formatAddress({ family: 6, value: (packet.getBigUint64(at) << 64n) | packet.getBigUint64(at + 8) })}]`;
  return readTcp(cut(packet, IPV6_HEADER_BYTES, total), address(8), address(24));
}

function cut(view: DataView, from: number, to: number): DataView {
  return new DataView(view.buffer, view.byteOffset + from, to - from);
}

function readTcp(segment: DataView, source: string, destination: string): Segment | undefined {
  if (segment.byteLength < TCP_HEADER_BYTES) return undefined;
  const header = (segment.getUint8(12) >> 4) * 4;
  if (header < TCP_HEADER_BYTES || header > segment.byteLength) return undefined;
  const [sourcePort, destinationPort, flags] = [segment.getUint16(0), segment.getUint16(2), segment.getUint8(13)];
  return {
    from: `${source}:${sourcePort}`,
    to: `${destination}:${destinationPort}`,
    sourcePort,
    destinationPort,
    sequence: segment.getUint32(4),
    isSyn: (flags & SYN) !== 0,
    isEnd: (flags & (FIN | RST)) !== 0,
    payload: new Uint8Array(segment.buffer, segment.byteOffset + header, segment.byteLength - header),
  };
}
