/** A veth pair whose near end has a port of a packet program, by the real wire. For tests inside a private network. */

import * as assert from "uvu/assert";
import { type FrameMatch, frameFilter } from "../../packets/filter.ts";
import { kernelWire } from "../../packets/kernel-wire.ts";
import { libc } from "../../packets/libc.ts";
import { PacketProgram } from "../../packets/program.ts";
import { openPacketSocket } from "../../packets/sockets.ts";
import { loadModule } from "../../packets/wasm.ts";
import { linkIndex, run } from "../private-network.ts";

export const NEAR_MAC = "02:00:00:00:00:0e";
export const ARP = { etherType: 0x0806 };

export class PortPair {
  readonly program;
  readonly libc;
  readonly wire;
  readonly link;
  readonly #farFd: number;

  constructor(c = libc(), module = loadModule("arp")) {
    this.program = new PacketProgram("arp", module);
    this.libc = c;
    this.wire = kernelWire(c, false);
    run("ip", "link", "add", "near", "address", NEAR_MAC, "type", "veth", "peer", "name", "far");
    for (const name of ["near", "far"]) run("ip", "link", "set", name, "addrgenmode", "none", "up");
    this.link = { id: 0, name: "near", index: linkIndex("near"), mac: NEAR_MAC, up: true };
    this.#farFd = openPacketSocket(libc(), { name: "far", index: linkIndex("far") }, 0x88b5, [[0x06, 0, 0, 0]]);
  }

  open(match: FrameMatch = ARP) {
    return this.wire.open(this.program, this.link, match.etherType, frameFilter(match), () => {});
  }

  /** Puts frames on the wire at the far end. A veth delivers before `send` returns. */
  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) assert.is(libc().send(this.#farFd, frame, frame.length, 0), frame.length);
  }

  /** What lies in the first `count` receive slots, without what a slot cut. */
  slots(count: number): string[] {
    const { memory, rx, slotBytes, rxDescriptors } = this.program;
    const lengths = new DataView(memory.buffer);
    return Array.from({ length: count }, (_, slot) => {
      const length = lengths.getUint16(rxDescriptors + slot * 32, true);
      const at = rx + slot * slotBytes;
      return Buffer.from(memory.slice(at, at + Math.min(length, slotBytes))).toString("hex");
    });
  }

  end(): void {
    libc().close(this.#farFd);
    run("ip", "link", "delete", "near");
  }
}

export function withPair(
  body: (pair: PortPair) => Promise<void> | void,
  ...setup: ConstructorParameters<typeof PortPair>
): () => Promise<void> {
  return async () => {
    const pair = new PortPair(...setup);
    try {
      await body(pair);
    } finally {
      pair.end();
    }
  };
}
