/** A station on a segment, of a process with one thread: it asks for VIPs, and reads every ARP frame as it comes. */

import { parseMac } from "../../../packets/codec/text.ts";
import { frameFilter } from "../../../packets/filter.ts";
import { MessageVector } from "../../../packets/layout.ts";
import { libc } from "../../../packets/libc.ts";
import { MSG_DONTWAIT, SO_RCVBUFFORCE, SOL_SOCKET } from "../../../packets/socket-numbers.ts";
import { openPacketSocket, setIntOption } from "../../../packets/sockets.ts";
import { arpFamily, isAnnouncement, TARGET_ADDRESS } from "./arp-frames.ts";
import type { Stations } from "./family.ts";
import { ReplyCheck } from "./reply-check.ts";

export interface StationSetup {
  readonly stations: Stations;
  readonly link: { readonly name: string; readonly index: number };
}

const RECEIVE_BATCH = 128;
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;
const POLLIN = 1;

/** Milliseconds of CLOCK_MONOTONIC, which is one clock for all processes and network namespaces. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class ArpStation {
  readonly #libc = libc();
  readonly #fd: number;
  readonly #rx: MessageVector;
  readonly #received: Uint8Array;
  readonly #check: ReplyCheck;
  readonly #responder: Uint8Array;
  readonly #request: Uint8Array;
  readonly #pollfd: Uint16Array;

  /** `vips`: how many there are, from the first on. */
  constructor({ stations, link }: StationSetup, vips: number) {
    const { strideBytes, asked } = arpFamily;
    this.#received = new Uint8Array(new ArrayBuffer(RECEIVE_BATCH * strideBytes));
    this.#rx = new MessageVector(this.#libc, { memory: this.#received, base: 0, slotBytes: strideBytes, count: RECEIVE_BATCH });
    this.#check = new ReplyCheck(arpFamily, stations, {}, vips, { memory: this.#received, strideBytes });
    this.#responder = parseMac(stations.responder.mac) ?? new Uint8Array(6);
    this.#request = arpFamily.writeRequest(stations, 0);
    this.#fd = openPacketSocket(this.#libc, link, asked.etherType, frameFilter(asked));
    setIntOption(this.#libc, this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
    this.#pollfd = Uint16Array.of(this.#fd & 0xffff, this.#fd >>> 16, POLLIN, 0);
  }

  ask(vip: number): void {
    new DataView(this.#request.buffer, this.#request.byteOffset).setUint32(TARGET_ADDRESS, arpFamily.firstWord + vip);
    this.#libc.send(this.#fd, this.#request, this.#request.length, MSG_DONTWAIT);
  }

  /** Reads what is there, or what comes within `waitMs`. What is in `slot` can be asked for during `take`. */
  receive(waitMs: number, take: (slot: number, length: number) => void): void {
    if (waitMs > 0) this.#libc.poll(this.#libc.address(this.#pollfd), 1, Math.ceil(waitMs));
    for (let count = RECEIVE_BATCH; count === RECEIVE_BATCH; ) {
      count = Math.max(this.#libc.recvmmsg(this.#fd, this.#rx.address, RECEIVE_BATCH, MSG_DONTWAIT, 0), 0);
      for (let slot = 0; slot < count; slot++) take(slot, this.#rx.length(slot));
    }
  }

  vip(slot: number): number {
    return this.#check.vip(slot);
  }

  isRight(slot: number, length: number): boolean {
    return this.#check.isRight(slot, length);
  }

  /** The responder tells all stations of a VIP. */
  isAnnouncement(slot: number, length: number): boolean {
    if (length < arpFamily.requestBytes || this.vip(slot) < 0) return false;
    return isAnnouncement(this.#received, slot * arpFamily.strideBytes, this.#responder);
  }
}
