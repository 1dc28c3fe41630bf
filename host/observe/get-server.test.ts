/** What clients may take of the server: each tries one thing by hand, over TCP. */

import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type GetLimits, serveGet } from "./get-server.ts";

const limits = suite("limits of a small server");

async function withServer(some: Partial<GetLimits>, use: (port: number) => Promise<void>): Promise<void> {
  const big = "x".repeat(64 * 1024 * 1024);
  const server = await serveGet(
    { address: "127.0.0.1", port: 0, what: "tests", flag: "--test" },
    {
      "/": () => ({ status: 200, text: "ok" }),
      "/big": () => ({ status: 200, text: big }),
      "/fails": () => Promise.reject(new Error("it broke")),
    },
    some,
  );
  try {
    await use(server.port);
  } finally {
    await server.close();
  }
}

/** All that comes until the other side ends, and after how long. */
function talk(port: number, text: string): Promise<{ answer: string; tookMs: number }> {
  const since = performance.now();
  return new Promise((done) => {
    const pieces: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (piece: Buffer) => pieces.push(piece)).on("error", () => {});
    socket.on("close", () => done({ answer: Buffer.concat(pieces).toString(), tookMs: performance.now() - since }));
  });
}

const statusOf = (answer: string) => answer.split(" ", 2)[1] ?? "nothing";

limits("answers GET and HEAD, and says of others that they may not", async () => {
  await withServer({}, async (port) => {
    const ask = async (method: string, path = "/") => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
      return `${answer.status} ${answer.headers.get("content-length")} ${await answer.text()}`;
    };
    assert.is(await ask("GET"), "200 2 ok");
    assert.is(await ask("HEAD"), "200 2 ");
    assert.is(await ask("POST"), "405 13 Expected GET\n");
    assert.is((await ask("GET", "/toString")).slice(0, 3), "404");
    assert.is(await ask("GET", "/fails"), "500 9 it broke\n");
  });
});

limits("garbage is refused and its connection ended", async () => {
  await withServer({}, async (port) => {
    for (const garbage of [
      "\u0000\u0001\u0002\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "\u0016\u0003\u0001\u0002\u0000\u0001",
      "GE T / HTTP/1.1\r\n\r\n",
    ]) {
      assert.is(statusOf((await talk(port, garbage)).answer), "400", JSON.stringify(garbage));
    }
    assert.is(statusOf((await talk(port, `GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).answer), "431");
    const endless = `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n${"z".repeat(100_000)}`;
    assert.is(statusOf((await talk(port, endless)).answer), "405");
  });
});

limits("a request that does not come to its end is not waited for", async () => {
  await withServer({ requestMs: 300, stallMs: 60_000 }, async (port) => {
    const { answer, tookMs } = await talk(port, "GET / HTTP/1.1\r\nhost: a\r\nx: ");
    assert.is(statusOf(answer), "408");
    assert.ok(tookMs < 20_000, `${tookMs} ms`);
  });
});

limits("a connection that says nothing is ended", async () => {
  await withServer({ requestMs: 60_000, stallMs: 300 }, async (port) => {
    assert.ok((await talk(port, "")).tookMs < 20_000);
  });
});

limits("who takes nothing of a large answer is let go", async () => {
  await withServer({ stallMs: 400 }, async (port) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("GET /big HTTP/1.1\r\nhost: a\r\n\r\n"));
    let isOver = false;
    socket.pause().on("error", () => (isOver = true));
    await pause(3000);
    socket.on("close", () => (isOver = true)).resume();
    for (let left = 100; !isOver && left > 0; left--) await pause(50);
    assert.ok(isOver);
    assert.ok(socket.bytesRead < 64 * 1024 * 1024, `${socket.bytesRead} bytes`);
  });
});

limits("who takes a large answer a little at a time does not take it for ever", async () => {
  await withServer({ stallMs: 60_000, answerMs: 500 }, async (port) => {
    let isOver = false;
    const socket: Socket = connect(port, "127.0.0.1", () => socket.write("GET /big HTTP/1.1\r\nhost: a\r\n\r\n"));
    socket.on("close", () => (isOver = true)).on("error", () => {});
    socket.on("data", () => {
      socket.pause();
      setTimeout(() => socket.resume(), 20);
    });
    for (let left = 400; !isOver && left > 0; left--) await pause(50);
    assert.ok(isOver);
    assert.ok(socket.bytesRead < 64 * 1024 * 1024, `${socket.bytesRead} bytes`);
  });
});

limits("there are so many connections and no more, and room again when one ends", async () => {
  await withServer({ connections: 3, requestMs: 60_000, stallMs: 60_000 }, async (port) => {
    const held = await Promise.all(
      Array.from(
        { length: 3 },
        () =>
          new Promise<Socket>((done) => {
            const socket: Socket = connect(port, "127.0.0.1", () => done(socket));
          }),
      ),
    );
    await pause(100);
    assert.is((await talk(port, "GET / HTTP/1.0\r\n\r\n")).answer, "");
    held[0]?.destroy();
    let answer = "";
    for (let left = 100; answer === "" && left > 0; left--) {
      await pause(50);
      ({ answer } = await talk(port, "GET / HTTP/1.0\r\n\r\n"));
    }
    assert.is(statusOf(answer), "200");
    for (const socket of held) socket.destroy();
  });
});

limits.run();
