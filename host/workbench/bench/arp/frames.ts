/** The requests that the load generator sends, and what a right reply to them is. */
import { codec } from "../../../packets/codec/codec.ts";

/** Apart in memory, so that a frame fits and starts on a word. */
export const FRAME_STRIDE = 64;
export const FRAME_BYTES = 42;
const SOURCE = 6;
const SOURCE_END = 12;
const SENDER_MAC = 22;
/** ar$spa and ar$tpa of RFC 826 "Packet format", behind an Ethernet header: whose the packet is, and whom it asks or tells. */
const SENDER_ADDRESS = 28;
export const TARGET_ADDRESS = 38;
/** Templates at least, so that a batch is whole also for few VIPs. */
const TEMPLATES = 4096;

/** The first VIP, 10.64.0.0; the others follow. No real network is involved: all frames stay in namespaces of this run. */
export const FIRST_VIP = 0x0a400000;

export interface Stations {
  readonly generator: { readonly mac: string; readonly address: string };
  readonly responder: { readonly mac: string };
}

export function vipAddress(vip: number): string {
  const address = FIRST_VIP + vip;
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

export interface Requests {
  /** Templates FRAME_STRIDE apart. Behind the last of `count` the first `overlap` come again, so that a batch may start anywhere. */
  readonly frames: Uint8Array;
  readonly count: number;
  /** Which VIP each template asks for. */
  readonly order: Uint32Array;
}

/** Request templates for every VIP equally often, in random order. */
export function writeRequests(stations: Stations, vips: number, overlap: number, random: () => number): Requests {
  const count = vips * Math.ceil(TEMPLATES / vips);
  const once = Uint32Array.from({ length: count }, (_, at) => at % vips);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const moved = once[at] as number;
    once[at] = once[other] as number;
    once[other] = moved;
  }
  const order = Uint32Array.from({ length: count + overlap }, (_, at) => once[at % count] as number);
  const frames = new Uint8Array(new ArrayBuffer(order.length * FRAME_STRIDE));
  order.forEach((vip, at) => void frames.set(writeRequest(stations, vip), at * FRAME_STRIDE));
  return { frames, count, order };
}

export function writeRequest({ generator }: Stations, vip: number): Uint8Array {
  return encode({
    destination: "ff:ff:ff:ff:ff:ff",
    source: generator.mac,
    operation: 1,
    senderMac: generator.mac,
    senderAddress: generator.address,
    targetMac: "00:00:00:00:00:00",
    targetAddress: vipAddress(vip),
  });
}

/** Tells right replies from others, field by field, in memory where received frames lie FRAME_STRIDE apart. */
export class ReplyCheck {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #expected: Uint8Array;
  readonly #vips: number;

  constructor({ generator, responder }: Stations, vips: number, received: Uint8Array) {
    this.#bytes = received;
    this.#view = new DataView(received.buffer, received.byteOffset);
    this.#vips = vips;
    this.#expected = encode({
      destination: generator.mac,
      source: responder.mac,
      operation: 2,
      senderMac: responder.mac,
      senderAddress: vipAddress(0),
      targetMac: generator.mac,
      targetAddress: generator.address,
    });
  }

  /** The VIP that the frame in `slot` is from, or -1. */
  vip(slot: number): number {
    const vip = this.#view.getUint32(slot * FRAME_STRIDE + SENDER_ADDRESS) - FIRST_VIP;
    return vip >= 0 && vip < this.#vips ? vip : -1;
  }

  /** `length` is what was received; padding behind the packet is fine. */
  isRight(slot: number, length: number): boolean {
    if (length < FRAME_BYTES || this.vip(slot) < 0) return false;
    const from = slot * FRAME_STRIDE;
    for (let at = 0; at < FRAME_BYTES; at++) {
      const isSender = at >= SENDER_ADDRESS && at < SENDER_ADDRESS + 4;
      if (!isSender && this.#bytes[from + at] !== this.#expected[at]) return false;
    }
    return true;
  }

  /** The responder tells all stations of a VIP, by a request or a reply for its own address (RFC 5227 §3 "ARP Announcements"). */
  isAnnouncement(slot: number, length: number): boolean {
    if (length < FRAME_BYTES || this.vip(slot) < 0) return false;
    const from = slot * FRAME_STRIDE;
    for (let at = SOURCE; at < SENDER_ADDRESS; at++) {
      const isMac = at < SOURCE_END || at >= SENDER_MAC;
      if (isMac && this.#bytes[from + at] !== this.#expected[at]) return false;
    }
    return this.#view.getUint32(from + SENDER_ADDRESS) === this.#view.getUint32(from + TARGET_ADDRESS);
  }
}

function encode(fields: Readonly<Record<string, string | number>>): Uint8Array {
  const encoded = codec("arp").encode({ ...fields, trailingBytes: 0 });
  if (!encoded.ok) throw new Error(`Cannot write an ARP frame for the bench: ${encoded.meaning}`);
  return encoded.bytes;
}
