/** Herald as a bench contender: a process with the packet worker of a speaker, the ARP program and its rows, and nothing else. */
import { startPacketWorker } from "../../packets/packet-worker.ts";
import type { Driver } from "../../packets/service.ts";
import { loadModule } from "../../packets/wasm.ts";
import type { WireLink } from "../../packets/wire.ts";
import { packRows } from "../../sandbox/program-rows.ts";
import { vipAddress } from "./arp-frames.ts";

export interface HeraldSetup {
  readonly driver: Driver;
  readonly link: WireLink;
  readonly vips: number;
}

/** Answers until SIGTERM. */
export async function runHerald({ driver, link, vips }: HeraldSetup): Promise<void> {
  const worker = await startPacketWorker(driver, (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  await worker.addProgram("arp", loadModule("arp"), { etherType: 0x0806 }, [1, 2]);
  // Draining rows answer like active ones but do not announce themselves: five rounds for each VIP would blur the figures.
  const rows = Array.from({ length: vips }, (_, vip) => ({ address: vipAddress(vip), links: [link.name], state: "draining" }) as const);
  const { refused } = await worker.put(
    "arp",
    packRows(rows, () => link.id),
  );
  const failures = await worker.attach("arp", [link]);
  const problem = failures[0]?.error ?? refused[0]?.reason;
  if (problem !== undefined) throw new Error(`Cannot answer for the bench: ${problem}`);
  process.stdout.write("ready\n");
  await new Promise((resolve) => process.once("SIGTERM", resolve));
  await worker.stop();
}
