/** TCP options against a real kernel: signatures, hop limits, devices, and that no descriptor stays open. */
import { readdirSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Connection, ConnectOptions, Net } from "../../announcer.ts";
import { libc } from "../../packets/libc.ts";
import { listenTcp } from "../../packets/tcp.ts";
import { openTcpSocket, setMd5 } from "../../packets/tcp-options.ts";
import { ipBatch, run } from "../../workbench/private-network.ts";
import { insideTests } from "../../workbench/testing/inside.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import type { Requirement } from "../../workbench/testing/requirements.ts";
import { memorySecrets } from "../../workbench/testing/secrets.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { noSecrets, type SecretSource } from "./secrets.ts";
import { createNet } from "./tcp.ts";

const TCP = suite("tcp options");
const inside = insideTests(TCP, import.meta.url);

const md5Signatures: Requirement = {
  what: "TCP MD5 signatures",
  remedy: "a kernel with CONFIG_TCP_MD5SIG",
  isMet() {
    const fd = openTcpSocket(libc(), 4, {});
    try {
      setMd5(libc(), fd, "127.0.0.1", "key");
      return true;
    } catch {
      return false;
    } finally {
      libc().close(fd);
    }
  },
};

/** A SYN that is taken is answered in less than one. */
const PATIENCE_MS = 300;
const NO_ANSWER = new RegExp(`no answer within ${PATIENCE_MS} ms`);

async function withNet(body: (net: Net, opened: Opened) => Promise<void>, secrets: SecretSource = noSecrets): Promise<void> {
  const opened = new Opened("x");
  const kinds = ["net", "listen"] as const;
  const grants = new Grants("x", [...kinds.map((kind) => ({ kind, host: "*" })), { kind: "secret", name: "peer-*" }]);
  try {
    await body(createNet(grants, opened, secrets), opened);
  } finally {
    opened.end();
  }
}

/** Both ways, so that each side has taken what the other sent. */
async function echoes(net: Net, options: ConnectOptions): Promise<Connection> {
  const connection = await net.connect(options);
  let heard = "";
  connection.onData((bytes) => (heard += Buffer.from(bytes).toString()));
  connection.write(Buffer.from("hello"));
  await until(() => heard === "hello");
  return connection;
}

const echo = (connection: Connection): void => connection.onData((bytes) => connection.write(bytes));
const refuses = (net: Net, options: ConnectOptions, says = NO_ANSWER) => rejects(net.connect({ timeoutMs: PATIENCE_MS, ...options }), says);
const openDescriptors = () => readdirSync("/proc/self/fd").length;

for (const address of ["127.0.0.1", "::1"]) {
  inside(`only the right key is taken, and keys change while it listens, on ${address}`, [md5Signatures], () =>
    withNet(async (net) => {
      const { port, setMd5: setKey } = await net.listen({ address, port: 0 }, echo);
      const to = { address, port };
      await echoes(net, to);
      setKey(address, { text: "one" });
      await echoes(net, { ...to, md5: { text: "one" } });
      await Promise.all([refuses(net, to), refuses(net, { ...to, md5: { text: "two" } })]);
      setKey(address, { text: "two" });
      await Promise.all([echoes(net, { ...to, md5: { text: "two" } }), refuses(net, { ...to, md5: { text: "one" } })]);
      setKey(address, undefined);
      setKey(address, undefined);
      await Promise.all([echoes(net, to), refuses(net, { ...to, md5: { text: "two" } })]);
    }),
  );

  inside(`what comes with too low a hop limit is not heard, on ${address}`, [], () =>
    withNet(async (net) => {
      const { port } = await net.listen({ address, port: 0, hopLimit: 255, leastHopLimit: 255 }, echo);
      const to = { address, port };
      await echoes(net, { ...to, hopLimit: 255, leastHopLimit: 255 });
      await Promise.all([refuses(net, { ...to, hopLimit: 254 }), refuses(net, to)]);
      const near = await net.listen({ address, port: 0, hopLimit: 254 }, echo);
      await refuses(net, { address, port: near.port, hopLimit: 255, leastHopLimit: 255 });
      await echoes(net, { address, port: near.port, hopLimit: 255, leastHopLimit: 254 });
    }),
  );
}

inside("a key is that of one address", [md5Signatures], () =>
  withNet(async (net) => {
    const { port, setMd5: setKey } = await net.listen({ address: "0.0.0.0", port: 0 }, echo);
    setKey("127.0.0.2", { text: "one" });
    const to = { address: "127.0.0.1", port };
    assert.is((await echoes(net, { ...to, sourceAddress: "127.0.0.1" })).localAddress, "127.0.0.1");
    await refuses(net, { ...to, sourceAddress: "127.0.0.2" });
    const signed = await echoes(net, { ...to, sourceAddress: "127.0.0.2", hopLimit: 255, md5: { text: "one" } });
    assert.is(signed.localAddress, "127.0.0.2");
    assert.throws(() => setKey("::1", { text: "one" }), /Cannot sign for ::1: the listener takes IPv4 connections only/);
  }),
);

inside("a Secret is read when it is used", [md5Signatures], () => {
  const secrets = memorySecrets({ "peer-a": "one", other: "two" });
  return withNet(async (net) => {
    const { port, setMd5: setKey } = await net.listen({ address: "127.0.0.1", port: 0 }, echo);
    const to = { address: "127.0.0.1", port, md5: { secret: "peer-a" } };
    setKey("127.0.0.1", { secret: "peer-a" });
    await echoes(net, to);
    secrets.set("peer-a", "three");
    await refuses(net, to);
    setKey("127.0.0.1", { secret: "peer-a" });
    await echoes(net, to);
    secrets.set("peer-a", undefined);
    await refuses(net, to, /^Error: Secret peer-a: found nothing, expected type kubernetes.io\/basic-auth with key password$/);
    assert.throws(() => setKey("127.0.0.1", { secret: "peer-a" }), /Secret peer-a: found nothing/);
    await refuses(net, { ...to, md5: { text: "one" } });
    await refuses(net, { ...to, md5: { secret: "other" } }, /^NotCapable: Plugin x may not use secret "other"/);
  }, secrets);
});

inside("accepted connections have the listener's least hop limit", [], async () => {
  for (const [host, level, option] of [["127.0.0.1", 0, 21] as const, ["::1", 41, 73] as const]) {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket));
    const family = host === "::1" ? 6 : 4;
    listenTcp(server, { text: host, bare: host, family, port: 0 }, { leastHopLimit: 64 });
    const { port } = server.address() as { port: number };
    await withNet(async (net) => {
      await net.connect({ address: host, port });
      await until(() => accepted.length === 1);
      const value = new Uint32Array(1);
      const { fd } = (accepted[0] as unknown as { _handle: { fd: number } })._handle;
      const length = new Uint8Array(Uint32Array.of(4).buffer);
      assert.is(libc().getsockopt(fd, level, option, new Uint8Array(value.buffer), length), 0);
      assert.is(value[0], 64);
    });
    server.close();
  }
});

inside("a device is the only way in and out", [], () =>
  withNet(async (net) => {
    ipBatch(["link add near type veth peer name far", "link set near up", "link set far up", "address add 192.0.2.1/24 dev near"]);
    const any = await net.listen({ address: "0.0.0.0", port: 0, device: "near" }, echo);
    await refuses(net, { address: "127.0.0.1", port: any.port }, /ECONNREFUSED/);
    const here = await net.listen({ address: "127.0.0.1", port: 0, device: "lo" }, echo);
    await echoes(net, { address: "127.0.0.1", port: here.port, device: "lo" });
    await rejects(net.connect({ address: "127.0.0.1", port: here.port, device: "near", timeoutMs: 100 }), /Cannot connect to 127.0.0.1/);
    run("ip", "link", "delete", "near");
    await refuses(net, { address: "127.0.0.1", port: 1, device: "near" }, /127.0.0.1:1: socket option SO_BINDTODEVICE near gave ENODEV/);
    await rejects(
      net.listen({ address: "127.0.0.1", port: 0, device: "near" }, echo),
      /Cannot listen on 127.0.0.1:0: socket option SO_BINDTODEVICE near gave ENODEV/,
    );
  }),
);

inside("link-local addresses are those of their link, in each way to say it", [], () =>
  withNet(async (net) => {
    ipBatch(["link add near type veth peer name far", "link set near addrgenmode none up", "link set far addrgenmode none up"]);
    ipBatch(["address add fe80::1/64 dev near nodad", "address add fe80::2/64 dev far nodad"]);
    const accepted: Connection[] = [];
    const accept = (connection: Connection): void => {
      accepted.push(connection);
      echo(connection);
    };
    const { port } = await net.listen({ address: "fe80::2%far", port: 0 }, accept);
    const byZone = { address: "fe80::2%near", port };
    const byDevice = { address: "fe80::2", port, device: "near" };
    for (const to of [byZone, byDevice, { ...byZone, hopLimit: 255 }, { ...byDevice, sourceAddress: "fe80::1%near" }]) {
      const connection = await echoes(net, to);
      assert.equal([connection.localAddress, connection.remoteAddress], ["fe80::1%near", "fe80::2%near"]);
    }
    assert.equal(
      accepted.map(({ remoteAddress }) => remoteAddress),
      Array(4).fill("fe80::1%far"),
    );
    run("ip", "link", "delete", "near");
  }),
);

inside("nothing stays open where something fails", [md5Signatures], () =>
  withNet(async (net, opened) => {
    const address = "127.0.0.1";
    const { port, setMd5: setKey, close } = await net.listen({ address, port: 0 }, echo);
    await refuses(net, { address, port: 1, hopLimit: 255 }, /ECONNREFUSED/);
    const before = openDescriptors();
    const size = opened.size;
    const failing: readonly Partial<ConnectOptions>[] = [
      { port: 1 },
      { device: "nowhere" },
      { device: "a-name-too-long0" },
      { leastHopLimit: 256 },
      { md5: { text: "k".repeat(81) } },
      { md5: { secret: "peer-a" } },
      { sourceAddress: "192.0.2.77" },
      { sourceAddress: "::1" },
      { md5: { text: "wrong" }, timeoutMs: 20 },
    ];
    for (let round = 0; round < 10; round++) {
      for (const options of failing) await refuses(net, { address, port, hopLimit: 255, ...options }, /^Error: (Cannot connect|Secret)/);
      await rejects(net.listen({ address, port, hopLimit: 255 }, echo), /Cannot listen on 127.0.0.1:\d+: bind gave EADDRINUSE/);
      await rejects(net.listen({ address: "192.0.2.77", port: 0 }, echo), /bind gave EADDRNOTAVAIL/);
      await rejects(net.listen({ address, port: 0, leastHopLimit: 0 }, echo), /leastHopLimit: found 0, expected 1 to 255/);
      assert.throws(() => setKey(address, { text: "" }), /found a password of 0 bytes/);
      const late = createNet(new Grants("y", [{ kind: "net", host: "*" }]), opened);
      await rejects(late.listen({ address, port: 0 }, echo), /^NotCapable/);
    }
    await until(() => openDescriptors() === before);
    assert.is(opened.size, size);
    const connecting = net.connect({ address, port, md5: { text: "wrong" } });
    opened.end();
    close();
    setKey(address, { text: "after the end it is nobody's" });
    await rejects(connecting, /closed meanwhile/);
    await until(() => openDescriptors() === before - 1);
  }),
);

TCP.run();
