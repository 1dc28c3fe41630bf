/** Ports that follow links, in an engine with the ARP program on the in-memory wire. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ANSWER, answering, eth0, eth1, ROUND, records, request, start, VIP } from "../workbench/testing/engine-stage.ts";
import { arpFrame } from "../workbench/testing/program-station.ts";
import { memoryWire } from "./memory-wire.ts";
import type { Wire, WireLink } from "./wire.ts";

const PORTS = suite("frame ports");

PORTS("a link that is attached without frames is known, and no more", () => {
  const { engine, segment, take } = answering();
  engine.attach("arp", [{ ...eth0, frames: false }]);
  assert.is(segment.openPorts, 0);
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), []);
  engine.attach("arp", [eth0]);
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), [ANSWER]);
});

PORTS("attach() opens and closes ports until they are those of exactly these links", () => {
  const { engine, segment, take, statistics } = answering();
  assert.is(segment.openPorts, 1);
  engine.attach("arp", [eth1]);
  assert.is(segment.openPorts, 1);
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), [`eth1 ${VIP} 2`]);
  engine.attach("arp", []);
  assert.is(segment.openPorts, 0);
  engine.put("arp", records({ address: "192.0.2.2" }));
  engine.turn(0);
  assert.is(statistics()?.unsent, 0, "nothing is announced on links that were taken away");
});

PORTS("a link that changes its MAC hears requests to the new one", () => {
  const { engine, segment, take } = answering();
  const renewed = { ...eth0, mac: "02:00:00:00:00:99" };
  engine.attach("arp", [renewed]);
  for (const destination of [eth0.mac, renewed.mac]) segment.transmit(arpFrame({ targetAddress: VIP, destination }));
  engine.turn(0);
  assert.equal(take(), [ANSWER]);
});

PORTS("a link that is down has no port, and gets one when it comes up", () => {
  const { engine, segment, take } = answering();
  engine.attach("arp", [{ ...eth0, up: false }]);
  assert.is(segment.openPorts, 0);
  segment.transmit(request);
  engine.turn(0, true);
  assert.equal(take(), []);
  engine.attach("arp", [eth0]);
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), [ANSWER]);
});

PORTS("a link that came up, changed its MAC or its index is announced on again; one that is the same is not", () => {
  const { engine, take } = start();
  const settle = (): string[] => {
    let nowMs = 0;
    for (engine.turn(nowMs); engine.nextTickMs !== Infinity; engine.turn(nowMs)) nowMs = engine.nextTickMs;
    return take();
  };
  const five = (link: string) => Array.from({ length: 5 }, () => ROUND(link)).flat();
  engine.put("arp", records({ address: VIP }));
  assert.is(settle().length, 0, "no link, nowhere to announce");
  const steps: readonly [WireLink[], string[]][] = [
    [[eth0], five("eth0")],
    [[eth0], []],
    [[{ ...eth0, mac: "02:00:00:00:00:99" }], five("eth0")],
    [[{ ...eth0, mac: "02:00:00:00:00:99", index: 70 }], five("eth0")],
    [[{ ...eth0, mac: "02:00:00:00:00:99", index: 70, up: false }], []],
    [[{ ...eth0, mac: "02:00:00:00:00:99", index: 70 }], five("eth0")],
    [[{ ...eth0, mac: "02:00:00:00:00:99", index: 70 }, eth1], five("eth1")],
    [[], []],
    [[eth1], five("eth1")],
  ];
  for (const [links, expected] of steps) {
    assert.equal(engine.attach("arp", links), []);
    assert.equal(settle(), expected, JSON.stringify(links));
  }
});

PORTS("a link that cannot be opened is named, the others are opened, and it is announced on once it can", () => {
  const segment = memoryWire();
  let isBroken = true;
  const wire = {
    ...segment,
    open: (...args: Parameters<Wire["open"]>) => {
      if (isBroken && args[1].name === "eth0") throw new Error("Cannot open eth0");
      return segment.open(...args);
    },
  };
  const { engine, take } = start(wire);
  engine.put("arp", records({ address: VIP }));
  assert.equal(engine.attach("arp", [eth0, eth1]), [{ link: "eth0", error: "Cannot open eth0" }]);
  engine.turn(0);
  assert.equal(take(), ROUND("eth1"));
  isBroken = false;
  assert.equal(engine.attach("arp", [eth0, eth1]), []);
  engine.turn(0);
  assert.ok(take().join().includes(ROUND("eth0").join()));
});

PORTS.run();
