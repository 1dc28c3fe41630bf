/** The test kit: what a plugin does on a host in memory, and that the host's checks are there. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Context, definePlugin, NotCapable, type Permission, type PluginDefinition } from "../../announcer.ts";
import { rejects } from "../testing/promises.ts";
import { createTestHost, type TcpPeer } from "./testing.ts";

const KIT = suite("test kit");

type Start = (context: Context) => Promise<(vips: readonly string[]) => unknown> | ((vips: readonly string[]) => unknown);

/** A plugin that does this when it starts, and what that gives with all VIPs that are added. */
function doing(permissions: readonly Permission[], start: Start): PluginDefinition<{ greeting: string }> {
  return definePlugin({
    name: "doer",
    api: 1,
    from: "owner",
    serves: { kind: "doer", families: [4] },
    config: { type: "object", properties: { greeting: { type: "string" } } },
    example: { greeting: "hello" },
    permissions: () => permissions,
    async start(context) {
      const act = await start(context);
      return {
        async apply({ added }) {
          await act(added.map(({ vip }) => vip));
          return [];
        },
        async stop() {},
      };
    },
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (given: Uint8Array) => new TextDecoder().decode(given);

KIT("frames go both ways, in hex", async () => {
  const plugin = doing([{ kind: "frame", link: "eth0", etherType: 0x88b5 }], async ({ frames }) => {
    const socket = await frames.open({ link: "eth0", etherType: 0x88b5 });
    socket.onFrame((frame) => socket.send(Uint8Array.from([...frame.subarray(6, 12), 2, 0, 0, 0, 0, 0, ...frame.subarray(12)])));
    return () => {};
  });
  const host = await createTestHost(plugin);
  await host.frames.send("ffffffffffff 020000000009 88b5 2a");
  assert.is(await host.frames.next(), "02000000000902000000000088b52a");
  assert.equal(host.frames.sent, [{ link: "eth0", hex: "02000000000902000000000088b52a" }]);
  await host.close();
});

KIT("time passes when it is told to", async () => {
  const seen: number[] = [];
  const plugin = doing([], ({ clock }) => {
    clock.every(60_000, () => seen.push(clock.now()));
    return () => {};
  });
  const host = await createTestHost(plugin);
  await host.pass(180_000);
  assert.equal(seen, [60_000, 120_000, 180_000]);
  assert.is(host.open, 1);
  await host.close();
  assert.is(host.open, 0);
});

KIT("datagrams reach stations, groups and the plugin", async () => {
  const heard: string[] = [];
  const plugin = doing([{ kind: "udp", host: "*:*" }], async ({ udp }) => {
    const socket = await udp.open({ address: "0.0.0.0", port: 520 });
    socket.join("224.0.0.9", "eth0");
    socket.onMessage((message, from) => heard.push(`${text(message)} ${from.address}:${from.port}`));
    return (vips) => socket.send(bytes(vips.join()), { address: "224.0.0.9", port: 520 });
  });
  const host = await createTestHost(plugin);
  const router = host.udp.peer("192.0.2.1", 520);
  router.join("224.0.0.9");
  await host.announce("192.0.2.7");
  assert.equal(
    router.received.map((datagram) => `${text(datagram.bytes)} ${datagram.from.address}:${datagram.from.port}`),
    ["192.0.2.7 192.0.2.100:520"],
  );
  router.send(bytes("one"), { address: "192.0.2.100", port: 520 });
  router.send(bytes("all"), { address: "224.0.0.9", port: 520 });
  router.send(bytes("other"), { address: "192.0.2.101", port: 520 });
  await host.pass(0);
  assert.equal(heard, ["one 192.0.2.1:520", "all 192.0.2.1:520"]);
  assert.is(host.udp.sent.length, 1);
  await host.close();
});

KIT("connections are made both ways, and refused where nobody is", async () => {
  const seen: string[] = [];
  const permissions: readonly Permission[] = [
    { kind: "net", host: "192.0.2.1:*" },
    { kind: "listen", host: "*:179" },
  ];
  const plugin = doing(permissions, async ({ net }) => {
    const connection = await net.connect({ address: "192.0.2.1", port: 179 });
    connection.onData((data) => seen.push(text(data)));
    connection.onClose((error) => seen.push(`closed ${error?.message ?? "well"}`));
    await net.listen({ address: "0.0.0.0", port: 179 }, (accepted) => accepted.write(bytes("welcome")));
    await net.connect({ address: "192.0.2.1", port: 180 }).catch((error: Error) => seen.push(error.message));
    return (vips) => connection.write(bytes(vips.join()));
  });
  let router: TcpPeer | undefined;
  const started = await createTestHost(plugin, { before: ({ tcp }) => tcp.accept("192.0.2.1", 179, (peer) => (router = peer)) });
  await started.announce("192.0.2.7");
  assert.is(text(router?.received ?? new Uint8Array()), "192.0.2.7");
  router?.write(bytes("heard"));
  await started.pass(0);
  router?.close();
  await started.pass(0);
  assert.equal(seen, ["Cannot connect to 192.0.2.1:180: connect ECONNREFUSED 192.0.2.1:180", "heard", "closed well"]);
  const client = await started.tcp.connect("192.0.2.100", 179);
  await started.pass(0);
  assert.is(text(client.received), "welcome");
  await started.close();
  assert.is(client.isOpen, false);
});

KIT("HTTP is answered by the test, with Secrets put in", async () => {
  const seen: number[] = [];
  const permissions: readonly Permission[] = [
    { kind: "fetch", origin: "https://api.example.com" },
    { kind: "secret", name: "token" },
  ];
  const plugin = doing(permissions, ({ fetch }) => async (vips) => {
    const headers = { authorization: { secret: "token", before: "Bearer " } };
    const { status } = await fetch(`https://api.example.com/${vips[0]}`, { method: "PUT", headers, body: "{}" });
    seen.push(status);
  });
  const host = await createTestHost(plugin, { secrets: { token: "s3cret" }, answer: () => ({ status: 503 }) });
  await host.announce("192.0.2.7");
  assert.equal(seen, [503]);
  const [request] = host.requests;
  assert.is(request?.url, "https://api.example.com/192.0.2.7");
  assert.is(request?.headers["authorization"], "Bearer s3cret");
  await host.close();
});

KIT("what is denied is a NotCapable, what was not used is told", async () => {
  const udp: Permission = { kind: "udp", host: "0.0.0.0:520" };
  const frame: Permission = { kind: "frame", link: "eth0", etherType: 0x88b5 };
  const plugin = doing([udp, frame], async (context) => {
    await context.udp.open({ address: "0.0.0.0", port: 520 });
    return () => {};
  });
  const host = await createTestHost(plugin);
  assert.equal(host.unused, [frame]);
  assert.equal(host.used, [{ permission: udp, isAllowed: true }]);
  await host.close();
  const error = await createTestHost(plugin, { deny: [{ kind: "udp", host: "*:*" }] }).then(
    () => undefined,
    (reason: Error) => reason.cause,
  );
  assert.ok(error instanceof NotCapable);
  assert.match((error as Error).message, /may not use udp "0\.0\.0\.0:520"/);
  await rejects(createTestHost(plugin, { allow: [frame] }), /not granted: udp "0\.0\.0\.0:520"; run again with --allow-udp=0\.0\.0\.0:520/);
});

KIT("log, metrics and reports are there to read, and links come and go", async () => {
  const plugin = doing([], (context) => {
    context.links.watch((links) => context.log.info("links", { names: links.map(({ name }) => name) }));
    return (vips) => {
      for (const vip of vips) context.report(vip, "probing");
      context.metrics.count("sent_total", { link: "eth0" }, 2);
    };
  });
  const host = await createTestHost(plugin);
  await host.announce("192.0.2.7", "192.0.2.8");
  assert.equal([...host.reports.keys()], ["192.0.2.7", "192.0.2.8"]);
  assert.ok((await host.metrics()).includes('herald_plugin_doer_sent_total{link="eth0"} 2'));
  await host.setLinks();
  assert.equal(
    host.log.map(({ fields }) => fields["names"]),
    [["eth0"], []],
  );
  await host.close();
});

KIT.run();
