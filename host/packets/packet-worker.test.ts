/** The packet worker on real links, by both drivers: answers, updates, several links, links that come back, and what it may not do. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ipBatch } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { arpFrame, readArp, type TestRow, writeRow } from "../workbench/testing/program-station.ts";
import { until } from "../workbench/testing/promises.ts";
import { tool } from "../workbench/testing/requirements.ts";
import { VethPair } from "../workbench/testing/veth-pair.ts";
import { libc } from "./libc.ts";
import { kernelLinks } from "./links.ts";
import { startPacketWorker } from "./packet-worker.ts";
import { ROW_BYTES } from "./program.ts";
import type { Driver, PacketService } from "./service.ts";
import { loadModule } from "./wasm.ts";

const WORKER = suite("packet worker");
const inside = insideTests(WORKER, import.meta.url);
const VIP = "192.0.2.1";
const ARP = { etherType: 0x0806 };
const drivers: readonly Driver[] = ["poll", "event-loop"];
const call = promisify(execFile);

function records(...rows: readonly TestRow[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * ROW_BYTES);
  rows.forEach((row, at) => void bytes.set(writeRow(row), at * ROW_BYTES));
  return bytes;
}

/** Without bursts, which would be in the way. */
const quiet = (address: string, links?: bigint): TestRow => ({ address, state: "draining", ...(links === undefined ? {} : { links }) });

function inEachWay(
  name: string,
  body: (service: PacketService, pair: VethPair) => Promise<void>,
  needs: Parameters<typeof inside>[1] = [],
): void {
  for (const driver of drivers) {
    inside(`${driver}: ${name}`, needs, async () => {
      const lost: Error[] = [];
      const pair = new VethPair();
      const service = await startPacketWorker((error) => void lost.push(error), { driver });
      try {
        await service.addProgram("arp", loadModule("arp"), ARP, [1, 2]);
        assert.equal(await service.attach("arp", [pair.link]), []);
        await body(service, pair);
      } finally {
        await service.stop();
        pair.end();
      }
      assert.equal(lost, []);
    });
  }
}

inEachWay(
  "arping gets exactly one reply a request, from the link's MAC",
  async (service, pair) => {
    await service.put("arp", records(quiet(VIP)));
    const { stdout } = await call("arping", ["-C", "5", "-c", "5", "-W", "0.05", "-S", "192.0.2.200", "-I", pair.far, VIP]);
    const replies = stdout.split("\n").filter((line) => line.includes("bytes from"));
    assert.is(replies.length, 5, stdout);
    assert.ok(
      replies.every((line) => line.includes(`from ${pair.link.mac} (${VIP})`)),
      stdout,
    );
    const { arp } = await service.statistics();
    assert.is(arp?.sent, 5);
    await assertSilent("192.0.2.99", pair);
  },
  [tool("arping")],
);

/** arping fails where nothing answered. */
async function assertSilent(address: string, pair: VethPair): Promise<void> {
  const asked = call("arping", ["-c", "2", "-W", "0.05", "-S", "192.0.2.200", "-I", pair.far, address]);
  const outcome = await asked.then(
    ({ stdout }) => stdout,
    (error: { code: number }) => error.code,
  );
  assert.is(outcome, 1);
}

inEachWay("rows are announced five times, 1.1 s apart", async (service, pair) => {
  await service.put("arp", records({ address: VIP }));
  const times: number[] = [];
  const { mac } = pair.link;
  for (let frame = pair.receive(500); frame !== undefined; frame = pair.receive(times.length < 10 ? 1500 : 100)) {
    times.push(performance.now());
    assert.equal([readArp(frame)["senderAddress"], readArp(frame)["senderMac"]], [VIP, mac]);
  }
  assert.is(times.length, 10);
  for (let at = 2; at < 10; at += 2) {
    const gap = (times[at] as number) - (times[at - 2] as number);
    assert.ok(gap > 1000 && gap < 1300, `${gap} ms between rounds`);
  }
});

inEachWay("an update is in force within 2 ms, also under load", async (service, pair) => {
  const times: number[] = [];
  const unknown = arpFrame({ targetAddress: "192.0.2.99" });
  for (let round = 0; round < 40; round++) {
    for (let load = 0; load < 200; load++) pair.send(unknown);
    const startedMs = performance.now();
    await service.put("arp", records(quiet(VIP, round % 2 === 0 ? 1n : 2n)));
    times.push(performance.now() - startedMs);
    assert.is(pair.ask(VIP, round % 2 === 0 ? 500 : 20).length, round % 2 === 0 ? 1 : 0);
  }
  times.sort((left, right) => left - right);
  assert.ok((times[20] as number) < 2, `median ${times[20]} ms`);
});

inEachWay("several links each have their answers", async (service, pair) => {
  const second = new VethPair("second", 9);
  assert.equal(await service.attach("arp", [pair.link, second.link]), []);
  await service.put("arp", records(quiet(VIP), quiet("192.0.2.2", 1n << 9n)));
  assert.equal(pair.ask(VIP), [pair.link.mac]);
  assert.equal(second.ask(VIP), [second.link.mac]);
  assert.equal(pair.ask("192.0.2.2", 30), []);
  assert.equal(second.ask("192.0.2.2"), [second.link.mac]);
  assert.equal(await service.attach("arp", [second.link]), []);
  assert.equal(pair.ask(VIP, 30), []);
  assert.equal(second.ask(VIP), [second.link.mac]);
  second.end();
});

inEachWay("a link that is made anew answers and is announced within a second", async (service, pair) => {
  await service.put("arp", records({ address: VIP }));
  const links = kernelLinks(libc());
  links.watch(
    (list) =>
      void service.attach(
        "arp",
        list.filter(({ name }) => name === pair.link.name),
      ),
  );
  try {
    const { index } = pair.link;
    pair.remake();
    const startedMs = performance.now();
    assert.is.not(pair.link.index, index);
    const heard: number[] = [];
    await until(() => {
      for (let frame = pair.receive(0); frame !== undefined; frame = pair.receive(0)) heard.push(Number(readArp(frame)["operation"]));
      return heard.length >= 2;
    });
    assert.equal(heard, [1, 2]);
    assert.equal(pair.ask(VIP), [pair.link.mac]);
    assert.ok(performance.now() - startedMs < 1000);
  } finally {
    links.close();
  }
});

inEachWay("a link that flaps answers as soon as it is up again, and a link without Herald knowing does too", async (service, pair) => {
  await service.put("arp", records(quiet(VIP)));
  for (let flap = 0; flap < 3; flap++) {
    ipBatch(["link set near down", "link set near up"]);
    assert.equal(pair.ask(VIP), [pair.link.mac], `flap ${flap + 1}`);
  }
});

inEachWay("a link that is not there is refused by name, and the others are attached", async (service, pair) => {
  await service.put("arp", records(quiet(VIP)));
  const absent = { id: 3, name: "eth77", index: 7777, mac: "02:00:00:00:00:77", up: true };
  assert.equal(await service.attach("arp", [absent, pair.link]), [
    { link: "eth77", error: "Cannot bind a packet socket to eth77 (index 7777): there is no such interface any more" },
  ]);
  assert.equal(pair.ask(VIP), [pair.link.mac]);
});

inside("without CAP_NET_RAW there is one clear line, and nothing else", [tool("setpriv", "util-linux")], async () => {
  const script = `
    import { libc } from ${JSON.stringify(new URL("./libc.ts", import.meta.url).href)};
    import { checkPacketSockets } from ${JSON.stringify(new URL("./sockets.ts", import.meta.url).href)};
    import { kernelLinks } from ${JSON.stringify(new URL("./links.ts", import.meta.url).href)};
    kernelLinks(libc()).close();
    try {
      checkPacketSockets(libc());
    } catch (error) {
      console.log(error.message);
    }`;
  const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
  const { stdout } = await call("setpriv", ["--bounding-set=-net_raw", "--inh-caps=-net_raw", ...node]);
  assert.is(
    stdout,
    "Cannot open a packet socket: the capability CAP_NET_RAW is missing; run as root, or give it with systemd AmbientCapabilities=CAP_NET_RAW or a container's securityContext.capabilities.add [NET_RAW]\n",
  );
});

WORKER.run();
