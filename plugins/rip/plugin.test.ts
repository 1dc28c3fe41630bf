/** The plugin on a host in memory: what it tells, when, and to whom. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createTestHost, type TestHost, type UdpPeer } from "../../host/workbench/authoring/testing.ts";
import type { RipConfig } from "./config.ts";
import plugin from "./plugin.ts";
import { announce } from "./test-stage.ts";

const rip = suite("rip");

const LINKS = [
  { name: "eth0", mac: "02:00:00:00:00:00", addresses: ["192.0.2.1/24", "fe80::1/64"] },
  { name: "eth1", mac: "02:00:00:00:00:01", addresses: ["203.0.113.1/24", "fe80::2/64"] },
];
const EVERYONE = { address: "192.0.2.1", port: 520 };

async function start(config: RipConfig = { interfaces: ["eth0"] }, links = LINKS.slice(0, 1)): Promise<TestHost> {
  const host = await createTestHost(plugin, { config, links, secrets: { key: "night-and-day" } });
  await host.pass(0);
  return host;
}

/** Of each RIPv2 message since then, `198.51.100.1/32 1` of each route, with its metric. */
function told(host: TestHost, from = 0, to = "224.0.0.9"): string[][] {
  return host.udp.sent
    .slice(from)
    .filter((sent) => sent.to.address === to)
    .map(({ bytes }) => routes(bytes));
}

function routes(bytes: Uint8Array): string[] {
  const found: string[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 4; at < bytes.length; at += 20) found.push(`${bytes.subarray(at + 4, at + 8).join(".")} ${view.getUint32(at + 16)}`);
  return found;
}

function neighbor(host: TestHost): UdpPeer {
  return host.udp.peer("192.0.2.254", 520);
}

const request = (entries: string) => Uint8Array.from(Buffer.from(`01020000${entries}`.replaceAll(" ", ""), "hex"));
const ALL = request(`0000 0000 ${"00".repeat(12)} 00000010`);

rip("nothing to tell is not told", async () => {
  const host = await start();
  await host.pass(300_000);
  assert.equal(host.udp.sent, []);
  await host.close();
});

rip("all routes are told every 30 s, give or take 5", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"), announce("198.51.100.2", { metric: 3 }));
  const times: number[] = [];
  for (let second = 1; second <= 600; second++) {
    const before = host.udp.sent.length;
    await host.pass(1000);
    if (host.udp.sent.length > before) times.push(second);
  }
  const pauses = times.slice(1).map((time, at) => time - (times[at] as number));
  assert.ok(pauses.length >= 17 && pauses.length <= 23, `${pauses}`);
  assert.ok(pauses.every((pause) => pause >= 24 && pause <= 36) && new Set(pauses).size > 2, `${pauses}`);
  for (const message of told(host)) assert.equal(message, ["198.51.100.1 1", "198.51.100.2 3"]);
  await host.close();
});

rip("a change is told at once, further ones together 1 to 5 s later", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  assert.equal(told(host), [["198.51.100.1 1"]]);
  await host.announce(announce("198.51.100.2"));
  await host.announce(announce("198.51.100.3"));
  await host.pass(900);
  assert.is(told(host).length, 1);
  await host.pass(4200);
  assert.equal(told(host, 1), [["198.51.100.2 1", "198.51.100.3 1"]]);
  await host.close();
});

rip("what has gone is told at once with metric 16, for two minutes, and no longer", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"), announce("198.51.100.2"));
  await host.pass(10_000);
  const before = host.udp.sent.length;
  await host.withdraw("198.51.100.1");
  assert.equal(told(host, before), [["198.51.100.1 16"]]);
  await host.pass(115_000);
  const again = told(host, before + 1);
  assert.ok(again.length >= 3 && again.every((message) => message.includes("198.51.100.1 16")), JSON.stringify(again));
  await host.pass(45_000);
  assert.equal(told(host).at(-1), ["198.51.100.2 1"]);
  await host.close();
});

rip("what is withdrawn and announced again has its metric again", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  await host.withdraw("198.51.100.1");
  await host.announce(announce("198.51.100.1"));
  await host.pass(6000);
  assert.equal(told(host).at(-1), ["198.51.100.1 1"]);
  await host.close();
});

rip("addresses of one prefix are one route with the best metric, as long as one is there", async () => {
  const host = await start();
  const wide = (metric: number) => ({ aggregationLength: 24, metric });
  await host.announce(announce("198.51.100.1", wide(5)), announce("198.51.100.2", wide(2)));
  await host.pass(6000);
  await host.withdraw("198.51.100.2");
  await host.pass(6000);
  await host.withdraw("198.51.100.1");
  assert.equal(told(host), [["198.51.100.0 2"], ["198.51.100.0 5"], ["198.51.100.0 16"]]);
  await host.close();
});

rip("a router that asks is answered: with all, or with what it asked for", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  const router = neighbor(host);
  router.send(ALL, EVERYONE);
  router.send(request(`0002 0000 c6336402 ffffffff ${"00".repeat(8)} 0002 0000 c6336401 ffffffff ${"00".repeat(8)}`), EVERYONE);
  await host.pass(0);
  assert.equal(
    router.received.map(({ bytes }) => routes(bytes)),
    [["198.51.100.1 1"], ["198.51.100.2 16", "198.51.100.1 1"]],
  );
  await host.close();
});

rip("who asks from another port is not answered, and nobody more than ten times a second", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  const other = host.udp.peer("192.0.2.253", 5200);
  other.send(ALL, EVERYONE);
  const router = neighbor(host);
  for (let count = 0; count < 50; count++) router.send(ALL, EVERYONE);
  await host.pass(0);
  assert.is(other.received.length, 0);
  assert.is(router.received.length, 10);
  await host.pass(1000);
  router.send(ALL, EVERYONE);
  await host.pass(0);
  assert.is(router.received.length, 11);
  await host.close();
});

rip("a route is told on its links alone, and gone where it is on them no more", async () => {
  const host = await start({}, LINKS);
  await host.announce({ ...announce("198.51.100.1"), links: ["eth0"] }, announce("198.51.100.2"));
  assert.equal(told(host), [["198.51.100.1 1", "198.51.100.2 1"], ["198.51.100.2 1"]]);
  await host.pass(6000);
  await host.announce({ ...announce("198.51.100.1"), links: ["eth1"] });
  assert.equal(told(host, 2), [["198.51.100.1 16"], ["198.51.100.1 1"]]);
  await host.close();
});

rip("IPv6 is told by RIPng", async () => {
  const host = await start();
  await host.announce(announce("2001:db8::1", { metric: 4 }));
  assert.equal(
    host.udp.sent.map(({ bytes, to }) => [to, Buffer.from(bytes).toString("hex")]),
    [[{ address: "ff02::9", port: 521 }, `02010000${"20010db8000000000000000000000001"}00008004`]],
  );
  await host.close();
});

rip("a next hop that makes no sense is refused, one that is not on the link is left out", async () => {
  const host = await start();
  const refused = await host.announce(
    announce("198.51.100.1", { nextHop: "gateway" }),
    announce("2001:db8::1", { nextHopV6: "2001:db8::5" }),
    announce("198.51.100.2", { nextHop: "10.0.0.1" }),
  );
  assert.equal(refused, [
    { vip: "198.51.100.1", reason: 'attributes nextHop: found "gateway", expected an IPv4 address' },
    { vip: "2001:db8::1", reason: 'attributes nextHopV6: found "2001:db8::5", expected a link-local IPv6 address' },
  ]);
  assert.equal(told(host), [["198.51.100.2 1"]]);
  assert.equal([...(host.udp.sent[0]?.bytes.subarray(16, 20) ?? [])], [0, 0, 0, 0]);
  await host.close();
});

rip("a drained node tells a metric that others beat, until it is back", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  await host.pass(6000);
  await host.announcer.drain?.();
  await host.pass(6000);
  await host.announcer.undrain?.();
  assert.equal(told(host), [["198.51.100.1 1"], ["198.51.100.1 14"], ["198.51.100.1 1"]]);
  await host.close();
});

rip("a link that comes back is told everything", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  await host.setLinks();
  await host.setLinks("eth0");
  assert.equal(told(host), [["198.51.100.1 1"], ["198.51.100.1 1"]]);
  await host.close();
});

rip("what changed just before a stop is told before it", async () => {
  const host = await start();
  await host.announce(announce("198.51.100.1"));
  await host.withdraw("198.51.100.1");
  await host.close();
  assert.equal(told(host), [["198.51.100.1 1"], ["198.51.100.1 16"]]);
});

rip("messages are authenticated by a Secret, and questions have to be", async () => {
  const authentication = { type: "hmac-sha-256", keyId: 1, secret: "key" } as const;
  const host = await start({ authentication });
  await host.announce(announce("198.51.100.1"));
  await host.pass(0);
  assert.is(host.udp.sent[0]?.bytes.length, 4 + 20 + 20 + 4 + 32);
  const router = neighbor(host);
  router.send(ALL, EVERYONE);
  await host.pass(0);
  assert.is(router.received.length, 0);
  assert.equal(
    host.unused.filter(({ kind }) => kind === "secret"),
    [],
  );
  await host.close();
});

rip.run();
