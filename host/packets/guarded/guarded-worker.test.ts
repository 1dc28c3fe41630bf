/**
 * Programs that nobody has read, in a worker of their own on real links: arp in its worker answers beside them, and nothing that they forge is
 * ever on the wire.
 */
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ipBatch, linkIndex } from "../../workbench/private-network.ts";
import { hostileProgram, LOOP_FOR_EVER, TRAP } from "../../workbench/testing/hostile-program.ts";
import { insideTests } from "../../workbench/testing/inside.ts";
import { arpFrame, CLIENT, type TestRow, writeRow } from "../../workbench/testing/program-station.ts";
import { until } from "../../workbench/testing/promises.ts";
import { VethPair } from "../../workbench/testing/veth-pair.ts";
import { constant } from "../../workbench/testing/wasm-bytes.ts";
import { openFrameTap } from "../frame-tap.ts";
import { libc } from "../libc.ts";
import { startGuardedWorker, startPacketWorker } from "../packet-worker.ts";
import { ROW_BYTES } from "../program.ts";
import type { Driver, GuardedService } from "../service.ts";
import { compileProgram, loadModule, type WasmModule } from "../wasm.ts";
import { GuardedPackets } from "./guarded-packets.ts";
import type { SendRules } from "./rules.ts";

const WORKER = suite("guarded worker");
const inside = insideTests(WORKER, import.meta.url);
const VIP = "192.0.2.1";
const GIVEN = "192.0.2.2";
const STOLEN = "192.0.2.77";
const ARP = { etherType: 0x0806 };
const RULES: SendRules = { frames: [{ isDenial: false, links: 1n, etherType: 0x0806 }], hosts: [] };
const ALWAYS = { nextTickMs: { type: "f64", value: 0, isMutable: true } } as const;

function records(...rows: readonly TestRow[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * ROW_BYTES);
  rows.forEach((row, at) => void bytes.set(writeRow(row), at * ROW_BYTES));
  return bytes;
}

function built(name: string): Uint8Array {
  return readFileSync(new URL(`../../../dist/wasm/${name}.wasm`, import.meta.url));
}

async function withGuarded(driver: Driver, call: (service: GuardedService, pair: VethPair) => Promise<void>): Promise<void> {
  const pair = new VethPair();
  const service = await startGuardedWorker(() => {}, { driver });
  try {
    await call(service, pair);
  } finally {
    await service.stop();
    pair.end();
  }
}

async function load(service: GuardedService, name: string, module: WasmModule, pair: VethPair): Promise<void> {
  await service.addProgram(name, module, ARP, [1, 2]);
  await service.setRules(name, RULES);
  await service.assign(name, records({ address: GIVEN }), true);
  assert.equal(await service.attach(name, [pair.link]), []);
}

function hostiles({ link: { mac } }: VethPair): Readonly<Record<string, WasmModule>> {
  const from = (senderAddress: string, source = mac) =>
    arpFrame({ source, senderMac: source, operation: 2, senderAddress, targetMac: CLIENT.mac, targetAddress: CLIENT.address });
  const tagged = Uint8Array.from([...from(STOLEN).subarray(0, 12), 0x81, 0, 0, 7, ...from(STOLEN).subarray(12)]);
  const forged = [from(STOLEN), from(VIP), from(GIVEN, "02:00:00:00:00:99"), tagged];
  return {
    loop: hostileProgram({ code: { process: LOOP_FOR_EVER } }),
    "busy-tick": hostileProgram({ code: { tick: LOOP_FOR_EVER }, globals: ALWAYS }),
    trap: hostileProgram({ code: { process: TRAP } }),
    thief: hostileProgram({ frames: forged }),
    "ticking-thief": hostileProgram({ frames: forged, code: { tick: constant("i32", 4) }, globals: ALWAYS }),
    flood: hostileProgram({
      frames: [from(GIVEN), from(GIVEN), from(GIVEN), from(GIVEN)],
      code: { tick: constant("i32", 4) },
      globals: ALWAYS,
    }),
    "too-much": hostileProgram({
      frames: [{ frame: from(GIVEN), length: 0xffff }],
      code: { process: constant("i32", -1), put: constant("i32", -1) },
    }),
    grower: hostileProgram({ code: { process: [...constant("i32", 1), 0x40, 0] } }),
  };
}

/** How often each sender address of ARP came out of the near end; other frames by their source and EtherType. */
function tapSenders(far: string, mac: string): { seen: Map<string, number>; close(): void } {
  const seen = new Map<string, number>();
  const tap = openFrameTap(libc(), { name: far, index: linkIndex(far) }, (frame) => {
    const source = Array.from(frame.subarray(6, 12), (byte) => byte.toString(16).padStart(2, "0")).join(":");
    if (source === CLIENT.mac) return;
    const isArp = source === mac && frame[12] === 0x08 && frame[13] === 0x06;
    const sender = isArp ? frame.subarray(28, 32).join(".") : `${source} ${frame[12]}.${frame[13]}`;
    seen.set(sender, (seen.get(sender) ?? 0) + 1);
  });
  const close = (): void => {
    tap.drain();
    tap.close();
  };
  return { seen, close };
}

/** Asks again where nothing was seen for a second; gives how often it asked. */
async function askUntilAnswered(pair: VethPair, isAnswered: () => boolean): Promise<number> {
  for (let requests = 1; ; requests++) {
    pair.send(arpFrame({ targetAddress: VIP }));
    const isSeen = await until(isAnswered, 1000).then(
      () => true,
      () => false,
    );
    if (isSeen) return requests;
    assert.ok(requests < 5, "five requests in a row had no answer");
  }
}

inside("beside hostile programs arp answers every request, and what they forge is not on the wire", [], () =>
  withGuarded("event-loop", async (service, pair) => {
    const arp = await startPacketWorker(() => {});
    const lost: string[] = [];
    service.onProgramLost((program) => void lost.push(program));
    const { seen, close } = tapSenders(pair.far, pair.link.mac);
    try {
      await arp.addProgram("arp", loadModule("arp"), ARP, [1, 2]);
      await arp.attach("arp", [pair.link]);
      await arp.put("arp", records({ address: VIP, state: "draining" }));
      // One that traps from the beginning may be put out by then.
      for (const [name, module] of Object.entries(hostiles(pair)))
        await load(service, name, module, pair).catch((error: Error) => assert.match(error.message, /busy-tick: it trapped 3 times/));
      let requests = 0;
      for (let answered = 0; answered < 100; answered++) requests += await askUntilAnswered(pair, () => (seen.get(VIP) ?? 0) > answered);
      // The flood may have filled our own queue while this process had no CPU: what is lost there is asked again, and is seldom.
      assert.ok(requests <= 105, `${requests} requests for 100 answers`);
      const sent = (await arp.statistics())["arp"]?.sent ?? 0;
      assert.ok(sent >= 100 && sent <= requests, `${sent} answers to ${requests} requests`);
      await until(() => {
        pair.send(arpFrame({ targetAddress: "192.0.2.99" }));
        return lost.length === 3;
      });
      assert.equal(lost.sort(), ["busy-tick", "loop", "trap"]);
      const { thief, grower } = await service.statistics();
      for (const drop of ["address", "source_mac", "tagged"]) assert.ok((thief?.drops[`guard_${drop}`] ?? 0) > 0, drop);
      assert.is(grower?.drops["guard_traps"], 0, "memory.grow gives -1");
    } finally {
      await arp.stop();
      close();
    }
    assert.equal([...seen.keys()].sort(), [VIP, GIVEN], "arp's answers, and what the flood was given to say");
    assert.ok((seen.get(VIP) ?? 0) >= 100, "an answer for each request");
  }),
);

for (const driver of ["poll", "event-loop"] as const) {
  inside(`${driver}: arp behind a guard answers and announces on a real link`, [], () =>
    withGuarded(driver, async (service, pair) => {
      await load(service, "arp", compileProgram(built("arp"), { mostPages: 256 }), pair);
      await service.put("arp", records({ address: GIVEN }));
      assert.ok(pair.receive(2000), "an announcement");
      assert.equal(pair.ask(GIVEN), [pair.link.mac]);
      await service.assign("arp", records({ address: GIVEN }), false);
      assert.equal(pair.ask(GIVEN, 50), []);
    }),
  );
}

inside("datagrams leave to whom it was granted", [], () =>
  withGuarded("event-loop", async (service) => {
    ipBatch(["link set lo up"]);
    await service.addProgram("echo", compileProgram(built("echo")), undefined, [1, 2]);
    const address = Uint8Array.from([...new Uint8Array(10), 255, 255, 127, 0, 0, 1]);
    await service.setRules("echo", { frames: [], hosts: [{ isDenial: false, first: address, last: address }] });
    const port = await service.openDatagrams("echo", 1, { address: "127.0.0.1", udpPort: 0 });
    const ask = async (from: string): Promise<string[]> => {
      const heard: string[] = [];
      const socket = createSocket("udp4").on("message", (bytes) => heard.push(bytes.toString()));
      await new Promise<void>((resolve) => socket.bind(0, from, resolve));
      socket.setTTL(255);
      socket.send("hello", port, "127.0.0.1");
      await until(() => heard.length > 0, 200).catch(() => {});
      socket.close();
      return heard;
    };
    assert.equal(await ask("127.0.0.1"), ["hello"]);
    assert.equal(await ask("127.0.0.2"), []);
    assert.is((await service.statistics())["echo"]?.drops["guard_destination"], 1);
  }),
);

inside("the worker is there as long as somebody needs it, and comes last", [], async () => {
  const packets = new GuardedPackets(() => startGuardedWorker(() => {}));
  const [first, second] = [await packets.lease(), await packets.lease()];
  assert.is(first.service, second.service);
  assert.ok(niceValues().includes(10), niceValues().join());
  await first.release();
  await first.release();
  assert.is(second.service.problem, undefined);
  await second.release();
  assert.match(second.service.problem ?? "", /has stopped/);
  const third = await packets.lease();
  assert.is.not(third.service, first.service);
  assert.is(third.service.problem, undefined);
  await third.release();
});

/** Of this process's threads: field 19 of `/proc/PID/stat`, proc(5). */
function niceValues(): number[] {
  const field = 19 - 3;
  return readdirSync("/proc/self/task").map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[field]);
  });
}

WORKER.run();
