import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Connection, Net, Permission } from "../../announcer.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import { ipv6Loopback, testWith } from "../../workbench/testing/requirements.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { createNet } from "./tcp.ts";

const tcp = suite("tcp");

const anywhere: readonly Permission[] = [
  { kind: "net", host: "*" },
  { kind: "listen", host: "*" },
];

function plugin(allow: readonly Permission[] = anywhere, deny: readonly Permission[] = []): { net: Net; opened: Opened } {
  const opened = new Opened("x");
  return { net: createNet(new Grants("x", allow, deny), opened), opened };
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const bytes = (words: string) => new TextEncoder().encode(words);
const closed = (connection: Connection) => new Promise<Error | undefined>((resolve) => connection.onClose(resolve));

/** A plugin that listens and one that is connected to it. */
async function pair(address = "127.0.0.1") {
  const server = plugin();
  const client = plugin();
  const accepted: Connection[] = [];
  const listener = await server.net.listen({ address, port: 0 }, (connection) => accepted.push(connection));
  const near = await client.net.connect({ address, port: listener.port });
  await until(() => accepted.length === 1);
  const end = () => [server, client].map(({ opened }) => opened.end());
  return { server, client, listener, near, far: accepted[0] as Connection, end };
}

tcp("a port that was denied is refused also where any free one was asked for", async () => {
  const denied = Array.from({ length: 65_535 }, (_, at): Permission => ({ kind: "listen", host: `127.0.0.1:${at + 1}` }));
  const { net, opened } = plugin(anywhere, denied);
  const says = /NotCapable: Plugin x may not use listen "127.0.0.1:[1-9]\d*"; it was denied$/;
  await rejects(
    net.listen({ address: "127.0.0.1", port: 0 }, () => {}),
    says,
  );
  assert.is(opened.size, 0);
});

for (const address of ["127.0.0.1", "::1"]) {
  testWith(tcp, address === "::1" ? [ipv6Loopback] : [], `connects and listens on ${address}, both ways`, async () => {
    const { near, far, server, client, end } = await pair(address);
    const heard: string[] = [];
    near.onData((data) => heard.push(`near ${text(data)}`));
    far.onData((data) => heard.push(`far ${text(data)}`));
    near.write(bytes("open"));
    await until(() => heard.length === 1);
    far.write(bytes("keepalive"));
    await until(() => heard.length === 2);
    assert.equal(heard, ["far open", "near keepalive"]);
    assert.is(near.localAddress, address);
    assert.is(far.remoteAddress, address);
    assert.is(near.pendingBytes, 0);
    far.close();
    assert.is(await closed(near), undefined);
    assert.is(near.remoteAddress, address, "also when it is closed");
    await until(() => client.opened.size === 0 && server.opened.size === 1);
    end();
  });
}

testWith(tcp, [ipv6Loopback], "listens on the IPv6 address only, as it was granted", async () => {
  const { net, opened } = plugin([{ kind: "listen", host: "[::]:0" }]);
  const { port } = await net.listen({ address: "::", port: 0 }, () => {});
  const other = plugin();
  await rejects(other.net.connect({ address: "127.0.0.1", port }), /ECONNREFUSED/);
  opened.end();
});

tcp("connects from a source address", async () => {
  const { listener, client, end } = await pair();
  const near = await client.net.connect({ address: "127.0.0.1", port: listener.port, sourceAddress: "127.0.0.2" });
  assert.is(near.localAddress, "127.0.0.2");
  end();
});

tcp("close() delivers what was written, and a write after it is lost without a word", async () => {
  const { near, far, end } = await pair();
  let heard = 0;
  far.onData((data) => (heard += data.length));
  const big = new Uint8Array(3_000_000);
  near.write(big);
  near.close();
  near.close();
  near.write(bytes("late"));
  assert.is(await closed(near), undefined);
  await closed(far);
  assert.is(heard, big.length);
  end();
});

tcp("close() ends also where the peer reads nothing", async () => {
  const { near, far, end } = await pair();
  near.write(new Uint8Array(50_000_000));
  assert.ok(near.pendingBytes > 0, "the kernel has not taken all of it");
  const since = performance.now();
  near.close();
  await closed(near);
  assert.ok(performance.now() - since < 2000);
  far.close();
  end();
});

tcp("onClose() calls back also where it was closed before", async () => {
  const { near, far, end } = await pair();
  far.close();
  await closed(near);
  assert.is(await closed(near), undefined);
  end();
});

tcp("says where it could not connect to, and why", async () => {
  const { net, opened } = plugin();
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await rejects(
    net.listen({ address: "127.0.0.1", port }, () => {}),
    new RegExp(`^Error: Cannot listen on 127.0.0.1:${port}: .*EADDRINUSE`),
  );
  server.close();
  await new Promise((resolve) => server.once("close", resolve));
  await rejects(net.connect({ address: "127.0.0.1", port }), new RegExp(`^Error: Cannot connect to 127.0.0.1:${port}: .*ECONNREFUSED`));
  assert.is(opened.size, 0, "nothing is left open");
});

/** A server that takes no connection: its queue is soon full, and then nobody answers. */
const DEAF = `
  const server = require("node:net").createServer().listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
    require("node:fs").writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

tcp("gives up where nobody answers", async () => {
  const child = spawn(process.execPath, ["-e", DEAF], { stdio: ["ignore", "pipe", "inherit"] });
  const port = Number(await new Promise((resolve) => child.stdout.once("data", resolve)));
  const { net, opened } = plugin();
  try {
    const attempts = await Promise.allSettled(Array.from({ length: 6 }, () => net.connect({ address: "127.0.0.1", port, timeoutMs: 200 })));
    const reasons = attempts.flatMap((attempt) => (attempt.status === "rejected" ? (attempt.reason as Error).message : []));
    assert.ok(reasons.length >= 3, "the queue takes but few");
    for (const reason of reasons) assert.is(reason, `Cannot connect to 127.0.0.1:${port}: no answer within 200 ms`);
    assert.is(opened.size, attempts.length - reasons.length);
  } finally {
    opened.end();
    child.kill("SIGKILL");
  }
});

tcp("refuses what was not granted before a socket exists", async () => {
  const { net, opened } = plugin([
    { kind: "net", host: "192.0.2.0/24:179" },
    { kind: "listen", host: "127.0.0.1:0" },
  ]);
  const port = 179;
  await rejects(net.connect({ address: "127.0.0.1", port }), /^NotCapable: Plugin x may not use net "127.0.0.1:179"/);
  await rejects(net.connect({ address: "192.0.2.1", port: 180 }), /^NotCapable/);
  await rejects(
    net.listen({ address: "0.0.0.0", port: 0 }, () => {}),
    /^NotCapable: Plugin x may not use listen "0.0.0.0:0"/,
  );
  await rejects(
    net.listen({ address: "192.0.2.1", port }, () => {}),
    /^NotCapable/,
  );
  assert.is(opened.size, 0);
});

for (const address of ["localhost", "", "127.1", "0x7f000001", "127.0.0.1 ", "[::1]", "::1%", "127.0.0.1%lo", "fe80::1%a%b"]) {
  tcp(`refuses ${JSON.stringify(address)}, which is no address`, async () => {
    const { net } = plugin();
    await rejects(net.connect({ address, port: 1 }), /^Error: Cannot use ".*" as an address: expected an IPv4 or IPv6 address/);
    await rejects(net.connect({ address: "127.0.0.1", port: 1, sourceAddress: address }), /^Error: Cannot use/);
    await rejects(
      net.listen({ address, port: 0 }, () => {}),
      /^Error: Cannot use/,
    );
  });
}

for (const address of ["0.0.0.0", "::", "::ffff:0.0.0.0", "::ffff:127.0.0.1"]) {
  tcp(`does not reach this machine by ${address} where its loopback is denied`, async () => {
    const { net } = plugin(anywhere, [{ kind: "net", host: "127.0.0.0/8:*" }]);
    await rejects(net.connect({ address, port: 22 }), /^NotCapable|^Error: Cannot reach/);
  });
}

tcp("everything is closed with the plugin, and nothing can be opened afterwards", async () => {
  const { near, far, listener, server, client } = await pair();
  const ends = [closed(near), closed(far)];
  client.opened.end();
  server.opened.end();
  await Promise.all(ends);
  assert.is(server.opened.size + client.opened.size, 0);
  await rejects(plugin().net.connect({ address: "127.0.0.1", port: listener.port }), /ECONNREFUSED/);
  await rejects(client.net.connect({ address: "127.0.0.1", port: 1 }), /Cannot open anything for plugin x: it has stopped/);
  await rejects(
    server.net.listen({ address: "127.0.0.1", port: 0 }, () => {}),
    /it has stopped/,
  );
});

tcp("what is being opened when the plugin ends is closed, and says so", async () => {
  const { net, opened } = plugin();
  const connecting = net.connect({ address: "127.0.0.1", port: 179 });
  const listening = net.listen({ address: "127.0.0.1", port: 0 }, () => {});
  opened.end();
  await Promise.all([
    rejects(connecting, /^Error: Cannot connect to 127.0.0.1:179: closed meanwhile/),
    rejects(listening, /^Error: Cannot listen on 127.0.0.1:0: closed meanwhile/),
  ]);
  assert.is(opened.size, 0);
});

tcp.run();
