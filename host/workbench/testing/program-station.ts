/** A packet program without a wire: frames in as bytes, frames out as bytes, everything that it counted. For tests. */

import { codec, type Fields } from "../../packets/codec/codec.ts";
import { parseIpv4, parseIpv6 } from "../../packets/codec/text.ts";
import { PacketProgram, type RowCounters } from "../../packets/program.ts";
import { AddressRow, Row, RowState } from "../../packets/row-layout.ts";
import { loadModule } from "../../packets/wasm.ts";

const EVERY_LINK = 0xffff_ffff_ffff_ffffn;

export interface TestRow {
  /** IPv4 or IPv6, or 16 bytes. */
  readonly address: string | Uint8Array;
  /** Default: that of the address where it is a text, else 4. */
  readonly family?: number;
  readonly state?: keyof typeof RowState | number;
  /** A bit a link; default every link. */
  readonly links?: bigint;
  readonly attributes?: Uint8Array;
}

export interface SentFrame {
  readonly link: number;
  readonly frame: Uint8Array;
}

/** `docs/packet-programs.md` "Rows". */
export function writeRow({ address, family, state = "active", links = EVERY_LINK, attributes }: TestRow): Uint8Array {
  const row = new Uint8Array(Row.bytes);
  const bytes = typeof address === "string" ? (parseIpv4(address) ?? parseIpv6(address)) : address;
  if (bytes === undefined) throw new Error(`Not an address: ${address}`);
  row[Row.family] = family ?? (typeof address === "string" && address.includes(":") ? 6 : 4);
  row[Row.state] = typeof state === "number" ? state : RowState[state];
  new DataView(row.buffer).setBigUint64(Row.links, links, true);
  row.set(bytes, Row.address);
  if (attributes !== undefined) row.set(attributes, Row.attributes);
  return row;
}

/** Attributes of a row of `arp` or `ndp`; what is left out is 0. */
export function addressAttributes(values: { readonly [attribute in keyof typeof AddressRow]?: number }): Uint8Array {
  const row = new DataView(new ArrayBuffer(Row.bytes));
  for (const [name, at] of Object.entries(AddressRow)) row.setUint32(at, values[name as keyof typeof AddressRow] ?? 0, true);
  return new Uint8Array(row.buffer, Row.attributes);
}

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
export const CLIENT = { mac: "02:00:00:00:00:c1", address: "192.0.2.200" };

/** An ARP frame: a broadcast request by CLIENT, unless the fields say otherwise. */
export function arpFrame(fields: Partial<Fields>): Uint8Array {
  const senderMac = fields["senderMac"] ?? CLIENT.mac;
  const defaults = { destination: BROADCAST, source: senderMac, operation: 1, senderMac, senderAddress: CLIENT.address };
  const encoded = codec("arp").encode({
    ...defaults,
    targetMac: "00:00:00:00:00:00",
    targetAddress: "192.0.2.1",
    trailingBytes: 0,
    ...fields,
  });
  if (!encoded.ok) throw new Error(`Cannot write an ARP frame: ${encoded.meaning}`);
  return encoded.bytes;
}

/** The fields of a sent ARP frame, checked by the wire module's decoder. */
export function readArp(frame: Uint8Array): Fields {
  const decoded = codec("arp").decode(frame);
  if (!decoded.ok) throw new Error(`Not an ARP frame: ${decoded.meaning}`);
  return decoded.fields;
}

export class ProgramStation {
  readonly program: PacketProgram;

  constructor(name = "arp", seed: readonly [number, number] = [1, 2]) {
    this.program = new PacketProgram(name, loadModule(name));
    this.program.setup(...seed);
  }

  put(row: TestRow): number {
    return this.program.put(writeRow(row));
  }

  remove(address: string, family?: number): void {
    this.program.remove(writeRow({ address, ...(family === undefined ? {} : { family }) }));
  }

  /** `frames` arrive on a link as one batch. A frame longer than a slot is cut, as the kernel does. */
  receive(link: number, frames: readonly Uint8Array[], nowMs = 0): SentFrame[] {
    const { program } = this;
    frames.forEach((frame, slot) => {
      program.memory.set(frame.subarray(0, program.slotBytes), program.rx + slot * program.slotBytes);
      program.setReceivedLength(slot, frame.length);
    });
    return this.#sent(program.process(link, frames.length, nowMs));
  }

  tick(nowMs: number): SentFrame[] {
    return this.#sent(this.program.tick(nowMs));
  }

  #sent(count: number): SentFrame[] {
    const { program } = this;
    return Array.from({ length: count }, (_, slot) => {
      const at = program.tx + slot * program.slotBytes;
      return { link: program.sendLink(slot), frame: program.memory.slice(at, at + program.sendLength(slot)) };
    });
  }

  /** Frames dropped since the last call, by reason; reasons without any are left out. */
  takeDrops(): Record<string, number> {
    const now = this.program.drops();
    const fresh = Object.entries(now).map(([reason, count]) => [reason, count - (this.#drops[reason] ?? 0)] as const);
    this.#drops = now;
    return Object.fromEntries(fresh.filter(([, count]) => count !== 0));
  }

  counters(row: number): RowCounters {
    return this.program.counters(row);
  }

  #drops: Record<string, number> = {};
}
