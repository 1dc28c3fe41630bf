/**
 * Inside a private network: a veth pair whose near end is Herald's, and whose far end is a client that sends and receives single frames.
 *
 * The client blocks its thread while it waits, so it also works in a main thread that is to look dead.
 */

import type { Instruction } from "../../packets/filter.ts";
import { libc } from "../../packets/libc.ts";
import { openPacketSocket } from "../../packets/sockets.ts";
import type { WireLink } from "../../packets/wire.ts";
import { ipBatch, linkIndex, run } from "../private-network.ts";
import { arpFrame, CLIENT, readArp } from "./program-station.ts";

const ETH_P_ARP = 0x0806;
const POLLIN = 1;
const FRAME_BYTES = 2048;
/** After an answer, for another. */
const MORE_MS = 5;
const everything: readonly Instruction[] = [[0x06, 0, 0, 0x40000]];

export class VethPair {
  readonly far: string;
  readonly #name: string;
  readonly #id: number;
  readonly #mac: string;
  readonly #buffer = new Uint8Array(FRAME_BYTES);
  #fd = -1;

  constructor(name = "near", id = 0) {
    this.far = `${name}-far`;
    this.#name = name;
    this.#id = id;
    this.#mac = `02:00:00:00:01:${id.toString(16).padStart(2, "0")}`;
    this.#make();
  }

  /** As the kernel knows it now. */
  get link(): WireLink {
    return { id: this.#id, name: this.#name, index: linkIndex(this.#name), mac: this.#mac, up: true };
  }

  /** Deletes the pair and makes it again, with the same names and MACs. */
  remake(): void {
    this.end();
    this.#make();
  }

  #make(): void {
    run("ip", "link", "add", this.#name, "address", this.#mac, "type", "veth", "peer", "name", this.far, "address", CLIENT.mac);
    ipBatch([this.#name, this.far].map((end) => `link set ${end} addrgenmode none up`));
    this.#fd = openPacketSocket(libc(), { name: this.far, index: linkIndex(this.far) }, ETH_P_ARP, everything);
  }

  send(frame: Uint8Array): void {
    if (libc().send(this.#fd, frame, frame.length, 0) !== frame.length) throw new Error(`Cannot send on ${this.far}`);
  }

  /** The next frame that arrived at the far end, or undefined where none does within the time. */
  receive(waitMs: number): Uint8Array | undefined {
    const c = libc();
    const pollfd = new Uint16Array(new Int32Array([this.#fd, POLLIN]).buffer);
    if (c.poll(c.address(pollfd), 1, waitMs) <= 0) return undefined;
    const length = c.recv(this.#fd, this.#buffer, FRAME_BYTES, 0);
    return length < 0 ? undefined : this.#buffer.slice(0, length);
  }

  /** MACs that answered a request for this address, in order; waits for the first, whatever else is heard, and a moment for more. */
  ask(targetAddress: string, waitMs = 500): string[] {
    while (this.receive(0) !== undefined);
    this.send(arpFrame({ targetAddress }));
    const macs: string[] = [];
    let endMs = performance.now() + waitMs;
    for (let leftMs = waitMs; leftMs > 0; leftMs = Math.ceil(endMs - performance.now())) {
      const frame = this.receive(leftMs);
      if (frame === undefined) continue;
      const { operation, senderAddress, senderMac, destination } = readArp(frame);
      if (operation !== 2 || senderAddress !== targetAddress || destination !== CLIENT.mac) continue;
      macs.push(String(senderMac));
      endMs = Math.min(endMs, performance.now() + MORE_MS);
    }
    return macs;
  }

  end(): void {
    libc().close(this.#fd);
    run("ip", "link", "delete", this.far);
  }
}
