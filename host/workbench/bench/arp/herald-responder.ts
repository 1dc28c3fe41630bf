/** Herald as a bench contender: a process with the packet worker of a speaker, the ARP program and its rows, and nothing else. */
import { startGuardedWorker, startPacketWorker } from "../../../packets/packet-worker.ts";
import type { PacketService } from "../../../packets/service.ts";
import { loadModule, loadWithFuel } from "../../../packets/wasm.ts";
import type { WireLink } from "../../../packets/wire.ts";
import { packRows } from "../../../sandbox/program/program-rows.ts";
import { vipAddress } from "./frames.ts";
import type { HeraldDriver } from "./responders.ts";

export interface HeraldSetup {
  readonly driver: HeraldDriver;
  readonly link: WireLink;
  readonly vips: number;
}

const ARP = { etherType: 0x0806 };

/** Answers until SIGTERM. */
export async function runHerald({ driver, link, vips }: HeraldSetup): Promise<void> {
  // Draining rows answer like active ones but do not announce themselves: five rounds for each VIP would blur the figures.
  const rows = Array.from({ length: vips }, (_, vip) => ({ address: vipAddress(vip), links: [link.name], state: "draining" }) as const);
  const records = packRows(rows, () => link.id);
  const worker = await startWorker(driver, records);
  const { refused } = await worker.put("arp", records);
  const failures = await worker.attach("arp", [link]);
  const problem = failures[0]?.error ?? refused[0]?.reason;
  if (problem !== undefined) throw new Error(`Cannot answer for the bench: ${problem}`);
  process.stdout.write("ready\n");
  await new Promise((resolve) => process.once("SIGTERM", resolve));
  await worker.stop();
}

async function startWorker(driver: HeraldDriver, rows: Uint8Array): Promise<PacketService> {
  const onLost = (error: Error): never => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  };
  if (driver !== "guarded") {
    const worker = await startPacketWorker(onLost, { driver });
    await worker.addProgram("arp", loadModule("arp"), ARP, [1, 2]);
    return worker;
  }
  const worker = await startGuardedWorker(onLost);
  await worker.addProgram("arp", loadWithFuel("arp", { mostPages: 256 }), ARP, [1, 2]);
  await worker.setRules("arp", { frames: [{ isDenial: false, links: (1n << 64n) - 1n, ...ARP }], hosts: [] });
  await worker.assign("arp", rows, true);
  return worker;
}
