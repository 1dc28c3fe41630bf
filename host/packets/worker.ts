/** Entry of the packet worker: one thread that owns the engine, its sockets and all memory that the kernel writes into. */

import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { OwningEngine } from "../liveness/ownership/owning-engine.ts";
import { EventLoopDriver } from "./drivers.ts";
import { GuardedEngine } from "./guarded/guarded-engine.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import { PollDriver } from "./poll-driver.ts";
import type { Method } from "./service.ts";
import { Switchboard } from "./switchboard.ts";
import { type Call, READY, type WorkerSetup } from "./worker-messages.ts";

/** For what is built in, of many that want a core: others wait for it, and it needs a moment only. */
const FIRST = -10;
/** For programs that are not: a tenth of what the main thread gets, a hundredth of what is built in, and enough to live on. */
const LAST = 10;

const { driver, isGuarded, switchboard: buffer, beatMs } = workerData as WorkerSetup;
const port = parentPort;
if (port === null) throw new Error("Cannot run the packet worker by itself: it is started by the speaker");

const switchboard = new Switchboard(buffer);
const c = libc();
const loopFd = driver === "poll" ? c.loopFd() : undefined;
switchboard.markStarted(); // nothing more is declared to koffi, which takes the process with it where a thread is ended meanwhile
setRank(isGuarded ? LAST : FIRST);
const beat = switchboard.heart("worker");
const Engine = isGuarded ? GuardedEngine : OwningEngine;
let wake = (): void => {};
const engine = new Engine(kernelWire(c, loopFd === undefined), () => wake());

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

/** Sleeps and turns from now on, until it is stopped. */
function drive(): { stop(): void } {
  if (loopFd !== undefined) return new PollDriver(engine, c, loopFd, { beatMs, turn: tellNews, beat: checkMain });
  const loop = new EventLoopDriver(engine, tellNews);
  wake = () => loop.wake();
  const timer = setInterval(() => {
    checkMain();
    loop.wake(); // what it hands over, or takes up again, is for a turn
  }, beatMs);
  return {
    stop() {
      loop.stop();
      clearInterval(timer);
    },
  };
}

checkMain(); // main hears a first beat before it hears that we are ready, however long the start took
const driving = drive();
port.on("message", (message: Call | "stop") => {
  if (message !== "stop") {
    answer(message);
    wake();
    return;
  }
  driving.stop();
  engine.close();
  port.close();
});
port.postMessage({ id: READY });
