/** A wire in memory, for tests and for machines where no real one may be opened: frames in, frames out, same filter. */

import { type Instruction, runFilter } from "./filter.ts";
import { formatMac } from "./mac.ts";
import { MemoryDatagrams } from "./memory-datagrams.ts";
import type { FramePort, Wire } from "./wire.ts";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const QUEUE_FRAMES = 1024;

export interface MemorySegment extends Wire {
  /** Puts a frame on the segment; every open port whose filter lets it through receives it. */
  transmit(frame: Uint8Array, from?: string): void;
  /** Calls back for every frame that a port sends; `link` is the name of the port's link. */
  onFrame(call: (frame: Uint8Array, link: string) => void): void;
  /** Puts a station without a program on the segment. */
  join(
    link: { name: string; mac: string },
    filter: readonly Instruction[],
    accept: (frame: Uint8Array) => void,
  ): { transmit(frame: Uint8Array): void; leave(): void };
  /** Datagrams by address and UDP port; `join` makes a station without a program. */
  readonly datagrams: MemoryDatagrams;
  readonly openPorts: number;
}

interface Station {
  readonly link: string;
  accept(frame: Uint8Array): unknown;
}

/** One Ethernet segment that all links are on. */
export function memoryWire(): MemorySegment {
  const stations = new Set<Station>();
  const datagrams = new MemoryDatagrams();
  const listeners: ((frame: Uint8Array, link: string) => void)[] = [];
  const transmit = (frame: Uint8Array, from?: string): void => {
    for (const station of [...stations]) if (station.link !== from) station.accept(frame);
  };
  return {
    kind: "memory",
    transmit,
    onFrame: (call) => void listeners.push(call),
    join(link, filter, accept) {
      const station: Station = {
        link: link.name,
        accept: (frame) => runFilter(filter, frame, factsOf(frame, link.mac)) && accept(frame.slice()),
      };
      stations.add(station);
      return {
        transmit(frame) {
          for (const call of listeners) call(frame, link.name);
          transmit(frame, link.name);
        },
        leave: () => void stations.delete(station),
      };
    },
    datagrams,
    openDatagrams: (request, onReadable) => datagrams.open(request, onReadable),
    get openPorts() {
      return stations.size + datagrams.size;
    },
    open(program, link, _etherType, filter, onReadable): FramePort {
      const queue: Uint8Array[] = [];
      let drops = 0;
      const station: Station = {
        link: link.name,
        accept(frame) {
          if (!runFilter(filter, frame, factsOf(frame, link.mac))) return;
          if (queue.length >= QUEUE_FRAMES) drops++;
          else if (queue.push(frame.slice()) === 1) onReadable();
        },
      };
      stations.add(station);
      return {
        receive() {
          const batch = queue.splice(0, program.slots);
          batch.forEach((frame, slot) => {
            program.memory.set(frame.subarray(0, program.slotBytes), program.rx + slot * program.slotBytes);
            program.setReceivedLength(slot, frame.length);
          });
          return batch.length;
        },
        send(from, to) {
          for (let slot = from; slot < to; slot++) {
            const at = program.tx + slot * program.slotBytes;
            const frame = program.memory.slice(at, at + Math.min(program.sendLength(slot), program.slotBytes));
            for (const call of listeners) call(frame, link.name);
            transmit(frame, link.name);
          }
          return to - from;
        },
        takeDrops() {
          const taken = drops;
          drops = 0;
          return taken;
        },
        close: () => void stations.delete(station),
      };
    },
  };
}

/** What the kernel would have noted when it received the frame on a link with this MAC. */
function factsOf(frame: Uint8Array, mac: string): { tagged: boolean; otherHost: boolean } {
  const etherType = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  const destination = formatMac(frame.subarray(0, 6));
  const isGroup = ((frame[0] ?? 0) & 1) === 1 || destination === BROADCAST;
  return { tagged: etherType === 0x8100 || etherType === 0x88a8, otherHost: !isGroup && destination !== mac };
}
