import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Permission, Udp } from "../../announcer.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import { ipv6Loopback, testWith } from "../../workbench/testing/requirements.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { createUdp } from "./udp.ts";

const udp = suite("udp");

function plugin(allow: readonly string[] = ["*"], deny: readonly string[] = []): { udp: Udp; opened: Opened } {
  const opened = new Opened("x");
  const permissions = (hosts: readonly string[]) => hosts.map((host): Permission => ({ kind: "udp", host }));
  return { udp: createUdp(new Grants("x", permissions(allow), permissions(deny)), opened), opened };
}

const bytes = new TextEncoder().encode("hello");

for (const address of ["127.0.0.1", "::1"]) {
  testWith(udp, address === "::1" ? [ipv6Loopback] : [], `sends and receives on ${address}`, async () => {
    const { udp, opened } = plugin();
    const one = await udp.open({ address, port: 0 });
    const other = await udp.open({ address, port: 0 });
    const heard: unknown[] = [];
    other.onMessage((message, from) => heard.push([Buffer.from(message).toString(), from]));
    one.send(bytes, { address, port: other.port });
    await until(() => heard.length > 0);
    assert.equal(heard, [["hello", { address, port: one.port }]]);
    opened.end();
    assert.is(opened.size, 0);
  });
}

udp("hears what is sent to a group that it has joined", async () => {
  const { udp, opened } = plugin(["0.0.0.0:0", "239.255.0.1:*", "127.0.0.0/8:*"]);
  const listener = await udp.open({ address: "0.0.0.0", port: 0, reuse: true });
  const heard: string[] = [];
  listener.onMessage((message) => heard.push(Buffer.from(message).toString()));
  listener.join("239.255.0.1", "lo");
  const sender = await plugin().udp.open({ address: "127.0.0.1", port: 0 });
  sender.send(bytes, { address: "239.255.0.1", port: listener.port });
  await until(() => heard.length > 0);
  assert.equal(heard, ["hello"]);
  assert.throws(() => listener.join("239.255.0.2", "lo"), /may not use udp "239.255.0.2:/);
  assert.throws(() => listener.join("239.255.0.1", "nowhere"), /Cannot join a group on nowhere: it has no IPv4 address/);
  opened.end();
  sender.close();
});

udp("a port that was denied is refused also where any free one was asked for", async () => {
  const denied = Array.from({ length: 65_535 }, (_, at) => `127.0.0.1:${at + 1}`);
  const { udp, opened } = plugin(["127.0.0.1:0"], denied);
  await rejects(udp.open({ address: "127.0.0.1", port: 0 }), /NotCapable: Plugin x may not use udp "127.0.0.1:[1-9]\d*"; it was denied$/);
  assert.is(opened.size, 0);
});

udp("refuses what was not granted: where it is bound, and where it sends to", async () => {
  const { udp, opened } = plugin(["127.0.0.1:*"], ["127.0.0.1:53"]);
  await rejects(udp.open({ address: "127.0.0.2", port: 0 }), /^NotCapable: Plugin x may not use udp "127.0.0.2:0"/);
  await rejects(udp.open({ address: "0.0.0.0", port: 0 }), /^NotCapable/);
  const socket = await udp.open({ address: "127.0.0.1", port: 0 });
  assert.throws(() => socket.send(bytes, { address: "127.0.0.2", port: 9 }), /may not use udp "127.0.0.2:9"/);
  assert.throws(() => socket.send(bytes, { address: "127.0.0.1", port: 53 }), /it was denied/);
  assert.throws(() => socket.send(bytes, { address: "localhost", port: 9 }), /Cannot use "localhost" as an address/);
  assert.throws(() => socket.send(bytes, { address: "0.0.0.0", port: 9 }), /Cannot reach 0.0.0.0: expected the address of one host/);
  opened.end();
});

udp("loses what the network does not take, and goes on", async () => {
  const { udp, opened } = plugin();
  const socket = await udp.open({ address: "127.0.0.1", port: 0 });
  const heard: number[] = [];
  socket.onMessage((message) => heard.push(message.length));
  socket.send(new Uint8Array(70_000), { address: "127.0.0.1", port: socket.port });
  socket.send(bytes, { address: "127.0.0.1", port: socket.port });
  await until(() => heard.length > 0);
  assert.equal(heard, [bytes.length]);
  opened.end();
});

udp("says where it could not be bound, and why", async () => {
  const { udp, opened } = plugin();
  const { port } = await udp.open({ address: "127.0.0.1", port: 0 });
  await rejects(udp.open({ address: "127.0.0.1", port }), new RegExp(`^Error: Cannot open UDP on 127.0.0.1:${port}: .*EADDRINUSE`));
  assert.is(opened.size, 1);
  opened.end();
});

udp("what is being opened when the plugin ends is closed, and nothing can be opened afterwards", async () => {
  const { udp, opened } = plugin();
  const opening = udp.open({ address: "127.0.0.1", port: 0 });
  opened.end();
  await rejects(opening, /^Error: Cannot open UDP on 127.0.0.1:0: closed meanwhile/);
  await rejects(udp.open({ address: "127.0.0.1", port: 0 }), /Cannot open anything for plugin x: it has stopped/);
  assert.is(opened.size, 0);
});

udp.run();
