/** How the packet worker ends: stopped in every state, left behind by its process, crashed, stuck, or with a main that fell silent. */
import { spawn } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { soundParts, writeProgram } from "../workbench/testing/abi-module.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { arpFrame, writeRow } from "../workbench/testing/program-station.ts";
import { rejects, until } from "../workbench/testing/promises.ts";
import { VethPair } from "../workbench/testing/veth-pair.ts";
import { startPacketWorker } from "./packet-worker.ts";
import type { Driver, PacketService } from "./service.ts";
import { BEAT_INTERVAL_MS } from "./switchboard.ts";
import { loadModule } from "./wasm.ts";

const END = suite("packet worker's end");
const inside = insideTests(END, import.meta.url);
const VIP = "192.0.2.1";
const ARP = { etherType: 0x0806 };
const drivers: readonly Driver[] = ["poll", "event-loop"];
/** For tests of silence, which else takes 10 s. */
const BEAT_MS = 50;
const UNREACHABLE = 0x00;
/** `loop br 0 end`, and a result that is never given. */
const FOR_EVER = [0x03, 0x40, 0x0c, 0x00, 0x0b, 0x41, 0x00];

async function startArp(driver: Driver, pair: VethPair, lost: Error[] = [], beatMs = BEAT_INTERVAL_MS): Promise<PacketService> {
  const service = await startPacketWorker((error) => void lost.push(error), { driver, beatMs });
  await service.addProgram("arp", loadModule("arp"), ARP, [1, 2]);
  assert.equal(await service.attach("arp", [pair.link]), []);
  await service.put("arp", writeRow({ address: VIP, state: "draining" }));
  assert.is(pair.ask(VIP).length, 1);
  return service;
}

/** A program that does this at its first tick, which is at once. */
function misbehaving(code: readonly number[]): WebAssembly.Module {
  const globals = { ...soundParts.globals, nextTickMs: { type: "f64", value: 0, isMutable: true } } as const;
  const tick = { params: ["f64"], result: "i32", code } as const;
  return new WebAssembly.Module(writeProgram({ globals, functions: { ...soundParts.functions, tick } }));
}

function inEachWay(name: string, body: (driver: Driver, pair: VethPair) => Promise<void>): void {
  for (const driver of drivers) {
    inside(`${driver}: ${name}`, [], async () => {
      const pair = new VethPair();
      try {
        await body(driver, pair);
      } finally {
        pair.end();
      }
    });
  }
}

inEachWay("stop() when it is idle, twice, and once more", async (driver, pair) => {
  const lost: Error[] = [];
  const listeners = process.listenerCount("exit");
  const service = await startArp(driver, pair, lost);
  const startedMs = performance.now();
  await Promise.all([service.stop(), service.stop()]);
  await service.stop();
  assert.ok(performance.now() - startedMs < 1000, "it was not terminated");
  assert.equal(pair.ask(VIP, 30), []);
  await rejects(service.statistics(), /Cannot call statistics: The packet worker has stopped/);
  assert.equal(lost, []);
  assert.is(process.listenerCount("exit"), listeners, "no listener is left");
});

inEachWay("stop() under a flood", async (driver, pair) => {
  const service = await startArp(driver, pair);
  const request = arpFrame({ targetAddress: VIP });
  const flood = setInterval(() => {
    for (let count = 0; count < 2000; count++) pair.send(request);
  }, 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const startedMs = performance.now();
  await service.stop();
  clearInterval(flood);
  assert.ok(performance.now() - startedMs < 1500);
});

inEachWay("stop() with calls under way settles every one of them", async (driver, pair) => {
  const service = await startArp(driver, pair);
  const rows = new Uint8Array(65_536 * 64);
  for (let at = 0; at < 65_536; at++) rows.set(writeRow({ address: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}` }), at * 64);
  const calls = [service.put("arp", rows), service.statistics(), service.attach("arp", [])].map((call) =>
    call.then(
      () => "done",
      () => "refused",
    ),
  );
  await service.stop();
  const outcomes = await Promise.all(calls);
  assert.ok(outcomes.every((outcome) => outcome === "done" || outcome === "refused"));
});

inEachWay("a crash is told once; calls before and after it fail, and stop() still works", async (driver, pair) => {
  const lost: Error[] = [];
  const service = await startArp(driver, pair, lost);
  await service.addProgram("crash", misbehaving([UNREACHABLE]), undefined, [1, 2]).catch(() => {});
  await until(() => lost.length > 0);
  await rejects(service.statistics(), /Cannot call statistics: unreachable/);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(
    lost.map(({ message }) => message),
    ["unreachable"],
  );
  assert.equal(pair.ask(VIP, 30), []);
  await service.stop();
});

inEachWay("a worker that is stuck is told of, and stopped all the same", async (driver, pair) => {
  const lost: Error[] = [];
  const service = await startArp(driver, pair, lost, BEAT_MS);
  service.addProgram("stuck", misbehaving(FOR_EVER), undefined, [1, 2]).catch(() => {});
  await until(() => lost.length > 0);
  assert.match(lost[0]?.message ?? "", "The packet worker fell silent: nothing is answered any more");
  assert.is(service.problem, lost[0]?.message);
  await service.stop();
  assert.is(lost.length, 1);
});

inEachWay("a main that falls silent is answered for no more, until it is back", async (driver, pair) => {
  const lost: Error[] = [];
  const service = await startArp(driver, pair, lost, BEAT_MS);
  const answered: boolean[] = [];
  // This thread gives no beat while it loops, and is its own client.
  for (const endMs = performance.now() + 15 * BEAT_MS; performance.now() < endMs; ) answered.push(pair.ask(VIP, 10).length === 1);
  // On a busy machine an answer may come too late to be seen, so no single one decides.
  assert.ok(answered.slice(0, 10).includes(true), "a moment's silence does not matter");
  assert.not(answered.slice(-10).includes(true), "it falls silent and stays so");
  await until(() => pair.ask(VIP, 10).length === 1);
  assert.equal(lost, [], "the worker was there all the time");
  await service.stop();
});

/** What a speaker may do to its worker without stopping it. */
const endings: Readonly<Record<string, { code: string; exit: number | string }>> = {
  "process.exit()": { code: "process.exit(3)", exit: 3 },
  "an uncaught error": { code: "setTimeout(() => { throw new Error('on purpose') })", exit: 1 },
  "SIGTERM with a handler": { code: "process.on('SIGTERM', () => process.exit(5)); process.kill(process.pid, 'SIGTERM')", exit: 5 },
  "SIGTERM without one": { code: "process.kill(process.pid, 'SIGTERM')", exit: "SIGTERM" },
  "stop() as the last thing": { code: "await service.stop()", exit: 0 },
};

function runScript(driver: Driver, code: string): Promise<number | string | null> {
  const url = JSON.stringify(new URL("./packet-worker.ts", import.meta.url).href);
  const script = `import { startPacketWorker } from ${url}; const start = () => startPacketWorker(() => process.exit(9), { driver: "${driver}" }); ${code}`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { stdio: "ignore" });
  const timer = setTimeout(() => child.kill("SIGKILL"), 8000);
  return new Promise((resolve) => {
    child.once("exit", (exit, signal) => {
      clearTimeout(timer);
      resolve(exit ?? signal);
    });
  });
}

for (const driver of drivers) {
  for (const [name, { code, exit }] of Object.entries(endings)) {
    inside(`${driver}: ${name} ends the process`, [], async () => {
      assert.is(await runScript(driver, `const service = await start(); ${code}`), exit);
    });
  }
  inside(`${driver}: process.exit() while the worker starts ends the process`, [], async () => {
    for (const delayMs of [0, 3, 5, 8, 12, 30, 60])
      assert.is(await runScript(driver, `start(); setTimeout(() => process.exit(4), ${delayMs})`), 4);
  });
}

END.run();
