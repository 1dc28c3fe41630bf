/** Herald as a bench contender: a process with the packet worker of a speaker, one packet program and its rows, and nothing else. */
import { startGuardedWorker, startPacketWorker } from "../../../packets/packet-worker.ts";
import type { PacketService } from "../../../packets/service.ts";
import { loadModule, loadWithFuel } from "../../../packets/wasm.ts";
import type { WireLink } from "../../../packets/wire.ts";
import { packRows } from "../../../sandbox/program/program-rows.ts";
import type { HeraldDriver } from "./contenders.ts";
import { families } from "./families.ts";
import type { Family } from "./family.ts";

export interface HeraldSetup {
  readonly family: Family["name"];
  readonly driver: HeraldDriver;
  readonly link: WireLink;
  readonly vips: number;
}

const EVERY_LINK = (1n << 64n) - 1n;

/** Answers until SIGTERM. */
export async function runHerald({ family: name, driver, link, vips }: HeraldSetup): Promise<void> {
  const family = families[name];
  // Draining rows answer like active ones but do not announce themselves: five rounds for each VIP would blur the figures.
  const rows = Array.from({ length: vips }, (_, vip) => ({ address: family.address(vip), links: [link.name], state: "draining" }) as const);
  const records = packRows(rows, () => link.id);
  const worker = await startWorker(family, driver, records);
  const { refused } = await worker.put(name, records);
  const failures = await worker.attach(name, [link]);
  const problem = failures[0]?.error ?? refused[0]?.reason;
  if (problem !== undefined) throw new Error(`Cannot answer for the bench: ${problem}`);
  process.stdout.write("ready\n");
  await new Promise((resolve) => process.once("SIGTERM", resolve));
  await worker.stop();
}

async function startWorker({ name, asked }: Family, driver: HeraldDriver, rows: Uint8Array): Promise<PacketService> {
  const onLost = (error: Error): never => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  };
  if (driver !== "guarded") {
    const worker = await startPacketWorker(onLost, { driver });
    await worker.addProgram(name, loadModule(name), asked, [1, 2]);
    return worker;
  }
  const worker = await startGuardedWorker(onLost);
  await worker.addProgram(name, loadWithFuel(name, { mostPages: 256 }), asked, [1, 2]);
  await worker.setRules(name, { frames: [{ isDenial: false, links: EVERY_LINK, ...asked }], hosts: [] });
  await worker.assign(name, rows, true);
  return worker;
}
