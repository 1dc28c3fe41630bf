/** UDP in Ethernet frames, byte by byte: how a test talks to sockets from the other end of a link, past all code that it tests. */

import { addressText, toEndpoint } from "../../packets/datagram-options.ts";

export interface UdpFrame {
  readonly sourceMac: string;
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly hopLimit: number;
  readonly text: string;
}

const ETHERNET = 14;
const UDP = 17;
const UDP_HEADER = 8;

export function writeUdpFrame(fields: UdpFrame): Uint8Array {
  const { family, address: source } = toEndpoint({ address: fields.source, udpPort: 0 });
  const { address: destination } = toEndpoint({ address: fields.destination, udpPort: 0 });
  const width = family === 4 ? 4 : 16;
  const header = family === 4 ? 20 : 40;
  const length = UDP_HEADER + Buffer.byteLength(fields.text);
  const frame = Buffer.alloc(ETHERNET + header + length);
  frame.write(fields.destinationMac.replaceAll(":", ""), 0, "hex");
  frame.write(fields.sourceMac.replaceAll(":", ""), 6, "hex");
  frame.writeUInt16BE(family === 4 ? 0x0800 : 0x86dd, 12);
  const ip = frame.subarray(ETHERNET);
  if (family === 4) ip.set([0x45, 0, 0, 0, 0, 0, 0, 0, fields.hopLimit, UDP]);
  else ip.set([0x60, 0, 0, 0, 0, 0, UDP, fields.hopLimit]);
  ip.writeUInt16BE(family === 4 ? header + length : length, family === 4 ? 2 : 4);
  ip.set(source.subarray(0, width), family === 4 ? 12 : 8);
  ip.set(destination.subarray(0, width), family === 4 ? 16 : 24);
  if (family === 4) ip.writeUInt16BE(checksum(ip.subarray(0, header)), 10);
  const udp = ip.subarray(header);
  udp.writeUInt16BE(fields.sourcePort, 0);
  udp.writeUInt16BE(fields.destinationPort, 2);
  udp.writeUInt16BE(length, 4);
  udp.write(fields.text, UDP_HEADER);
  // RFC 768 "Checksum": over addresses, protocol and length too.
  const pseudo = Buffer.from([0, UDP, length >> 8, length & 255]);
  const sum = checksum(Buffer.concat([source.subarray(0, width), destination.subarray(0, width), pseudo, udp, Buffer.alloc(length % 2)]));
  udp.writeUInt16BE(sum === 0 ? 0xffff : sum, 6);
  return frame;
}

/** Undefined where it is no UDP, or a fragment. Checksums are not looked at: a sender leaves them to hardware that a veth pair lacks. */
export function readUdpFrame(bytes: Uint8Array): UdpFrame | undefined {
  const frame = Buffer.from(bytes);
  const family = frame.readUInt16BE(12) === 0x0800 ? 4 : 6;
  const ip = frame.subarray(ETHERNET);
  const header = family === 4 ? 20 : 40;
  if (ip.length < header + UDP_HEADER || ip.readUInt8(0) !== (family === 4 ? 0x45 : 0x60)) return undefined;
  if (ip.readUInt8(family === 4 ? 9 : 6) !== UDP) return undefined;
  const udp = ip.subarray(header);
  const mac = (at: number) => Array.from(frame.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");
  const address = (at: number) => addressText(family, ip.subarray(at, at + (family === 4 ? 4 : 16)));
  return {
    destinationMac: mac(0),
    sourceMac: mac(6),
    source: address(family === 4 ? 12 : 8),
    destination: address(family === 4 ? 16 : 24),
    sourcePort: udp.readUInt16BE(0),
    destinationPort: udp.readUInt16BE(2),
    hopLimit: ip.readUInt8(family === 4 ? 8 : 7),
    text: udp.toString("latin1", UDP_HEADER, udp.readUInt16BE(4)),
  };
}

/** RFC 1071 §1. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
