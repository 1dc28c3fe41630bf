/** The self-test on a real segment: rows of the real packet programs ask, and kernels of other hosts answer, or do not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventLoopDriver } from "../packets/drivers.ts";
import { PacketEngine } from "../packets/engine.ts";
import { kernelWire } from "../packets/kernel-wire.ts";
import { libc } from "../packets/libc.ts";
import { AddressRow, Row } from "../packets/row-layout.ts";
import { loadModule } from "../packets/wasm.ts";
import { clock } from "../roles/clock.ts";
import { packRows } from "../sandbox/program/program-rows.ts";
import { ipBatch, linkIndex, run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { until } from "../workbench/testing/promises.ts";
import { type AskPort, askVip } from "./ask-vip.ts";
import type { ForeignAnswer } from "./conflicts.ts";
import { SelfTest } from "./self-test.ts";

const LIVE = suite("self-test, live");
const inside = insideTests(LIVE, import.meta.url);

const VIPS = { arp: "192.0.2.10", ndp: "2001:db8::10" } as const;
const OURS = "02:00:00:00:00:01";
const OWNER = "02:00:00:00:00:0a";
const PATIENCE_MS = 30_000;

type Program = keyof typeof VIPS;

/** `near` is ours; in namespace `owner` a kernel has the VIPs. */
function makeNetwork(): void {
  run("ip", "netns", "add", "owner");
  run("ip", "link", "add", "near", "address", OURS, "type", "veth", "peer", "name", "eth0", "address", OWNER, "netns", "owner");
  run("ip", "link", "set", "near", "up");
  ipBatch(["link set eth0 up", `address add ${VIPS.arp}/24 dev eth0`, `address add ${VIPS.ndp}/64 dev eth0 nodad`], "-n", "owner");
}

/** Rows on standby in an engine of this thread, each with its own count of asks. */
function askPort(engine: PacketEngine): AskPort {
  const asks = new Map<string, number>();
  const recordOf = (vip: string) => packRows([{ address: vip, links: null, state: "standby" }], () => 0);
  const put = (program: string, vip: string): number => {
    const record = recordOf(vip);
    new DataView(record.buffer).setUint32(AddressRow.askSerial, asks.get(vip) ?? 0, true);
    assert.is(record.length, Row.bytes);
    return engine.program(program)?.put(record) ?? -1;
  };
  return {
    async ask(program, vip) {
      asks.set(vip, (asks.get(vip) ?? 0) + 1);
      return put(program, vip) >= 0;
    },
    claim: async (program, vip) => engine.program(program)?.hearing.claimOf(put(program, vip)),
  };
}

inside("an owner that answers is well; one that falls silent is told of, for both families", [], async () => {
  makeNetwork();
  const engine: PacketEngine = new PacketEngine(kernelWire(libc(), true), () => driver.schedule());
  const driver = new EventLoopDriver(engine, () => {});
  const link = { id: 0, name: "near", index: linkIndex("near"), mac: OURS, up: true };
  engine.addProgram("arp", loadModule("arp"), { etherType: 0x0806 }, [1, 2]);
  engine.addProgram("ndp", loadModule("ndp"), { etherType: 0x86dd, ipProtocol: 58 }, [3, 4]);
  for (const program of ["arp", "ndp"]) assert.equal(engine.attach(program, [link]), []);
  const { log, lines } = recordedLog();
  const warnings: string[] = [];
  const foreign: ForeignAnswer[] = [];
  const counts: string[] = [];
  const programOf = (vip: string): Program => (vip === VIPS.arp ? "arp" : "ndp");
  const inner = askPort(engine);
  const port: AskPort = {
    async ask(...args) {
      const isAsked = await inner.ask(...args);
      driver.wake();
      return isAsked;
    },
    claim: inner.claim,
  };
  const ask = (vip: string) => askVip({ port, programOf, linkName: () => "near", clock }, vip);
  try {
    for (const vip of Object.values(VIPS)) assert.equal(await ask(vip), { mac: OWNER, link: "near" }, vip);
    const selfTest = new SelfTest({
      vips: () => Object.values(VIPS).map((vip) => ({ vip, group: VIPS.arp, owner: "node-a", askers: 0.01 })),
      ...{ ask, log, clock, random: () => 0 },
      isAlive: () => true,
      speakers: { nodeOf: (mac) => (mac === OWNER ? "node-a" : undefined), knows: () => true },
      conflicts: { hearAnswer: (answer) => void foreign.push(answer) },
      warn: (vip, reason) => void warnings.push(`${vip} ${reason}`),
      metrics: { count: (name) => void counts.push(name) },
    });
    try {
      await until(() => counts.length >= 4, PATIENCE_MS);
      assert.equal([warnings, foreign, lines], [[], [], []]);
      ipBatch([`address delete ${VIPS.arp}/24 dev eth0`, `address delete ${VIPS.ndp}/64 dev eth0`], "-n", "owner");
      await until(() => warnings.length === 2, PATIENCE_MS);
      assert.equal(
        [...warnings].sort(),
        Object.values(VIPS).map((vip) => `${vip} ownerSilent`),
      );
    } finally {
      selfTest.close();
    }
  } finally {
    driver.stop();
    engine.close();
  }
});

LIVE.run();
