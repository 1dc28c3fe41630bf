/** A packet engine with the ARP program on the in-memory wire, for tests. */
import { PacketEngine } from "../../packets/engine.ts";
import { type MemorySegment, memoryWire } from "../../packets/memory-wire.ts";
import { ROW_BYTES } from "../../packets/program.ts";
import { loadModule } from "../../packets/wasm.ts";
import type { Wire, WireLink } from "../../packets/wire.ts";
import { arpFrame, readArp, type TestRow, writeRow } from "./program-station.ts";

export const VIP = "192.0.2.1";
export const MAC = "02:00:00:00:00:02";
export const ARP = { etherType: 0x0806 };
export const eth0: WireLink = { id: 0, name: "eth0", index: 7, mac: MAC, up: true };
export const eth1: WireLink = { id: 5, name: "eth1", index: 8, mac: "02:00:00:00:00:03", up: true };
export const request = arpFrame({ targetAddress: VIP });

/** Rows as the engine takes them. */
export function records(...rows: readonly TestRow[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * ROW_BYTES);
  rows.forEach((row, at) => void bytes.set(writeRow(row), at * ROW_BYTES));
  return bytes;
}

/** `sent`: every frame on the wire, `link sender operation`. */
export function start(wire: Wire = memoryWire()) {
  const segment = wire as MemorySegment;
  let readable = 0;
  const engine = new PacketEngine(wire, () => readable++);
  engine.addProgram("arp", loadModule("arp"), ARP, [1, 2]);
  const sent: string[] = [];
  segment.onFrame?.((frame, link) => {
    const { senderAddress, operation } = readArp(frame);
    sent.push(`${link} ${senderAddress} ${operation}`);
  });
  const take = () => sent.splice(0);
  return { engine, segment, take, readable: () => readable, statistics: () => engine.statistics()["arp"] };
}

/** As `start`, with a row that answers and has not to announce itself, on eth0. */
export function answering(wire?: Wire) {
  const made = start(wire);
  made.engine.put("arp", records({ address: VIP, state: "draining" }));
  made.engine.attach("arp", [eth0]);
  return made;
}

export const ANSWER = `eth0 ${VIP} 2`;
/** One round in which a VIP is announced. */
export const ROUND = (link: string) => [`${link} ${VIP} 1`, `${link} ${VIP} 2`];
