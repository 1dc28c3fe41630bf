/** TCP over the bridge: bytes both ways, and who waits for whom. */

import { once } from "node:events";
import { createServer } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Connection, Permission } from "../../announcer.ts";
import { type Borrowing, borrow, giveBack } from "../../workbench/testing/lent-context.ts";
import { until } from "../../workbench/testing/promises.ts";

const net = suite("bridge net");
const LOOPBACK: readonly Permission[] = [
  { kind: "net", host: "127.0.0.1:*" },
  { kind: "listen", host: "127.0.0.1:*" },
];

async function play(call: (borrowed: Borrowing) => Promise<void>): Promise<void> {
  const borrowed = await borrow(LOOPBACK);
  try {
    await call(borrowed);
  } finally {
    giveBack(borrowed);
  }
}

net("bytes of connections go both ways, whoever opened them", async () => {
  await play(async ({ context }) => {
    const accepted: Connection[] = [];
    const listener = await context.net.listen({ address: "127.0.0.1", port: 0 }, (connection) => {
      accepted.push(connection);
      connection.onData((bytes) => connection.write(bytes));
    });
    const connection = await context.net.connect({ address: "127.0.0.1", port: listener.port });
    assert.is(connection.remoteAddress, "127.0.0.1");
    let got = 0;
    let takenAt = -1;
    connection.onData((bytes) => (got += bytes.length));
    connection.write(new Uint8Array(300_000), () => (takenAt = connection.pendingBytes));
    assert.is(connection.pendingBytes, 300_000);
    await until(() => got === 300_000);
    assert.is(takenAt, 0);
    const ends: unknown[] = [];
    accepted[0]?.onClose((error) => ends.push(error));
    connection.close();
    await until(() => ends.length === 1);
    assert.equal(ends, [undefined]);
    const late: unknown[] = [];
    accepted[0]?.onClose((error) => late.push(error));
    await until(() => late.length === 1);
    listener.close();
  });
});

net("a plugin that is slow makes the peer wait, and loses nothing", async () => {
  const MiB = 1024 * 1024;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    for (let at = 0; at < 6; at++) socket.write(Buffer.alloc(MiB, at));
    socket.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await play(async ({ context }) => {
    const connection = await context.net.connect({ address: "127.0.0.1", port });
    let got = 0;
    let resume: (() => void) | undefined;
    const opened = new Promise<void>((resolve) => (resume = resolve));
    connection.onData((bytes) => {
      got += bytes.length;
      return opened;
    });
    let isClosed = false;
    connection.onClose(() => (isClosed = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(got < 512 * 1024, `${got} bytes before it was done with the first`);
    assert.is(isClosed, false);
    resume?.();
    await until(() => isClosed, 20_000);
    assert.is(got, 6 * MiB);
  });
  server.close();
});

net("a connection whose peer does not read is lost when it has cost enough", async () => {
  const server = createServer((socket) => socket.pause().on("error", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await play(async ({ context, lines }) => {
    const connection = await context.net.connect({ address: "127.0.0.1", port });
    let isClosed = false;
    connection.onClose(() => (isClosed = true));
    for (let at = 0; at < 100 && !isClosed; at++) {
      connection.write(new Uint8Array(256 * 1024));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => isClosed);
    assert.is(connection.pendingBytes, 0);
    assert.match(String(lines[0]?.fields["error"]), /^more than 16777216 bytes wait for peers that do not read$/);
  });
  server.close();
});

net("a peer whose connections could not be had signed does not reach the plugin", async () => {
  await play(async ({ context, lines }) => {
    let accepted = 0;
    const listener = await context.net.listen({ address: "127.0.0.1", port: 0 }, () => (accepted += 1));
    listener.setMd5("127.0.0.1", { secret: "token" }); // not granted
    const connection = await context.net.connect({ address: "127.0.0.1", port: listener.port });
    await new Promise<void>((resolve) => connection.onClose(() => resolve()));
    assert.is(accepted, 0);
    assert.match(String(lines[0]?.fields["error"]), /may not use secret "token"/);
  });
});

net.run();
