/** How frames come into a program's slots: by a ring that the kernel shares, and in batches that are asked for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../workbench/private-network.ts";
import { soundParts, writeProgram } from "../workbench/testing/abi-module.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { ARP, withPair } from "../workbench/testing/port-pair.ts";
import { arpFrame } from "../workbench/testing/program-station.ts";
import { frameFilter } from "./filter.ts";
import { kernelWire } from "./kernel-wire.ts";
import { type Libc, libc } from "./libc.ts";
import { PACKET_RX_RING, SOL_PACKET } from "./socket-numbers.ts";

const RECEIVE = suite("receive");
const inside = insideTests(RECEIVE, import.meta.url);
const request = arpFrame({ targetAddress: "192.0.2.1" });

/** Where frames come by a ring, and where the kernel has none for us, as under an emulator. */
const ways: Readonly<Record<string, () => Libc>> = {
  "by a ring": libc,
  "by batches": () => ({
    ...libc(),
    setsockopt: (fd, level, option, ...value) =>
      level === SOL_PACKET && option === PACKET_RX_RING ? -1 : libc().setsockopt(fd, level, option, ...value),
  }),
};

function programWith(numbers: Readonly<Record<string, number>>, pages: number): WebAssembly.Module {
  const own = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { type: "i32", value } as const]));
  const parts = { globals: { ...soundParts.globals, ...own }, memory: { initial: pages, maximum: pages } };
  return new WebAssembly.Module(writeProgram(parts));
}

for (const [way, c] of Object.entries(ways))
  inside(
    `a batch is as large as the slots, a frame that a slot cuts keeps its true length, ${way}`,
    [],
    withPair((pair) => {
      const port = pair.open();
      const frames = Array.from({ length: pair.program.slots + 2 }, (_, at) => arpFrame({ trailingBytes: at % 50 }));
      pair.send(...frames);
      assert.is(port.receive(), pair.program.slots);
      assert.equal(
        pair.slots(pair.program.slots),
        frames.slice(0, pair.program.slots).map((frame) => Buffer.from(frame).toString("hex")),
      );
      assert.is(port.receive(), 2);
      assert.is(port.receive(), 0);
      const long = arpFrame({ trailingBytes: 1400 });
      pair.send(long);
      assert.is(port.receive(), 1);
      const { memory, rxDescriptors, slotBytes } = pair.program;
      assert.is(new DataView(memory.buffer).getUint16(rxDescriptors, true), long.length);
      assert.equal(pair.slots(1), [Buffer.from(long.subarray(0, slotBytes)).toString("hex")]);
      port.close();
    }, c()),
  );

inside(
  "frames come in their order, however often the ring was gone round, and nothing of a port that is closed",
  [],
  withPair((pair) => {
    const port = pair.open();
    const numbered = (at: number) => arpFrame({ targetAddress: `10.0.${at >> 8}.${at & 255}`, trailingBytes: at % 20 });
    for (let first = 0; first < 5000; first += 100) {
      const frames = Array.from({ length: 100 }, (_, at) => numbered(first + at));
      pair.send(...frames);
      assert.is(port.receive(), 100);
      assert.equal(
        pair.slots(100),
        frames.map((frame) => Buffer.from(frame).toString("hex")),
      );
    }
    pair.send(request);
    port.close();
    assert.is(port.receive(), 0);
  }),
);

for (const [way, c] of Object.entries(ways))
  inside(
    `a link that goes down, comes up or goes away makes no port throw, ${way}`,
    [],
    withPair((pair) => {
      const port = pair.open();
      run("ip", "link", "set", "near", "down");
      assert.is(port.receive(), 0);
      assert.is(port.send(0, 1), 0);
      run("ip", "link", "set", "near", "up");
      pair.send(request);
      assert.is(port.receive(), 1);
      run("ip", "link", "set", "far", "down");
      assert.is(port.send(0, 1), 0, "no carrier");
      run("ip", "link", "delete", "near");
      assert.is(port.receive(), 0);
      assert.is(port.send(0, 1), 0);
      assert.throws(() => pair.open(), /Cannot bind a packet socket to near \(index \d+\): there is no such interface any more/);
      port.close();
      run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far");
    }, c()),
  );

for (const [way, c] of Object.entries(ways))
  inside(
    `what the kernel dropped for want of room is counted once, ${way}`,
    [],
    withPair((pair) => {
      const port = pair.open();
      const flood = 5000;
      for (let sent = 0; sent < flood; sent++) pair.send(request);
      let received = 0;
      for (let count = port.receive(); count > 0; count = port.receive()) received += count;
      assert.ok(received > 0 && received < flood, `${received} of ${flood} received`);
      assert.is(port.takeDrops(), flood - received);
      assert.is(port.takeDrops(), 0);
      port.close();
    }, c()),
  );

for (const [way, c] of Object.entries(ways))
  inside(
    `the watch goes on after the link was down, ${way}`,
    [],
    withPair(async (pair) => {
      let calls = 0;
      const watching = kernelWire(pair.libc, true);
      const port = watching.open(pair.program, pair.link, ARP.etherType, frameFilter(ARP), () => {
        calls++;
        port.receive();
      });
      const soon = () => new Promise((resolve) => setTimeout(resolve, 20));
      for (let flap = 0; flap < 3; flap++) {
        run("ip", "link", "set", "near", "down");
        await soon();
        run("ip", "link", "set", "near", "up");
        await soon();
        calls = 0;
        pair.send(request);
        await soon();
        assert.ok(calls > 0, `after ${flap + 1} flaps`);
        assert.ok(calls < 10, `${calls} calls for one frame`);
      }
      port.close();
    }, c()),
  );

/** Slots of whole frames; some that do not lie on words; and some that no ring has frames for. */
for (const [slots, slotBytes] of [
  [128, 2048],
  [4, 66],
  [2, 65536],
] as const) {
  const end = 65536 + 2 * slots * slotBytes;
  const globals = {
    SLOTS: slots,
    SLOT_BYTES: slotBytes,
    RX: 65536,
    TX: 65536 + slots * slotBytes,
    RX_DESCRIPTORS: 16384,
    TX_DESCRIPTORS: 32768,
  };
  inside(
    `${slots} slots of ${slotBytes} bytes are filled`,
    [],
    withPair(
      (pair) => {
        const port = pair.open();
        const frames = Array.from({ length: slots }, (_, at) => arpFrame({ trailingBytes: 1400 - at }));
        pair.send(...frames);
        assert.is(port.receive(), slots);
        assert.equal(
          pair.slots(slots),
          frames.map((frame) => Buffer.from(frame.subarray(0, slotBytes)).toString("hex")),
        );
        port.close();
      },
      libc(),
      programWith(globals, Math.ceil(end / 65536)),
    ),
  );
}

RECEIVE.run();
