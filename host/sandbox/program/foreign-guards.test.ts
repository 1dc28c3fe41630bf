/** A plugin that is not built in, by its packet program and by frames of its own: it sends what it was granted, of addresses that it was given. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Announcer, Context, Permission, Refusal } from "../../announcer.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { memoryFrames } from "../../packets/frame-socket.ts";
import { GuardedPackets } from "../../packets/guarded/guarded-packets.ts";
import { memoryLinks } from "../../packets/links.ts";
import { localGuardedService, localService } from "../../packets/local-service.ts";
import { memoryWire } from "../../packets/memory-wire.ts";
import { hostileBytes, LOOP_FOR_EVER } from "../../workbench/testing/hostile-program.ts";
import { testLink } from "../../workbench/testing/links.ts";
import { recordedLog } from "../../workbench/testing/log.ts";
import { arpFrame, readArp } from "../../workbench/testing/program-station.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import type { HostedPlugin } from "../hosted.ts";
import { type PluginHost, type RunningPlugin, startPlugin } from "../start-plugin.ts";

const FOREIGN = suite("foreign guards");
const VIP = "192.0.2.1";
const OTHER = "192.0.2.77";
const ETH0 = testLink("eth0");
const ARP: Permission = { kind: "frame", link: "*", etherType: 0x0806 };
const echo = readFileSync(new URL("../../../dist/wasm/echo.wasm", import.meta.url));
const request = arpFrame({ targetAddress: VIP });
const announcing = (senderAddress: string, mac = ETH0.mac) =>
  arpFrame({ source: mac, senderMac: mac, senderAddress, targetAddress: senderAddress });
const row = (vip: string): Announcement => ({ vip, family: 4, links: null, services: [], attributes: {} });

function stage(program: Uint8Array | undefined, permissions: readonly Permission[] = [ARP]) {
  const segment = memoryWire();
  const guarded = new GuardedPackets(async () => localGuardedService(segment));
  const lost: string[] = [];
  const { log, lines } = recordedLog();
  const links = memoryLinks([ETH0]);
  const host: PluginHost = {
    ...{ node: "a", packets: localService(segment), guardedPackets: () => guarded.lease() },
    ...{ links, frames: memoryFrames(segment), log, metrics: createMetrics() },
    operator: { decide: async () => ({ granted: permissions, missing: [], denied: [], deny: [], via: new Map() }), hint: () => "" },
  };
  const sent: string[] = [];
  segment.onFrame((frame) => void sent.push(String(readArp(frame)["senderAddress"])));
  const start = async (make: (context: Context) => Partial<Announcer>): Promise<RunningPlugin> => {
    const plugin: HostedPlugin = {
      ...{ name: "foreign", api: 1, from: "owner", serves: { kind: "Advertisement", families: [4] }, config: {}, example: {} },
      ...(program && { program: "./program.wasm" }),
      permissions: () => permissions,
      start: async (context) => ({ apply: async () => [], stop: async () => {}, ...make(context) }),
      foreign: { specifier: "./foreign.ts", pin: "sha256-x", ...(program && { program }), onLost: () => () => {}, close: async () => {} },
    };
    const running = await startPlugin(plugin, {}, host);
    running.onLost(({ message }) => void lost.push(message));
    return running;
  };
  return { segment, start, sent, lost, lines, links };
}

/** Puts what it is told, and what it is not. */
const putting =
  (more: readonly string[] = []) =>
  ({ program }: Context): Partial<Announcer> => ({
    async apply({ added, removed }) {
      await program.attach(["eth0"]);
      await program.remove(removed.map(({ vip }) => vip));
      return await program.put([...added.map(({ vip }) => vip), ...more].map((address) => ({ address, links: null, state: "active" })));
    },
  });

const none = { added: [], changed: [], removed: [] };

FOREIGN("a packet program says what it was given to say, and no other address", async () => {
  const { segment, start, sent } = stage(
    hostileBytes({ frames: [announcing(VIP), announcing(OTHER), announcing(VIP, "02:00:00:00:00:99")] }),
  );
  const plugin = await start(putting());
  assert.equal(await plugin.announcer.apply({ ...none, added: [row(VIP)] }), []);
  segment.transmit(request);
  await until(() => sent.length > 0);
  assert.equal(sent.splice(0), [VIP]);
  await plugin.announcer.apply({ ...none, removed: [row(VIP)] });
  segment.transmit(request);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(sent, [], "it is not assigned any more");
  await plugin.close();
  assert.is(segment.openPorts, 0);
});

FOREIGN("a row of an address that is not assigned is refused", async () => {
  const { start } = stage(hostileBytes({}));
  const plugin = await start(putting([OTHER]));
  const refusals: readonly Refusal[] = await plugin.announcer.apply({ ...none, added: [row(VIP)] });
  assert.equal(refusals, [{ vip: OTHER, reason: "it is not assigned to this plugin now" }]);
  await plugin.close();
});

FOREIGN("links that are not there take no ids from others, however many are named", async () => {
  const { start, links } = stage(hostileBytes({}));
  const names = Array.from({ length: 200 }, (_, at) => `none${at}`);
  const plugin = await start(({ program }) => ({
    async apply({ added }) {
      await program.attach(["eth0", ...names]);
      return await program.put(added.map(({ vip }) => ({ address: vip, links: ["eth0", ...names], state: "active" })));
    },
  }));
  assert.equal(await plugin.announcer.apply({ ...none, added: [row(VIP)] }), []);
  assert.ok(links.id("eth1") >= 0);
  await plugin.close();
});

FOREIGN("a program that fails is told of, and its plugin's calls say so", async () => {
  const { segment, start, lost, lines } = stage(hostileBytes({ code: { process: LOOP_FOR_EVER } }));
  const plugin = await start(putting());
  await plugin.announcer.apply({ ...none, added: [row(VIP)] });
  for (let round = 0; round < 3; round++) {
    segment.transmit(request);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await until(() => lost.length > 0);
  assert.equal(lost, ["Its packet program was put out: it trapped 3 times within a minute, last: it took too many steps in process"]);
  assert.match(JSON.stringify(lines), /Packet program was put out/);
  await rejects(plugin.announcer.apply({ ...none, added: [row(VIP)] }), /Cannot use packet program foreign: it trapped 3 times/);
  await plugin.close();
  assert.is(segment.openPorts, 0);
});

FOREIGN("a program that may not run stops its plugin's start, with the reason", async () => {
  await rejects(
    stage(Buffer.from("no")).start(putting()),
    /Cannot start plugin "foreign": Cannot run the packet program: it is no valid WebAssembly module/,
  );
  const { start } = stage(echo, [{ ...ARP, sourceMac: "02:*:01:*" } as Permission]);
  await rejects(start(putting()), /Cannot start plugin "foreign": Cannot guard the source MACs/);
});

FOREIGN("frames of a plugin's own are looked at as those of programs", async () => {
  const { start, sent } = stage(undefined);
  let send: (frame: Uint8Array) => void = () => {};
  const plugin = await start((context) => ({
    async apply() {
      const socket = await context.frames.open({ link: "eth0", etherType: 0x0806 });
      send = (frame) => socket.send(frame);
      send(announcing(VIP));
      return [];
    },
  }));
  await plugin.announcer.apply({ ...none, added: [row(VIP)] });
  assert.throws(
    () => send(announcing(OTHER)),
    /^Cannot send a frame on eth0: found an address in it that is not assigned to the plugin now$/,
  );
  await plugin.announcer.apply({ ...none, added: [row(OTHER)], removed: [row(VIP)] }).catch(() => {});
  send(announcing(OTHER));
  assert.throws(() => send(announcing(VIP)), /not assigned/);
  assert.equal(sent, [VIP, VIP, OTHER]);
  await plugin.close();
});

FOREIGN.run();
