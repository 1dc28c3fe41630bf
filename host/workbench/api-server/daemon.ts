/** A process that tests kill, freeze and start again. It ends with us, however we end: the kernel sees to that where `setpriv` is. */

import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { findTool } from "../testing/requirements.ts";

const POLL_MS = 50;
const MOST_LOG = 256 * 1024;
/** What an error shows of it. */
const LOG_TAIL = 4000;

export class Daemon {
  readonly #command: readonly string[];
  #child: ChildProcess | undefined;
  #log = "";

  constructor(command: readonly string[]) {
    const setpriv = findTool("setpriv");
    this.#command = setpriv === undefined ? command : [setpriv, "--pdeathsig", "KILL", "--", ...command];
  }

  start(): void {
    const [file = "", ...args] = this.#command;
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (this.#log = (this.#log + text).slice(-MOST_LOG)));
    }
    child.on("error", (error) => (this.#log += `${error.message}\n`));
    this.#child = child;
  }

  get pid(): number | undefined {
    return this.isRunning() ? this.#child?.pid : undefined;
  }

  isRunning(): boolean {
    return this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The newest of what it printed, of all its lives. */
  log(): string {
    return this.#log;
  }

  /** Waits until `ready` gives true; its rejection is a no. Rejects with the end of the log after `limitMs`, or as soon as the process has ended. */
  async until(ready: () => Promise<boolean>, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (!(await ready().catch(() => false))) {
      if (!this.isRunning()) throw new Error(`${this.#command.at(0)} has ended:\n${this.#log.slice(-LOG_TAIL)}`);
      if (performance.now() > deadline) throw new Error(`Not ready after ${limitMs / 1000} s:\n${this.#log.slice(-LOG_TAIL)}`);
      await wait(POLL_MS);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning()) this.#child?.kill(signal);
  }

  /** Resolves when it has gone. A frozen one goes too. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning()) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    child.kill("SIGCONT");
    await ended;
  }
}
