/** What a real link lets in while a program listens on it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ipBatch, run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { VethPair } from "../workbench/testing/veth-pair.ts";
import { EventLoopDriver } from "./drivers.ts";
import { PacketEngine } from "./engine.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import { loadModule } from "./wasm.ts";
import type { Reception } from "./wire.ts";

const RECEPTION = suite("reception");
const inside = insideTests(RECEPTION, import.meta.url);

/** How many ask for it: all multicast, everything. */
function countsOf(link: string): [allMulticast: number, promiscuous: number] {
  const [shown] = JSON.parse(run("ip", "-json", "-details", "link", "show", link)) as { promiscuity: number; allmulti?: number }[];
  return [shown?.allmulti ?? Number.NaN, shown?.promiscuity ?? Number.NaN];
}

inside("a link lets in all multicast, or everything, as long as a program on it wants that", [], () => {
  const pair = new VethPair();
  ipBatch([`link set ${pair.far} up`, "link set near up"]);
  const engine: PacketEngine = new PacketEngine(kernelWire(libc(), true), () => driver.schedule());
  const driver = new EventLoopDriver(engine, () => {});
  try {
    engine.addProgram("arp", loadModule("arp"), { etherType: 0x0806 }, [1, 2]);
    const attach = (reception?: Reception) =>
      assert.equal(engine.attach("arp", [{ ...pair.link, ...(reception === undefined ? {} : { reception }) }]), []);
    attach();
    assert.equal(countsOf("near"), [0, 0]);
    attach("all-multicast");
    assert.equal(countsOf("near"), [1, 0]);
    attach("promiscuous");
    assert.equal(countsOf("near"), [0, 1]);
    attach();
    assert.equal(countsOf("near"), [0, 0]);
    attach("all-multicast");
    engine.attach("arp", []);
    assert.equal(countsOf("near"), [0, 0]);
  } finally {
    driver.stop();
    engine.close();
    pair.end();
  }
});

RECEPTION.run();
