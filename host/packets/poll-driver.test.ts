/** The poll driver with an engine that only counts, on real descriptors. What it does on links: `packet-worker.test.ts`. */
import { createSocket } from "node:dgram";
import { MessageChannel } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../workbench/testing/promises.ts";
import { openDatagramSocket } from "./datagram-socket.ts";
import type { PacketEngine } from "./engine.ts";
import { libc } from "./libc.ts";
import { PollDriver } from "./poll-driver.ts";

const POLL = suite("poll driver");
const loopFd = libc().loopFd();

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Port {
  readonly port: { readonly fd: number };
  isReady: boolean;
}

interface Turn {
  readonly atMs: number;
  readonly all: boolean;
}

/** `beatMs`: also how late a timer of this thread may be, so tests live by it. */
function driving(beatMs = 10) {
  const turns: Turn[] = [];
  let beats = 0;
  const engine = {
    nextTickMs: Infinity,
    portsVersion: 0,
    sources: [] as Port[],
    onTurn: (): boolean => false,
    turn(atMs: number, all: boolean): boolean {
      turns.push({ atMs, all });
      return engine.onTurn();
    },
  };
  const rhythm = { beatMs, turn: () => {}, beat: () => void beats++ };
  const driver = new PollDriver(engine as unknown as PacketEngine, libc(), loopFd as number, rhythm);
  return { engine, driver, turns, beats: () => beats };
}

POLL("this Node says what its event loop sleeps on", () => {
  assert.type(loopFd, "number");
});

POLL("it sleeps from beat to beat, and the event loop has its turn at each", async () => {
  const { driver, turns, beats } = driving(20);
  const startedMs = performance.now();
  await pause(100);
  const tookMs = performance.now() - startedMs;
  driver.stop();
  assert.ok(tookMs >= 100 && tookMs < 1000, `${tookMs} ms`);
  assert.ok(beats() >= 3 && beats() <= tookMs / 20 + 1, `${beats()} beats in ${tookMs} ms`);
  assert.ok(turns.length <= 3 * beats() + 3, `${turns.length} turns for ${beats()} beats`);
});

/** In 20 turns a message is sent to this thread, when the one before was heard; gives how long each took, ascending, in ms. */
async function messagesAmidTurns(hasMore: boolean): Promise<number[]> {
  const { engine, driver } = driving(60_000);
  const { port1, port2 } = new MessageChannel();
  const times: number[] = [];
  let sent = 0;
  engine.onTurn = () => {
    if (sent === times.length) {
      sent++;
      port1.postMessage(performance.now());
    }
    return hasMore;
  };
  await new Promise<void>((resolve) => {
    port2.on("message", (sentMs: number) => {
      times.push(performance.now() - sentMs);
      if (times.length === 20) resolve();
    });
  });
  driver.stop();
  port1.close();
  return times.sort((left, right) => left - right);
}

POLL("a message wakes it at once, and a turn follows", async () => {
  const times = await messagesAmidTurns(false);
  assert.ok((times[10] as number) < 5, `median ${times[10]} ms`);
});

POLL("as long as there is more, turns follow, and messages get theirs in between", async () => {
  const times = await messagesAmidTurns(true);
  assert.ok((times[10] as number) < 5, `median ${times[10]} ms`);
});

POLL("a port with something to read is marked, also one that was opened later, and no other", async () => {
  const { engine, driver, turns } = driving();
  const sockets = [1, 2].map(() => openDatagramSocket(libc(), { address: "127.0.0.1", udpPort: 0 }));
  const [first, second] = sockets.map(({ fd }) => ({ port: { fd }, isReady: false })) as [Port, Port];
  const sender = createSocket("udp4");
  await until(() => turns.length > 1);
  engine.sources = [first, second];
  engine.portsVersion++;
  await pause(30);
  assert.equal([first.isReady, second.isReady], [false, false]);
  sender.send("x", sockets[1]?.udpPort as number, "127.0.0.1");
  await until(() => second.isReady);
  assert.not(first.isReady);
  driver.stop();
  sender.close();
  for (const { fd } of sockets) libc().close(fd);
});

POLL("a timer wakes it, and in its turn every port is asked first", async () => {
  const { engine, driver, turns } = driving();
  await until(() => turns.length > 1);
  const dueMs = performance.now() + 5;
  engine.nextTickMs = dueMs;
  engine.onTurn = () => {
    if (performance.now() >= dueMs) engine.nextTickMs = Infinity;
    return false;
  };
  await until(() => engine.nextTickMs === Infinity);
  const { atMs } = turns.find(({ all }) => all) as Turn;
  assert.ok(atMs >= dueMs && atMs < dueMs + 100, `${atMs - dueMs} ms late`);
  assert.is(turns.filter(({ all }) => all).length, 1);
  driver.stop();
});

POLL("a timer beyond what poll knows is no busy loop, and after stop() there is no turn", async () => {
  const { engine, driver, turns } = driving(50);
  engine.nextTickMs = performance.now() + 2 ** 40;
  await pause(20);
  assert.ok(turns.length <= 4, `${turns.length} turns`);
  driver.stop();
  const before = turns.length;
  await pause(20);
  assert.is(turns.length, before);
});

POLL.run();
