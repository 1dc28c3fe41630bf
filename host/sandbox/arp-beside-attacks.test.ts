/** Plugins that loop, flood and grow, each again as soon as it has been ended: meanwhile ARP answers every request, and the host stays as it is. */
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startPacketWorker } from "../packets/packet-worker.ts";
import { ROW_BYTES } from "../packets/program.ts";
import { loadModule } from "../packets/wasm.ts";
import { BenchHost } from "../workbench/bench/third-party/host.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { writeRow } from "../workbench/testing/program-station.ts";
import { VethPair } from "../workbench/testing/veth-pair.ts";

const BESIDE = suite("arp beside attacks");
const inside = insideTests(BESIDE, import.meta.url, { limitMs: 90_000 });
const VIP = "192.0.2.1";
/** One of each kind. */
const HOSTILE = 10;
const REQUESTS = 300;
const PAUSE_MS = 20;
/** What the host may come to hold more: queues and credits of ten plugins, and their modules. */
const MOST_GROWTH_BYTES = 200e6;

inside("every request is answered while plugins loop, flood and grow, and are ended and started again", [], async () => {
  const pair = new VethPair();
  const worker = await startPacketWorker(() => {});
  const host = new BenchHost("process");
  try {
    const row = new Uint8Array(ROW_BYTES);
    row.set(writeRow({ address: VIP, state: "draining" }));
    await worker.addProgram("arp", loadModule("arp"), { etherType: 0x0806 }, [1, 2]);
    await worker.attach("arp", [pair.link]);
    await worker.put("arp", row);
    const before = process.memoryUsage.rss();
    await host.harbor(HOSTILE);
    for (let asked = 0; asked < REQUESTS; asked++) {
      assert.equal(pair.ask(VIP, 3000), [pair.link.mac], `request ${asked}`);
      await wait(PAUSE_MS);
    }
    assert.is((await worker.statistics())["arp"]?.sent, REQUESTS);
    assert.ok(host.restarts >= 2, `${host.restarts} were ended and started again`);
    const growth = process.memoryUsage.rss() - before;
    assert.ok(growth < MOST_GROWTH_BYTES, `the host grew by ${Math.round(growth / 1e6)} MB`);
  } finally {
    await host.end();
    await worker.stop();
    pair.end();
  }
});

BESIDE.run();
