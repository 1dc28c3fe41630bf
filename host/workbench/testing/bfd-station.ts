/** Packet program `bfd` without a wire: packets in as fields or bytes, packets out as fields, with what they were sent to. For tests. */

import { readStates, type SessionRow, type SessionState, writeSession } from "../../liveness/session-row.ts";
import { codec, type Fields } from "../../packets/codec/codec.ts";
import { Descriptor } from "../../packets/datagram-layout.ts";
import { addressText, toEndpoint } from "../../packets/datagram-options.ts";
import { NO_LINK } from "../../packets/link-table.ts";
import { PacketProgram } from "../../packets/program.ts";
import { loadModule } from "../../packets/wasm.ts";

export const NEIGHBOR = "192.0.2.2";
/** Datagram ports, as the tests number them. */
export const RECEIVE_PORT = 1;
export const SEND_PORT = 9;

const bfd = codec("bfd");

export const baseSession: SessionRow = {
  discriminator: 0x11,
  address: NEIGHBOR,
  links: 0xffff_ffff_ffff_ffffn,
  isActive: true,
  transmitIntervalMs: 100,
  receiveIntervalMs: 100,
  detectMultiplier: 3,
  isMultihop: false,
  isPassive: false,
  minimumTtl: 254,
  sendPort: SEND_PORT,
  receivePort: RECEIVE_PORT,
  echo: undefined,
};

/** What the neighbor sends while it knows nothing of us, unless the fields say otherwise. */
export function bfdPacket(fields: Partial<Fields> = {}): Uint8Array {
  const encoded = bfd.encode({
    ...{ diagnostic: 0, state: 1, poll: 0, final: 0, controlPlaneIndependent: 0, demand: 0, detectMult: 3 },
    ...{ myDiscriminator: 0x77, yourDiscriminator: 0 },
    ...{ desiredMinTxInterval: 100_000, requiredMinRxInterval: 100_000, requiredMinEchoRxInterval: 0, ...fields },
  });
  if (!encoded.ok) throw new Error(`Cannot write a BFD packet: ${encoded.meaning}`);
  return encoded.bytes;
}

export interface Arrival {
  readonly bytes: Uint8Array;
  /** True length, where it is not that of the bytes. */
  readonly length?: number;
  readonly hopLimit?: number;
  readonly port?: number;
  readonly link?: number;
  readonly peer?: string;
}

export interface SentPacket {
  readonly fields: Fields;
  readonly bytes: Uint8Array;
  readonly port: number;
  readonly hopLimit: number;
  readonly link: number;
  readonly peerPort: number;
  readonly peer: string;
}

export class BfdStation {
  readonly program = new PacketProgram("bfd", loadModule("bfd"));
  readonly #view = new DataView(this.program.memory.buffer);
  #states: ReadonlyMap<number, SessionState> = new Map();
  #drops: Record<string, number> = {};

  constructor(seed: readonly [number, number] = [1, 2]) {
    this.program.setup(...seed);
  }

  put(options: Partial<SessionRow> = {}): number {
    return this.program.put(writeSession({ ...baseSession, ...options }));
  }

  remove(options: Partial<SessionRow> = {}): void {
    this.program.remove(writeSession({ ...baseSession, ...options }));
  }

  receive(arrivals: readonly Arrival[], nowMs: number): SentPacket[] {
    for (const [slot, arrival] of arrivals.entries()) this.#lay(slot, arrival);
    return this.#sent(this.program.process(-1, arrivals.length, nowMs));
  }

  /** Frames arrive on a link, as one batch. */
  receiveFrames(link: number, frames: readonly Uint8Array[], nowMs: number): void {
    const { memory, rx, slotBytes } = this.program;
    for (const [slot, frame] of frames.entries()) {
      memory.set(frame.subarray(0, slotBytes), rx + slot * slotBytes);
      this.program.setReceivedLength(slot, frame.length);
    }
    this.program.process(link, frames.length, nowMs);
  }

  /** Until nothing is due. Frames have no fields. */
  tick(nowMs: number): SentPacket[] {
    const sent: SentPacket[] = [];
    while (this.program.nextTickMs <= nowMs) sent.push(...this.#sent(this.program.tick(nowMs)));
    return sent;
  }

  state(discriminator = baseSession.discriminator): SessionState | undefined {
    const states = this.program.takeStates();
    if (states !== undefined) this.#states = readStates(states);
    return this.#states.get(discriminator);
  }

  takeDrops(): Record<string, number> {
    const now = this.program.drops();
    const fresh = Object.entries(now).map(([reason, count]) => [reason, count - (this.#drops[reason] ?? 0)] as const);
    this.#drops = now;
    return Object.fromEntries(fresh.filter(([, count]) => count !== 0));
  }

  #lay(
    slot: number,
    { bytes, length = bytes.length, hopLimit = 255, port = RECEIVE_PORT, link = NO_LINK, peer = NEIGHBOR }: Arrival,
  ): void {
    const { memory, rx, rxDescriptors, slotBytes } = this.program;
    const at = rxDescriptors + slot * Descriptor.bytes;
    const { family, address } = toEndpoint({ address: peer, udpPort: 0 });
    memory.set(bytes.subarray(0, slotBytes), rx + slot * slotBytes);
    this.#view.setUint16(at + Descriptor.length, length, true);
    this.#view.setUint8(at + Descriptor.port, port);
    this.#view.setUint8(at + Descriptor.hopLimit, hopLimit);
    this.#view.setUint32(at + Descriptor.link, link, true);
    this.#view.setUint16(at + Descriptor.peerPort, 50_000, true);
    this.#view.setUint8(at + Descriptor.peerFamily, family);
    memory.set(address, at + Descriptor.peer);
  }

  #sent(count: number): SentPacket[] {
    const { memory, tx, txDescriptors, slotBytes } = this.program;
    return Array.from({ length: count }, (_, slot) => {
      const at = txDescriptors + slot * Descriptor.bytes;
      const begin = tx + slot * slotBytes;
      const bytes = memory.slice(begin, begin + this.#view.getUint16(at + Descriptor.length, true));
      const port = this.program.sendPort(slot);
      const decoded = port === 0 ? ({ ok: true, fields: {} } as const) : bfd.decode(bytes);
      if (!decoded.ok) throw new Error(`Sent what is no BFD packet: ${decoded.meaning}`);
      return {
        fields: decoded.fields,
        bytes,
        port,
        hopLimit: this.#view.getUint8(at + Descriptor.hopLimit),
        link: this.#view.getUint32(at + Descriptor.link, true),
        peerPort: this.#view.getUint16(at + Descriptor.peerPort, true),
        peer: addressText(this.#view.getUint8(at + Descriptor.peerFamily) === 4 ? 4 : 6, memory.slice(at + 16, at + 32)),
      };
    });
  }
}
