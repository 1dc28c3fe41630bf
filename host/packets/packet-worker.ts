/** The packet worker as the main thread sees it: starts the thread, calls it by message, stops it in whatever state it is. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { GroupReport } from "../liveness/ownership/ownership.ts";
import { holdLibrary } from "./libc.ts";
import { Listeners } from "./listeners.ts";
import type { RawEvent } from "./program.ts";
import type { Driver, GuardedService, Method, PacketService } from "./service.ts";
import { BEAT_INTERVAL_MS, Switchboard } from "./switchboard.ts";
import { READY, type Reply, type WorkerSetup } from "./worker-messages.ts";

/**
 * Packets are answered without an object, so what dies young are commands of main: no more than a few. Without a limit V8's young generation
 * grows to 16 MB and more while these come often, and a thread that is at rest keeps it.
 */
const LIMITS = { maxYoungGenerationSizeMb: 2 } as const;
/** A worker that has not ended by then is terminated; its sockets close with it. */
const STOP_TIMEOUT_MS = 2000;
/** What the end of the process waits for a thread that has only been made. */
const START_LIMIT_MS = 1000;

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

/** The worker is always the built one: beside the bundle, or in `dist/` where the host runs from its sources. */
function entry(): URL {
  const places = ["./packet-worker.mjs", "../../dist/packet-worker.mjs"].map((place) => new URL(place, import.meta.url));
  const found = places.find((place) => existsSync(fileURLToPath(place)));
  if (found === undefined)
    throw new Error(
      `Cannot find the packet worker: expected ${places.map((place) => fileURLToPath(place)).join(" or ")}, built by node build.mjs`,
    );
  return found;
}

interface WorkerOptions {
  /** Default: poll. */
  readonly driver?: Driver;
  /** How often each side shows the other that it lives. */
  readonly beatMs?: number;
}

/** `onLost`, at most once: the thread died or fell silent; nothing is answered any more. Throws where the thread cannot start. */
export function startPacketWorker(onLost: (error: Error) => void, options: WorkerOptions = {}): Promise<PacketService> {
  return start(false, onLost, options);
}

/** As `startPacketWorker`: another thread, for programs that are not built in. */
export function startGuardedWorker(onLost: (error: Error) => void, options: WorkerOptions = {}): Promise<GuardedService> {
  return start(true, onLost, options);
}

async function start(
  isGuarded: boolean,
  onLost: (error: Error) => void,
  { driver = "poll", beatMs = BEAT_INTERVAL_MS }: WorkerOptions,
): Promise<GuardedService> {
  const url = entry();
  holdLibrary(url);
  const switchboard = new Switchboard();
  const setup: WorkerSetup = { driver, isGuarded, beatMs, switchboard: switchboard.buffer };
  const worker = new Worker(url, {
    workerData: setup,
    execArgv: [],
    resourceLimits: LIMITS,
    name: isGuarded ? "herald-guarded" : "herald-packets",
  });
  const client = new WorkerClient(worker, setup, switchboard, onLost);
  try {
    await client.ready;
  } catch (cause) {
    await client.stop();
    throw new Error(`Cannot start the packet worker: ${(cause as Error).message}`, { cause });
  }
  return client;
}

class WorkerClient implements GuardedService {
  readonly wire = "kernel";
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #switchboard: Switchboard;
  readonly #onLost: (error: Error) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #events = new Listeners<[program: string, event: RawEvent]>();
  readonly #states = new Listeners<[program: string, states: Uint8Array]>();
  readonly #lateness = new Listeners<[lateMs: number]>();
  readonly #reports = new Listeners<[reports: readonly GroupReport[]]>();
  readonly #losses = new Listeners<[program: string, reason: string]>();
  /** Loaded, or to be so. */
  readonly #programs = new Set<string>();
  readonly #heart: NodeJS.Timeout;
  readonly #onExit = (): void => {
    // A thread that is ended while it loads koffi takes the process with it.
    if (this.#lost === undefined) this.#switchboard.waitForStart(START_LIMIT_MS);
  };
  readonly #ended: Promise<void>;
  #nextId = READY + 1;
  #isStopping = false;
  #lost: Error | undefined;

  constructor(worker: Worker, { beatMs }: WorkerSetup, switchboard: Switchboard, onLost: (error: Error) => void) {
    this.#worker = worker;
    this.#switchboard = switchboard;
    this.#onLost = onLost;
    const beat = switchboard.heart("main");
    this.#heart = setInterval(() => {
      // A thread that starts has no heart yet; where it cannot, it says so itself.
      if (beat().isOtherSilent && !this.#waiting.has(READY))
        this.#lose(new Error("The packet worker fell silent: nothing is answered any more"));
    }, beatMs).unref();
    process.once("exit", this.#onExit);
    this.ready = new Promise((resolve, reject) => void this.#waiting.set(READY, { resolve, reject }));
    worker.on("message", (reply: Reply) => this.#receive(reply));
    worker.on("error", (error) => this.#lose(error));
    this.#ended = new Promise((resolve) => {
      worker.on("exit", (code) => {
        this.#lose(new Error(this.#isStopping ? "The packet worker has stopped" : `The packet worker ended with code ${code}`));
        resolve();
      });
    });
  }

  addProgram: PacketService["addProgram"] = (...args) => {
    this.#programs.add(args[0]);
    return this.#call("addProgram", args);
  };
  removeProgram: PacketService["removeProgram"] = (...args) => {
    this.#programs.delete(args[0]);
    return this.#call("removeProgram", args);
  };
  attach: PacketService["attach"] = (...args) => this.#call("attach", args);
  openDatagrams: PacketService["openDatagrams"] = (...args) => this.#call("openDatagrams", args);
  closeDatagrams: PacketService["closeDatagrams"] = (...args) => this.#call("closeDatagrams", args);
  put: PacketService["put"] = (...args) => this.#call("put", args);
  remove: PacketService["remove"] = (...args) => this.#call("remove", args);
  setPeers: PacketService["setPeers"] = (...args) => this.#call("setPeers", args);
  setWitnesses: PacketService["setWitnesses"] = (...args) => this.#call("setWitnesses", args);
  ask: PacketService["ask"] = (...args) => this.#call("ask", args);
  claimOf: PacketService["claimOf"] = (...args) => this.#call("claimOf", args);
  depose: PacketService["depose"] = (...args) => this.#call("depose", args);
  leave: PacketService["leave"] = (...args) => this.#call("leave", args);
  statistics: PacketService["statistics"] = (...args) => this.#call("statistics", args);
  counters: PacketService["counters"] = (...args) => this.#call("counters", args);

  setRules: GuardedService["setRules"] = (...args) => this.#call("setRules", args);
  assign: GuardedService["assign"] = (...args) => this.#call("assign", args);

  onEvent = this.#events.add;
  onStates = this.#states.add;
  onReports = this.#reports.add;
  onLate = this.#lateness.add;
  onProgramLost = this.#losses.add;

  /** It has died, or its heart was not heard for too long. */
  get problem(): string | undefined {
    return this.#lost?.message;
  }

  get beats(): number {
    return this.#switchboard.workerBeats;
  }

  async stop(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#worker.postMessage("stop");
      const timer = setTimeout(() => void this.#worker.terminate(), STOP_TIMEOUT_MS);
      await this.#ended;
      clearTimeout(timer);
      clearInterval(this.#heart);
      process.removeListener("exit", this.#onExit);
    }
    await this.#ended;
  }

  #call<Result>(method: Method, args: readonly unknown[]): Promise<Result> {
    const { message } = this.#lost ?? {};
    if (this.#isStopping || message !== undefined)
      return Promise.reject(new Error(`Cannot call ${method}: ${message ?? "the packet worker stops"}`));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args });
    });
  }

  #receive(reply: Reply): void {
    if ("event" in reply) this.#events.tell(reply.program, reply.event);
    else if ("states" in reply) this.#states.tell(reply.program, reply.states);
    else if ("lateMs" in reply) this.#lateness.tell(reply.lateMs);
    else if ("losses" in reply) for (const { program, reason } of reply.losses) this.#losses.tell(program, reason);
    else if ("reports" in reply) this.#reports.tell(reply.reports);
    else this.#settle(reply);
  }

  #settle({ id, result, error }: Extract<Reply, { id: number }>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result as never);
    else waiting?.reject(new Error(error));
  }

  #lose(error: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    const hadStarted = !this.#waiting.has(READY);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (!hadStarted || this.#isStopping) return;
    for (const program of this.#programs) this.#losses.tell(program, error.message);
    this.#onLost(error);
  }
}
