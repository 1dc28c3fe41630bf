/**
 * The folder and the processes of one router. Processes are leaders of groups of their own, so that what they start goes with them; should we
 * die first, the private network takes all of them along.
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { Router } from "./description.ts";

/** Makes a command line run on a host of the private network: `(...command) => network.on("router", ...command)`. */
export type OnHost = (...command: readonly string[]) => readonly string[];

/** `/run` is the private network's own, and goes with it. */
const FOLDER = "/run/router-";
const START_MS = 5000;
const ANSWER_MS = 5000;
const END_MS = 2000;
const POLL_MS = 20;
const MOST_LOG = 64 * 1024;
const MOST_ANSWER = 256 * 1024 * 1024;

const runFile = promisify(execFile);

export class Workplace {
  readonly folder: string;
  readonly #onHost: OnHost;
  readonly #processes: ChildProcess[] = [];
  #log = "";

  constructor(onHost: OnHost) {
    this.#onHost = onHost;
    this.folder = mkdtempSync(FOLDER);
    // Some routers give up being root before they look into it.
    chmodSync(this.folder, 0o755);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Gives the path of the file. */
  write(name: string, text: string, mode = 0o640): string {
    writeFileSync(this.path(name), text, { mode });
    return this.path(name);
  }

  start(command: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
    const [file = "", ...args] = this.#onHost(...command);
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env: { ...process.env, ...environment } });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#log = (this.#log + text).slice(-MOST_LOG)));
    }
    child.on("error", (error) => (this.#log += `${error.message}\n`));
    this.#processes.push(child);
  }

  /** Runs one command to its end and gives what it printed. Rejects with what it said where it fails. */
  async ask(file: string, ...args: readonly string[]): Promise<string> {
    const options = { timeout: ANSWER_MS, maxBuffer: MOST_ANSWER };
    const { stdout } = await runFile(file, args, options).catch((error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`Cannot run ${[file, ...args].join(" ")}: ${error.stderr || error.stdout || error.message}`, { cause: error });
    });
    return stdout;
  }

  /** Waits until `ready` gives true and does not reject; rejects with the log where that takes longer than 5 s, or a process has ended. */
  async until(ready: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      if (await ready().catch(() => false)) return;
      if (this.#processes.some(hasEnded)) throw new Error(`The router has ended:\n${this.#log}`);
      if (performance.now() > deadline) throw new Error(`The router is not ready after ${START_MS / 1000} s:\n${this.#log}`);
      await wait(POLL_MS);
    }
  }

  /** What is the same with every router. */
  life(): Pick<Router, "freeze" | "thaw" | "log" | "stop" | "kill"> {
    return {
      freeze: () => this.signal("SIGSTOP"),
      thaw: () => this.signal("SIGCONT"),
      log: () => this.log(),
      stop: () => this.end("SIGTERM"),
      kill: () => this.end("SIGKILL"),
    };
  }

  log(): string {
    return this.#log;
  }

  /** To whole groups. */
  signal(signal: NodeJS.Signals): void {
    for (const child of this.#processes) toGroup(child, signal);
  }

  /** In the reverse order of their start, each when the one before has gone; 2 s later without asking. Then removes the folder. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (signal === "SIGKILL") this.signal(signal);
    for (const child of this.#processes.toReversed()) {
      if (hasEnded(child)) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const timer = setTimeout(() => toGroup(child, "SIGKILL"), END_MS);
      child.kill(signal);
      await ended;
      clearTimeout(timer);
    }
    this.signal("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

function toGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
