/** Module `echo` is a packet program of ABI v1, and does what it says to any bytes in its slots. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Descriptor } from "../../host/packets/datagram-layout.ts";
import { PacketProgram, ROW_BYTES } from "../../host/packets/program.ts";
import { loadModule } from "../../host/packets/wasm.ts";

const ECHO = suite("echo program");
const DATAGRAMS = -1;

function descriptorsOf(program: PacketProgram, at: number): Uint8Array {
  return program.memory.subarray(at, at + program.slots * Descriptor.bytes);
}

ECHO("keeps the contract, with one page of memory", () => {
  const program = new PacketProgram("echo", loadModule("echo"));
  program.setup(1, 2);
  program.setLink(0, "02:00:00:00:00:01", true);
  assert.is(program.memory.length, 65_536);
  assert.is(program.nextTickMs, Infinity);
  assert.is(program.tick(0), 0);
  assert.is(program.rowCount, 0);
  assert.equal(program.takeEvents(), []);
  assert.equal(program.drops(), { low_hop_limit: 0, oversized: 0 });
  assert.is(program.refusalName(program.put(new Uint8Array(ROW_BYTES).fill(1))), "no_rows");
  program.remove(new Uint8Array(ROW_BYTES));
});

ECHO("leaves frames alone", () => {
  const program = new PacketProgram("echo", loadModule("echo"));
  descriptorsOf(program, program.rxDescriptors).fill(255);
  for (const link of [0, 1, 63]) assert.is(program.process(link, program.slots, 0), 0);
  assert.equal(program.drops(), { low_hop_limit: 0, oversized: 0 });
});

ECHO("answers what came with hop limit 255 and fits, in order, and counts the rest", () => {
  const program = new PacketProgram("echo", loadModule("echo"));
  const { memory, rx, tx, rxDescriptors, txDescriptors, slots, slotBytes } = program;
  const slot = fc.record({
    descriptor: fc.uint8Array({ minLength: Descriptor.bytes, maxLength: Descriptor.bytes }),
    bytes: fc.uint8Array({ minLength: slotBytes, maxLength: slotBytes }),
    hopLimit: fc.constantFrom(255, 255, 255, 254, 0),
    length: fc.oneof(fc.nat(slotBytes), fc.constantFrom(slotBytes, slotBytes + 1, 0xffff)),
  });
  fc.assert(
    fc.property(fc.array(slot, { maxLength: slots }), (received) => {
      for (const [at, { descriptor, bytes, hopLimit, length }] of received.entries()) {
        descriptor.set([length & 255, length >> 8, 1, hopLimit]);
        memory.set(descriptor, rxDescriptors + at * Descriptor.bytes);
        memory.set(bytes, rx + at * slotBytes);
      }
      const routed = received.filter(({ hopLimit }) => hopLimit !== 255);
      const expected = received.filter(({ hopLimit, length }) => hopLimit === 255 && length <= slotBytes);
      const before = program.drops() as { low_hop_limit: number; oversized: number };
      assert.is(program.process(DATAGRAMS, received.length, 0), expected.length);
      for (const [at, { descriptor, bytes, length }] of expected.entries()) {
        const from = txDescriptors + at * Descriptor.bytes;
        assert.is(hex(memory.subarray(from, from + Descriptor.bytes)), hex(descriptor));
        assert.is(hex(memory.subarray(tx + at * slotBytes, tx + at * slotBytes + length)), hex(bytes.subarray(0, length)));
      }
      assert.equal(program.drops(), {
        low_hop_limit: before.low_hop_limit + routed.length,
        oversized: before.oversized + received.length - routed.length - expected.length,
      });
    }),
    { numRuns: 300 },
  );
});

ECHO("is what the documentation shows of it", () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  const shown = /```ts\n([\s\S]*?)```/.exec(read("../../docs/packet-programs.md"))?.[1] ?? "";
  const lines = shown.split("\n").filter((line) => line !== "");
  const source = read("echo.ts");
  assert.ok(lines.length > 5);
  for (const line of lines) assert.ok(source.includes(`  ${line}\n`), line);
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

ECHO.run();
