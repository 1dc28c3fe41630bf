/** The engine with the ARP program on the in-memory wire: turns, timers, muting, counts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ANSWER, ARP, answering, eth0, eth1, MAC, records, request, start, VIP } from "../workbench/testing/engine-stage.ts";
import { solicit } from "../workbench/testing/ndp-frames.ts";
import { arpFrame, readArp } from "../workbench/testing/program-station.ts";
import { throwsError } from "../workbench/testing/throws-error.ts";
import { PacketEngine } from "./engine.ts";
import { localService } from "./local-service.ts";
import { type MemorySegment, memoryWire } from "./memory-wire.ts";
import { loadModule } from "./wasm.ts";
import type { Wire } from "./wire.ts";

const ENGINE = suite("packet engine");

ENGINE("program() is the running program of a name", () => {
  const { engine } = answering();
  assert.ok(engine.program("arp")?.isAnswering(0));
  assert.is(engine.program("ndp"), undefined);
  engine.removeProgram("arp");
  assert.is(engine.program("arp"), undefined);
});

ENGINE("ICMPv6 of other types than the program names never reaches it", () => {
  const segment = memoryWire();
  const engine = new PacketEngine(segment);
  engine.addProgram("ndp", loadModule("ndp"), { etherType: 0x86dd, ipProtocol: 58 }, [1, 2]);
  engine.attach("ndp", [eth0]);
  const typed = (type: number) => solicit("2001:db8::1").map((byte, at) => (at === 54 ? type : byte));
  for (const type of [128, 129, 130, 133, 134, 137, 143]) segment.transmit(typed(type));
  engine.turn(0);
  assert.is(engine.statistics()["ndp"]?.received, 0);
  for (const type of [135, 136]) segment.transmit(typed(type));
  engine.turn(1);
  assert.is(engine.statistics()["ndp"]?.received, 2);
});

ENGINE("a turn answers what came in, on the link where it came", () => {
  const { engine, segment, take, readable, statistics } = answering();
  engine.attach("arp", [eth0, eth1]);
  segment.transmit(request);
  assert.is(readable(), 2, "two ports became readable");
  assert.not(engine.turn(0));
  assert.equal(take(), [`eth0 ${VIP} 2`, `eth1 ${VIP} 2`]);
  segment.transmit(arpFrame({ targetAddress: VIP, destination: eth1.mac }));
  engine.turn(0);
  assert.equal(take(), [`eth1 ${VIP} 2`]);
  assert.is(statistics()?.received, 3);
  assert.is(statistics()?.sent, 3);
});

ENGINE("a turn without frames receives nothing; all ports are asked when told so", () => {
  const { engine, segment, take } = answering();
  segment.transmit(request);
  engine.turn(0);
  take();
  engine.turn(0);
  engine.turn(0, true);
  assert.equal(take(), []);
});

ENGINE("put() says which rows were refused and why, remove() forgets", () => {
  const { engine, statistics } = start();
  const { ids, refused } = engine.put(
    "arp",
    records({ address: VIP }, { address: VIP, family: 6 }, { address: "192.0.2.2" }, { address: VIP, state: 9 }),
  );
  assert.equal([...ids], [0, -1, 1, -1]);
  assert.equal(refused, [
    { at: 1, reason: "family" },
    { at: 3, reason: "state" },
  ]);
  assert.is(statistics()?.rows, 2);
  engine.remove("arp", records({ address: VIP }, { address: "192.0.2.77" }));
  assert.is(statistics()?.rows, 1);
});

ENGINE("what the network does not take is counted", () => {
  const segment = memoryWire();
  const { engine, take, statistics } = answering({ ...segment, open: (...args) => ({ ...segment.open(...args), send: () => 0 }) });
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), []);
  assert.equal([statistics()?.sent, statistics()?.unsent], [0, 1]);
});

ENGINE("how long each batch took is kept, and of turns without frames nothing", () => {
  const { engine, segment, statistics } = answering();
  for (let turns = 3; turns > 0; turns--) {
    segment.transmit(request);
    engine.turn(0);
    engine.turn(0, true);
  }
  const { counts, sum } = statistics()?.batchSeconds ?? { counts: [], sum: 0 };
  assert.is(
    counts.reduce((total, count) => total + count, 0),
    3,
  );
  assert.ok(sum > 0 && sum < 30, `${sum} s`);
});

ENGINE("while it is muted nothing is answered or announced, and what arrives is thrown away", () => {
  const { engine, segment, take, statistics } = answering();
  engine.isMuted = true;
  segment.transmit(request);
  engine.put("arp", records({ address: "192.0.2.2" }));
  engine.turn(0);
  assert.equal(take(), []);
  assert.is(statistics()?.received, 1);
  engine.isMuted = false;
  engine.turn(1);
  assert.equal(take(), []);
  segment.transmit(request);
  engine.turn(2);
  assert.equal(take(), [ANSWER]);
});

ENGINE("a flood on one link leaves the others and the timers their share", () => {
  const { engine, segment, take, statistics } = answering();
  engine.attach("arp", [eth0, eth1]);
  for (let count = 0; count < 1000; count++) segment.transmit(arpFrame({ targetAddress: VIP, destination: MAC }));
  segment.transmit(arpFrame({ targetAddress: VIP, destination: eth1.mac }));
  engine.put("arp", records({ address: "192.0.2.2" }));
  assert.ok(engine.turn(0), "there is more");
  const first = take();
  assert.ok(first.includes(`eth1 ${VIP} 2`) && first.includes("eth1 192.0.2.2 1"));
  assert.is(first.filter((line) => line === ANSWER).length, 512);
  assert.not(engine.turn(0));
  assert.is(statistics()?.received, 1001 + 4, "each link heard the other's announcements");
});

ENGINE("frames that found no room are counted, also those of a port that was closed since", () => {
  const { engine, segment, statistics } = answering();
  for (let count = 0; count < 1030; count++) segment.transmit(request);
  assert.is(statistics()?.drops["kernel_queue_full"], 6);
  segment.transmit(request);
  engine.attach("arp", []);
  assert.is(statistics()?.drops["kernel_queue_full"], 7);
});

ENGINE("events and counters of rows come out", () => {
  const { engine, segment } = answering();
  segment.transmit(request);
  segment.transmit(arpFrame({ senderMac: "02:00:00:00:00:66", senderAddress: VIP }));
  engine.turn(17);
  const [{ program, event }, ...more] = engine.takeEvents() as [ReturnType<typeof engine.takeEvents>[number]];
  assert.equal([program, event.kind, event.link, event.atMs, more.length], ["arp", 1, 0, 17, 0]);
  assert.equal(engine.takeEvents(), []);
  assert.equal(engine.counters("arp", Int32Array.of(0)), [{ answered: 1, unanswered: 0, announced: 0, conflicts: 1 }]);
});

ENGINE("a program is loaded once, and forgotten with its ports", () => {
  const { engine, segment } = answering();
  throwsError(() => engine.addProgram("arp", loadModule("arp"), ARP, [1, 2]), "Cannot load packet program arp: it is loaded already");
  engine.removeProgram("arp");
  engine.removeProgram("arp");
  assert.is(segment.openPorts, 0);
  throwsError(() => engine.attach("arp", [eth0]), "Cannot use packet program arp: it is not loaded; loaded are none");
  assert.equal(engine.statistics(), {});
});

ENGINE("close() closes every port", () => {
  const { engine, segment, take } = answering();
  engine.close();
  assert.is(segment.openPorts, 0);
  segment.transmit(request);
  assert.not(engine.turn(0, true));
  assert.equal(take(), []);
});

/** The wire of a segment on which no port sends while another one does. */
function unnested(segment: MemorySegment): Wire {
  let sending = 0;
  return {
    ...segment,
    open(...args) {
      const port = segment.open(...args);
      const send = (from: number, to: number): number => {
        assert.is(sending++, 0, "a port sends while another one does");
        const count = port.send(from, to);
        sending--;
        return count;
      };
      return { ...port, send };
    },
  };
}

ENGINE("two services on one segment that hear each other do not call into each other", async () => {
  const segment = memoryWire();
  const wire = unnested(segment);
  const seen: string[] = [];
  segment.onFrame((frame, link) => void seen.push(`${link} ${readArp(frame)["operation"]}`));
  const idle = () => new Promise((resolve) => setTimeout(resolve, 20));
  const services = [1, 2].map((host) => {
    const link = { id: 0, name: `host${host}`, index: 1, mac: `02:00:00:00:00:0${host}`, up: true };
    return { service: localService(wire), link };
  });
  for (const { service, link } of services) {
    await service.addProgram("arp", loadModule("arp"), ARP, [1, 2]);
    await service.attach("arp", [link]);
    await service.put("arp", records({ address: VIP }));
  }
  await idle();
  assert.equal(seen.splice(0), ["host1 1", "host1 2", "host2 1", "host2 2"], "each announced one round, and nobody answered");
  const conflicts = await Promise.all(services.map(async ({ service }) => (await service.counters("arp", Int32Array.of(0)))[0]?.conflicts));
  assert.equal(conflicts, [2, 0], "the second was not there yet when the first announced");
  segment.transmit(arpFrame({ targetAddress: VIP }));
  await idle();
  assert.equal(seen, ["host1 2", "host2 2"]);
  for (const { service } of services) await service.stop();
  assert.is(segment.openPorts, 0);
});

ENGINE.run();
