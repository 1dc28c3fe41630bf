/** Entry of the packet worker: one thread that owns the engine, its sockets and all memory that the kernel writes into. */

import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { OwningEngine } from "../liveness/ownership/owning-engine.ts";
import { EventLoopDriver, runBlocking } from "./drivers.ts";
import { GuardedEngine } from "./guarded/guarded-engine.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import type { Method } from "./service.ts";
import { Switchboard } from "./switchboard.ts";
import { type Call, READY, type WorkerSetup } from "./worker-messages.ts";

/** For what is built in, of many that want a core: others wait for it, and it needs a moment only. */
const FIRST = -10;
/** For programs that are not: a tenth of what the main thread gets, a hundredth of what is built in, and enough to live on. */
const LAST = 10;

const { driver, isGuarded, switchboard: buffer, wakeFd, beatMs } = workerData as WorkerSetup;
const port = parentPort;
if (port === null) throw new Error("Cannot run the packet worker by itself: it is started by the speaker");

const switchboard = new Switchboard(buffer);
const c = libc();
switchboard.markStarted();
setRank(isGuarded ? LAST : FIRST);
const beat = switchboard.heart("worker");
const isBlocking = driver === "blocking";
let loop: EventLoopDriver | undefined;
const Engine = isGuarded ? GuardedEngine : OwningEngine;
const engine = new Engine(kernelWire(c, !isBlocking), () => loop?.wake());

/** Without the right to come first it waits in line. */
function setRank(priority: number): void {
  try {
    setPriority(0, priority); // on Linux 0 is this thread
  } catch {
    // The lateness that comes of it is noticed and told.
  }
}

function answer({ id, method, args }: Call): void {
  try {
    const result = (engine as unknown as Record<Method, (...values: readonly unknown[]) => unknown>)[method](...args);
    port?.postMessage({ id, result });
  } catch (error) {
    port?.postMessage({ id, error: (error as Error).message });
  }
}

function tellNews(): void {
  for (const event of engine.takeEvents()) port?.postMessage(event);
  for (const states of engine.takeStates()) port?.postMessage(states);
  const reports = engine.takeReports();
  if (reports.length > 0) port?.postMessage({ reports });
  const lateMs = engine.takeLateness();
  if (lateMs !== undefined) port?.postMessage({ lateMs });
  const losses = engine instanceof GuardedEngine ? engine.takeLosses() : [];
  if (losses.length > 0) port?.postMessage({ losses });
}

function checkMain(): void {
  const { isOtherSilent } = beat();
  engine.followMain(isOtherSilent);
}

checkMain(); // main hears a first beat before it hears that we are ready, however long the start took
if (isBlocking) {
  port.postMessage({ id: READY });
  const onMail = (message: unknown): void => {
    if (message !== "stop") answer(message as Call);
  };
  runBlocking(engine, c, { switchboard, wakeFd, port, beatMs }, { mail: onMail, turn: tellNews, beat: checkMain });
  engine.close();
} else {
  loop = new EventLoopDriver(engine, tellNews);
  const timer = setInterval(() => {
    checkMain();
    loop?.wake(); // what it hands over, or takes up again, is for a turn
  }, beatMs);
  port.on("message", (message: Call | "stop") => {
    if (message !== "stop") {
      answer(message);
      loop?.wake();
      return;
    }
    loop?.stop();
    clearInterval(timer);
    engine.close();
    port.close();
  });
  port.postMessage({ id: READY });
}
