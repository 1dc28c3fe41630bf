/** A frame in one line, for those who watch what a plugin sends. */

import type { Permission } from "../../../announcer.ts";
import { codec } from "../../../packets/codec/codec.ts";
import { formatIpv4, formatIpv6 } from "../../../packets/codec/text.ts";
import { formatMac } from "../../../packets/mac.ts";

export interface DescribedFrame {
  readonly source: string;
  /** Undefined: by its permissions it is not the plugin's. */
  readonly text: string | undefined;
}

const MOST_BYTES = 48;
const TCP = 6;
const UDP = 17;
/** What needs which IP protocol. */
const PROTOCOLS: Readonly<Partial<Record<Permission["kind"], number>>> = { net: TCP, listen: TCP, fetch: TCP, udp: UDP, liveness: UDP };

interface Packet {
  readonly protocol: number;
  readonly from: string;
  readonly to: string;
  readonly payload: Uint8Array;
}

export function describeFrame(frame: Uint8Array, permissions: readonly Permission[]): DescribedFrame {
  const source = formatMac(frame.subarray(6, 12));
  const etherType = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  const packet = readPacket(etherType, frame);
  const isAsked = (permission: Permission): boolean =>
    permission.kind === "frame"
      ? permission.etherType === etherType && (permission.ipProtocol === undefined || permission.ipProtocol === packet?.protocol)
      : packet !== undefined && PROTOCOLS[permission.kind] === packet.protocol;
  if (!permissions.some(isAsked)) return { source, text: undefined };
  return { source, text: textOf(frame, etherType, packet) };
}

function textOf(frame: Uint8Array, etherType: number, packet: Packet | undefined): string {
  const known = etherType === 0x0806 ? codec("arp").decode(frame) : undefined;
  if (known?.ok) return `arp ${JSON.stringify(known.fields)}`;
  const to = formatMac(frame.subarray(0, 6));
  if (packet === undefined)
    return `0x${etherType.toString(16).padStart(4, "0")} to ${to}, ${frame.length} bytes: ${shown(frame.subarray(14))}`;
  const { protocol, from, to: address, payload } = packet;
  const port = (at: number) => ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
  if (protocol === UDP) return `udp ${from} port ${port(0)} to ${address} port ${port(2)}: ${shown(payload.subarray(8))}`;
  if (protocol === TCP) {
    const data = payload.subarray(((payload[12] ?? 0) >> 4) * 4);
    return `tcp ${from} port ${port(0)} to ${address} port ${port(2)}, ${data.length} bytes: ${shown(data)}`;
  }
  return `ip protocol ${protocol} ${from} to ${address}: ${shown(payload)}`;
}

/** RFC 791 §3.1 and RFC 8200 §3, without extension headers. */
function readPacket(etherType: number, frame: Uint8Array): Packet | undefined {
  if (etherType === 0x0800 && frame.length >= 34) {
    const addresses = [26, 30].map((at) => formatIpv4(frame.subarray(at, at + 4)));
    return packetOf(frame[23], addresses, frame.subarray(14 + ((frame[14] ?? 0) & 15) * 4));
  }
  if (etherType === 0x86dd && frame.length >= 54) {
    const addresses = [22, 38].map((at) => formatIpv6(frame.subarray(at, at + 16)));
    return packetOf(frame[20], addresses, frame.subarray(54));
  }
  return undefined;
}

function packetOf(protocol = 0, [from = "", to = ""]: readonly string[], payload: Uint8Array): Packet {
  return { protocol, from, to, payload };
}

/** In hex, and what of it is text; zeros at the end, which only fill the frame, are left out. */
function shown(bytes: Uint8Array): string {
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const used = bytes.subarray(0, Math.min(end, MOST_BYTES));
  const text = Array.from(used, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
  return `${Buffer.from(used).toString("hex")}${end > MOST_BYTES ? "…" : ""} ${JSON.stringify(text)}`;
}
