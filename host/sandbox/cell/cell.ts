/**
 * A process for plugins that are not trusted.
 *
 * `openCell` starts it behind the fences of `launch.ts`, gives it the guard (`guard/guard.ts`), and speaks with that over line 0 of a pipe (`wire.ts`). `load` sends a
 * plugin's code and gives the Channel to it: a line of its own. A cell holds one plugin, or several that share its fate. It is watched (`watch.ts`); whatever ends it, and
 * `close` always does, it is gone when that is told, with the reason in words (`cell-end.ts`).
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Log } from "../../announcer.ts";
import { bucket } from "../../observe/bucket.ts";
import { visible, withFields } from "../../observe/log.ts";
import { moduleBytes } from "../../packets/wasm.ts";
import type { PluginBundle } from "../hosted.ts";
import type { CellEnd, CellEndKind } from "./cell-end.ts";
import { classifyExit, endOf, placeOf } from "./cell-end.ts";
import type { Channel, Plain } from "./channel.ts";
import { FairStream } from "./fair-stream.ts";
import { dataBaseline, guardProgram } from "./guard-program.ts";
import { labelOf, stackReader } from "./guest-stack.ts";
import { canHaveOwnNetwork, type Isolation, readUserPowers, whyNotOwn } from "./isolation.ts";
import { type Launch, type Launched, launch } from "./launch.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { Line } from "./line.ts";
import { MAX_PIECE_BYTES } from "./plain.ts";
import { watch } from "./watch.ts";
import { Wire } from "./wire.ts";

export interface CellOptions {
  readonly log: Log;
  /** The process's own user, as uid and gid. Without one, and where it cannot be, it is the host's. */
  readonly uid?: number;
  /** Refuse to share the host's user. Default: false. */
  readonly demandOwnUid?: boolean;
  /** Node for the process. Default: the one that runs this. */
  readonly nodePath?: string;
  readonly limits?: Partial<Limits>;
}

export interface Cell {
  readonly pid: number;
  readonly isolation: Isolation;
  /** Rejects where the code cannot be evaluated, with the author's file and line. `name` is what it is called in logs and stacks. */
  load(name: string, bundle: PluginBundle): Promise<Channel>;
  /** Ends one plugin's channel and timers; the process lives on. */
  unload(channel: Channel): void;
  /** Once, also where it has ended already. */
  onEnd(call: (end: CellEnd) => void): void;
  /** Ends it, whatever state it is in, and resolves when it is gone. Harmless twice. */
  close(): Promise<void>;
}

const MB = 1 << 20;
/** Of the codecs that plugins have. */
const CODEC_MODULES = ["wire", "bgp"];
const MAX_STDERR = 8192;
const CLOSE_MS = 500;
/** What an ended process wrote is waited for. */
const DRAIN_MS = 1000;
const LEVELS = ["debug", "info", "warn", "error"] as const;
/** More than the guard lets through, of each plugin: a process that was taken over has none. */
const LINES = { burst: 100, eachMs: 50 };
const LONGEST_LINE = 4096;

/** Rejects where no process can be started behind these fences. */
export async function openCell(options: CellOptions): Promise<Cell> {
  const { log, uid, nodePath = process.execPath } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const powers = readUserPowers();
  const obstacle = uid === undefined ? "none was given" : whyNotOwn(uid, powers);
  if (obstacle !== undefined && options.demandOwnUid) throw new Error(`Cannot give a plugin's process a user of its own: ${obstacle}`);
  const nodeMajor = nodePath === process.execPath ? majorOf(process.version) : await majorAt(nodePath);
  const ownNetwork = await canHaveOwnNetwork();
  const fences: Launch = {
    ...{ nodePath, nodeMajor, powers, ownNetwork, log, heapMb: limits.heapMb, dataBytes: undefined },
    uid: obstacle === undefined ? uid : undefined,
  };
  const baseline = await dataBaseline(fences, limits.startMs);
  const dataBytes = baseline === undefined ? undefined : baseline + limits.dataMb * MB;
  const launched = launch(guardProgram(), { ...fences, dataBytes });
  const cell = new PluginProcess(
    launched,
    limits,
    log,
    `${obstacle === undefined ? "own" : "same"} uid${ownNetwork ? ", no network" : ""}`,
  );
  await cell.ready;
  return cell;
}

class PluginProcess implements Cell {
  readonly pid: number;
  readonly isolation: Isolation;
  readonly ready: Promise<void>;
  readonly #launched: Launched;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #wire: Wire;
  readonly #own: Line;
  readonly #names = new Map<number, string>();
  readonly #mayLog = new Map<number, (nowMs: number) => boolean>();
  /** The stacks of all that it holds. */
  readonly #stacks = new Map<number, (stack: string) => string>();
  readonly #readStack = (stack: string): string =>
    [...this.#stacks.values()].map((read) => read(stack)).find((frames) => frames !== "") ?? "";
  readonly #gone: Promise<CellEnd>;
  #lastNumber = 0;
  #stderr = "";
  /** Why we ended it. */
  #reason: CellEnd | undefined;

  constructor(launched: Launched, limits: Limits, log: Log, isolation: Isolation) {
    const { child, pipe, stderr } = launched;
    this.pid = child.pid as number;
    this.isolation = isolation;
    this.#launched = launched;
    this.#limits = limits;
    this.#log = log;
    stderr.on("data", (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString("utf8")).slice(-MAX_STDERR);
    });
    this.#wire = new Wire(new FairStream(pipe), (reason) => this.#kill("protocol fault", reason));
    this.#own = this.#wire.open(0, { readStack: this.#readStack });
    const started = new Promise<void>((resolve) => {
      this.#own.serve({ ready: () => resolve(), say: (number, level, text) => this.#say(number, level, text) });
    });
    const late = setTimeout(() => this.#kill("start", `it was silent for ${limits.startMs / 1000} s after its start`), limits.startMs);
    let stop = (): void => clearTimeout(late);
    this.#gone = this.#exit().then((end) => {
      stop();
      this.#wire.end(end.error);
      return end;
    });
    const failed = this.#gone.then((end) => Promise.reject(new Error(`Cannot start a process for plugins: ${end.error.message}`)));
    this.ready = Promise.race([started, failed]).then(() => {
      stop();
      stop = watch({
        ...{ pid: this.pid, limits, log },
        ask: () => this.#own.call("ping", []),
        kill: (kind, reason) => this.#kill(kind, reason),
      });
    });
  }

  async load(name: string, bundle: PluginBundle): Promise<Channel> {
    const number = ++this.#lastNumber;
    const label = `${labelOf(name)}${[...this.#names.values()].includes(name) ? `+${number}` : ""}`;
    const readStack = stackReader(label, bundle.map);
    this.#names.set(number, name);
    this.#mayLog.set(number, bucket(LINES, performance.now()));
    this.#stacks.set(number, readStack);
    const line = this.#wire.open(number, { readStack });
    if (number === 1) for (const module of CODEC_MODULES) this.#own.tell("module", [module, moduleBytes(module)]);
    const code = new TextEncoder().encode(bundle.code);
    for (let at = 0; at < code.length; at += MAX_PIECE_BYTES) {
      this.#own.tell("code", [number, code.subarray(at, at + MAX_PIECE_BYTES)]);
    }
    try {
      await this.#own.call("load", [number, label], this.#limits.startMs);
      return line;
    } catch (error) {
      this.unload(line);
      throw loadFailure(name, error as Error);
    }
  }

  unload(channel: Channel): void {
    const line = channel as Line;
    this.#names.delete(line.number);
    this.#mayLog.delete(line.number);
    this.#stacks.delete(line.number);
    this.#own.tell("unload", [line.number]);
    this.#wire.close(line, new Error("The plugin was unloaded"));
  }

  onEnd(call: (end: CellEnd) => void): void {
    void this.#gone.then(call);
  }

  async close(): Promise<void> {
    const { child, pipe } = this.#launched;
    this.#reason ??= endOf("closed", "it was told to end");
    this.#wire.end(this.#reason.error);
    pipe.end();
    const late = setTimeout(() => child.kill("SIGKILL"), CLOSE_MS);
    await this.#gone;
    clearTimeout(late);
  }

  #kill(kind: CellEndKind, reason: string): void {
    this.#reason ??= endOf(kind, reason);
    this.#launched.child.kill("SIGKILL");
  }

  #say(number: Plain, level: Plain, text: Plain): void {
    const known = LEVELS.find((one) => one === level);
    const plugin = this.#names.get(number as number);
    if (plugin === undefined || known === undefined || typeof text !== "string") return;
    if (this.#mayLog.get(number as number)?.(performance.now())) withFields(this.#log, { plugin })[known](text.slice(0, LONGEST_LINE));
  }

  /** Resolves when the process is no more, and what it wrote is read. */
  async #exit(): Promise<CellEnd> {
    const { child, pipe, stderr } = this.#launched;
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.on("exit", (...how) => resolve(how));
    });
    pipe.destroy();
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, DRAIN_MS);
      stderr.on("close", () => {
        clearTimeout(late);
        resolve();
      });
      if (stderr.closed) {
        clearTimeout(late);
        resolve();
      }
    });
    return this.#reason ?? classifyExit({ code, signal, stderr: this.#stderr, ...this.#limits, readStack: this.#readStack });
  }
}

function loadFailure(name: string, cause: Error): Error {
  const place = placeOf(cause);
  const text = visible(`${cause.name}: ${cause.message}`);
  return new Error(`Cannot load plugin ${JSON.stringify(name)}: ${text}${place === undefined ? "" : ` (at ${place})`}`, { cause });
}

function majorOf(version: string): number {
  return Number(/^v(\d+)/.exec(version)?.[1]);
}

async function majorAt(nodePath: string): Promise<number> {
  const { stdout } = await promisify(execFile)(nodePath, ["--version"]);
  return majorOf(stdout);
}
