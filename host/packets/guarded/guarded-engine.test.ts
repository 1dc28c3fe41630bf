/** Programs that nobody has read, in the guarded engine on the in-memory wire: what they may do they do, the rest stops with them. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { soundParts } from "../../workbench/testing/abi-module.ts";
import { type HostileParts, hostileProgram, LOOP_FOR_EVER, TRAP, trapOnTwo } from "../../workbench/testing/hostile-program.ts";
import { arpFrame, readArp, type TestRow, writeRow } from "../../workbench/testing/program-station.ts";
import { constant } from "../../workbench/testing/wasm-bytes.ts";
import { endpointText, toEndpoint } from "../datagram-options.ts";
import { memoryWire } from "../memory-wire.ts";
import { ROW_BYTES } from "../program.ts";
import { compileProgram, loadModule } from "../wasm.ts";
import type { WireLink } from "../wire.ts";
import { GuardedEngine } from "./guarded-engine.ts";
import type { FrameRule, SendRules } from "./rules.ts";

const ENGINE = suite("guarded engine");
const VIP = "192.0.2.1";
const MAC = "02:00:00:00:00:02";
const ARP = { etherType: 0x0806 };
const eth0: WireLink = { id: 0, name: "eth0", index: 7, mac: MAC, up: true };
const eth1: WireLink = { id: 5, name: "eth1", index: 8, mac: "02:00:00:00:00:03", up: true };
const rule: FrameRule = { isDenial: false, links: 0b100001n, etherType: 0x0806 };
const RULES: SendRules = { frames: [rule], hosts: [] };
const own = arpFrame({ source: MAC, senderMac: MAC, senderAddress: VIP, targetAddress: VIP });
const forged = arpFrame({ source: MAC, senderMac: MAC, senderAddress: "192.0.2.77", targetAddress: "192.0.2.77" });
const request = arpFrame({ targetAddress: VIP });

function records(...rows: readonly TestRow[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * ROW_BYTES);
  rows.forEach((row, at) => void bytes.set(writeRow(row), at * ROW_BYTES));
  return bytes;
}

function start() {
  const segment = memoryWire();
  const engine = new GuardedEngine(segment);
  const sent: string[] = [];
  segment.onFrame((frame, link) => {
    const { senderAddress, operation } = readArp(frame);
    sent.push(`${link} ${senderAddress} ${operation}`);
  });
  const load = (name: string, module: Parameters<GuardedEngine["addProgram"]>[1]): void => {
    engine.addProgram(name, module, ARP, [1, 2]);
    engine.setRules(name, RULES);
    engine.assign(name, records({ address: VIP }), true);
    engine.attach(name, [eth0]);
  };
  return {
    ...{ engine, segment, load },
    hostile: (parts: HostileParts) => load("hostile", hostileProgram(parts)),
    take: () => sent.splice(0),
    drops: () => engine.statistics()["hostile"]?.drops ?? {},
  };
}

function arpWithFuel(): Parameters<GuardedEngine["addProgram"]>[1] {
  return compileProgram(readFileSync(new URL("../../../dist/wasm/arp.wasm", import.meta.url)), { mostPages: 256 });
}

ENGINE("arp behind a guard answers and announces as it does without", () => {
  const { engine, segment, load, take } = start();
  load("arp", arpWithFuel());
  assert.equal(engine.put("arp", records({ address: VIP })), { ids: Int32Array.of(0), refused: [] });
  engine.turn(0);
  assert.equal(take(), [`eth0 ${VIP} 1`, `eth0 ${VIP} 2`]);
  for (let asked = 0; asked < 130; asked++) segment.transmit(request);
  engine.turn(1);
  assert.equal(new Set(take()), new Set([`eth0 ${VIP} 2`]));
  assert.equal(engine.counters("arp", Int32Array.of(0)), [{ answered: 130, unanswered: 0, announced: 2, conflicts: 0 }]);
  assert.ok(engine.program("arp")?.isAnswering(0));
  engine.remove("arp", records({ address: VIP }));
  segment.transmit(request);
  engine.turn(2);
  assert.equal(take(), []);
});

ENGINE("arp may not answer for an address that is not assigned any more", () => {
  const { engine, segment, load, take } = start();
  load("arp", arpWithFuel());
  engine.put("arp", records({ address: VIP, state: "draining" }));
  engine.assign("arp", records({ address: VIP }), false);
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), []);
  assert.is(engine.statistics()["arp"]?.drops["guard_address"], 1);
});

ENGINE("what may not leave is dropped, and what may leaves from between it", () => {
  const { engine, segment, hostile, take, drops } = start();
  const otherMac = arpFrame({ source: "02:00:00:00:00:99", senderMac: "02:00:00:00:00:99", senderAddress: VIP });
  hostile({ frames: [forged, own, otherMac, { frame: own, link: 9 }] });
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), [`eth0 ${VIP} 1`]);
  assert.equal([drops()["guard_address"], drops()["guard_source_mac"], drops()["guard_ether_type"]], [1, 1, 1]);
});

ENGINE("without rules nothing leaves", () => {
  const { engine, segment, hostile, take } = start();
  hostile({ frames: [own] });
  engine.setRules("hostile", { frames: [], hosts: [] });
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), []);
});

ENGINE("a length is that of the slot at the most, and what the guard saw is what is sent", () => {
  const { engine, segment, hostile, take, drops } = start();
  hostile({
    frames: [
      { frame: own, length: 0xffff },
      { frame: own, length: 3 },
    ],
  });
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), [`eth0 ${VIP} 1`]);
  assert.is(drops()["guard_truncated"], 1);
});

for (const [name, code] of Object.entries({ "an endless loop": LOOP_FOR_EVER, "a trap": TRAP })) {
  ENGINE(`${name} costs an instance, and the third within a minute the program`, () => {
    const { engine, segment, hostile, load, take, drops } = start();
    load("arp", arpWithFuel());
    engine.put("arp", records({ address: VIP, state: "draining" }));
    hostile({ code: { process: code } });
    for (let round = 1; round <= 2; round++) {
      segment.transmit(request);
      engine.turn(round);
      assert.equal(engine.takeLosses(), []);
      assert.equal([drops()["guard_traps"], drops()["guard_missed"]], [round, round]);
    }
    segment.transmit(request);
    engine.turn(3);
    const [loss] = engine.takeLosses();
    assert.is(loss?.program, "hostile");
    assert.match(loss?.reason ?? "", /^it trapped 3 times within a minute, last: (it took too many steps|unreachable) in process$/);
    assert.equal(engine.takeLosses(), []);
    assert.is(take().length, 3, "arp answered all the while");
    assert.is(segment.openPorts, 1, "its ports are closed");
    assert.throws(() => engine.put("hostile", records({ address: VIP })), /Cannot use packet program hostile: it trapped 3 times/);
    assert.throws(() => engine.attach("hostile", [eth0]), /it trapped 3 times/);
    engine.remove("hostile", records({ address: VIP }));
    engine.removeProgram("hostile");
    hostile({ frames: [own] });
    segment.transmit(request);
    engine.turn(4);
    assert.is(take().length, 2, "it may be loaded anew");
  });
}

for (const [name, call] of Object.entries<(engine: GuardedEngine) => unknown>({
  tick: (engine) => engine.turn(1000),
  put: (engine) => engine.put("hostile", records({ address: VIP })),
  setLink: (engine) => engine.attach("hostile", [eth0, eth1]),
})) {
  ENGINE(`an endless ${name} ends with the program`, () => {
    const { engine, hostile } = start();
    hostile({ code: { [name]: LOOP_FOR_EVER }, globals: { nextTickMs: { type: "f64", value: 0, isMutable: true } } });
    const losses = [];
    for (let round = 0; round < 5 && losses.length === 0; round++) {
      if (engine.program("hostile") !== undefined) call(engine);
      engine.turn(2000 + round * 10);
      losses.push(...engine.takeLosses());
    }
    assert.match(losses[0]?.reason ?? "", /it took too many steps/);
  });
}

ENGINE("a put that fails refuses the row", () => {
  const { engine, hostile } = start();
  hostile({ code: { put: TRAP } });
  assert.equal(engine.put("hostile", records({ address: VIP })).refused, [{ at: 0, reason: "program_failed" }]);
});

ENGINE("a put that gives nonsense refuses the row", () => {
  const { engine, hostile } = start();
  hostile({ code: { put: constant("i32", 41) } });
  assert.equal(engine.put("hostile", records({ address: VIP })).refused, [{ at: 0, reason: "not_a_row_of_the_table" }]);
});

ENGINE("a program that cannot be set up is not loaded", () => {
  const { engine, hostile } = start();
  assert.throws(() => hostile({ code: { setup: LOOP_FOR_EVER } }), /^Cannot set up packet program hostile: it took too many steps$/);
  hostile({ frames: [own] });
  assert.ok(engine.program("hostile"));
});

ENGINE("a new instance is told links and rows again", () => {
  const { engine, segment, hostile, take, drops } = start();
  // Row 0 answers once it was put; links are counted.
  const put = [...constant("i32", 8192), ...constant("i32", 1), 0x3a, 0, 0, ...constant("i32", 0)];
  const count = [...constant("i32", 6144), ...constant("i32", 6144), 0x28, 0, 0, ...constant("i32", 1), 0x6a, 0x36, 0, 0];
  hostile({
    frames: [own],
    code: { process: trapOnTwo(1), put, setLink: count },
    globals: { "Drop.Links": { type: "i32", value: 0 } },
  });
  engine.attach("hostile", [eth0, eth1]);
  engine.put("hostile", records({ address: VIP }));
  assert.ok(engine.program("hostile")?.isAnswering(0));
  segment.transmit(request);
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), []);
  assert.is(drops()["guard_traps"], 2, "on each link");
  segment.transmit(request, "eth1");
  engine.turn(1);
  // What it says on one link it hears on the other, and says it again.
  assert.equal(new Set(take()), new Set([`eth0 ${VIP} 1`]));
  assert.ok(engine.program("hostile")?.isAnswering(0));
  assert.is(drops()["links"], 2, "both, once each");
});

ENGINE("more is not sent than came in, and some more", () => {
  const { engine, hostile, drops } = start();
  hostile({ frames: [own, own, own, own] });
  const program = engine.program("hostile");
  let sent = 0;
  for (let batch = 0; batch < 6000; batch++) sent += program?.process(0, 1, 1000) ?? 0;
  assert.ok(sent >= 16_384 && sent <= 16_384 + 6000, `${sent} frames`);
  assert.is(drops()["guard_flood"], 24_000 - sent);
  assert.is(program?.process(0, 1, 1001), 4, "ten are saved up in a millisecond");
});

ENGINE("a program that always wants to tick does so once a millisecond", () => {
  const { engine, hostile } = start();
  hostile({ globals: { nextTickMs: { type: "f64", value: 0, isMutable: true } } });
  assert.not(engine.turn(5), "nothing is left to do at once");
  assert.is(engine.nextTickMs, 6);
});

ENGINE("a program that only works is left alone for a while", () => {
  const { engine, hostile, drops } = start();
  // Rounds that cost nearly what a call may.
  const busy = [
    0x03,
    0x40,
    0x20,
    1,
    ...constant("i32", 1),
    0x6a,
    0x22,
    1,
    ...constant("i32", 20_000),
    0x48,
    0x0d,
    0,
    0x0b,
    ...constant("i32", 0),
  ];
  hostile({ code: { process: busy } });
  const program = engine.program("hostile");
  const { now } = performance;
  const nowMs = performance.now();
  performance.now = () => nowMs;
  try {
    for (let calls = 0; calls < 5000; calls++) program?.process(0, 1, 0);
  } finally {
    performance.now = now;
  }
  const missed = drops()["guard_missed"] ?? 0;
  assert.ok(missed > 500 && missed < 4500, `${missed} of 5000 calls`);
  assert.is(drops()["guard_traps"], 0);
});

ENGINE("events are told as long as there are few", () => {
  const { engine, segment, hostile } = start();
  // Each call writes four events more.
  const at = Object.keys(soundParts.globals).indexOf("eventsWritten");
  hostile({ code: { process: [0x23, at, ...constant("i32", 4), 0x6a, 0x24, at, ...constant("i32", 0)] } });
  let told = 0;
  for (let round = 0; round < 100; round++) {
    segment.transmit(request);
    engine.turn(round);
    told += engine.takeEvents().length;
  }
  assert.ok(told >= 100 && told < 150, `${told} events`);
});

ENGINE("globals of another type break nothing", () => {
  const { engine, segment, hostile } = start();
  const i64 = (value: number) => ({ type: "i64", value, isMutable: true }) as const;
  hostile({ frames: [own], globals: { nextTickMs: i64(7), eventsWritten: i64(0), rowCount: i64(3) } });
  segment.transmit(request);
  engine.turn(10);
  assert.ok(engine.nextTickMs > 0);
  assert.equal([engine.takeEvents(), engine.takeStates(), engine.takeReports(), engine.takeLateness()], [[], [], [], undefined]);
  assert.is(engine.statistics()["hostile"]?.rows, 0);
});

for (const [global, value, says] of [
  ["SLOTS", 129, "found SLOTS 129, expected at most 128"],
  ["SLOT_BYTES", 2049, "found SLOT_BYTES 2049, expected at most 2048"],
  ["RX", 65_529, "found RX at 65529"],
  ["TX", 2 ** 31 - 8, "found TX at 2147483640"],
  ["Drop.Ä", 1, 'found the name "Drop.Ä"'],
] as const) {
  ENGINE(`${global} ${value} is refused`, () => {
    const { hostile } = start();
    const fits = global === "SLOTS" ? { SLOT_BYTES: { type: "i32", value: 8 } as const } : {};
    assert.throws(
      () => hostile({ globals: { ...fits, [global]: { type: "i32", value } } }),
      (error: Error) => error.message.includes(says),
    );
  });
}

ENGINE("datagrams go where it was granted, and nowhere else", () => {
  const segment = memoryWire();
  const engine = new GuardedEngine(segment);
  const echo = compileProgram(readFileSync(new URL("../../../dist/wasm/echo.wasm", import.meta.url)));
  engine.addProgram("echo", echo, undefined, [1, 2]);
  const mapped = (text: string) =>
    Uint8Array.from([...new Uint8Array(10), 255, 255, ...toEndpoint({ address: text, udpPort: 0 }).address.subarray(0, 4)]);
  engine.setRules("echo", { frames: [], hosts: [{ isDenial: false, first: mapped("192.0.2.8"), last: mapped("192.0.2.15") }] });
  const udpPort = engine.openDatagrams("echo", 1, { address: "192.0.2.1", udpPort: 0 });
  const heard: string[] = [];
  const ask = (address: string) => {
    const peer = segment.datagrams.join({ address, udpPort: 0 }, ({ from }) => heard.push(`${address} from ${endpointText(from)}`));
    peer.send(Buffer.from("?"), { address: "192.0.2.1", udpPort }, 255);
  };
  for (const address of ["192.0.2.9", "192.0.2.16", "192.0.2.7"]) ask(address);
  engine.turn(0);
  assert.equal(heard, [`192.0.2.9 from 192.0.2.1:${udpPort}`]);
  assert.is(engine.statistics()["echo"]?.drops["guard_destination"], 2);
});

ENGINE("a main thread that is silent has its programs silent", () => {
  const { engine, segment, hostile, take } = start();
  hostile({ frames: [own] });
  engine.followMain(true);
  segment.transmit(request);
  engine.turn(0);
  assert.equal(take(), []);
  engine.followMain(false);
  segment.transmit(request);
  engine.turn(1);
  assert.is(take().length, 1);
});

ENGINE("a module without fuel is no program of others", () => {
  const { engine } = start();
  assert.throws(() => engine.addProgram("arp", loadModule("arp"), ARP, [1, 2]), /^Cannot load packet program arp: found no fuel in it$/);
});

ENGINE.run();
