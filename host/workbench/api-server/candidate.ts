/** A controller that stands for election, in a process of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { LeaseTimes } from "../../cluster/kubernetes/leader/term.ts";
import { until } from "../testing/promises.ts";
import type { ApiServer } from "./api-server.ts";

const PROGRAM = fileURLToPath(new URL("candidate-program.ts", import.meta.url));
const LIMIT_MS = 60_000;

export class Candidate {
  readonly name: string;
  /** Its log. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;

  constructor(server: ApiServer, name: string, times: LeaseTimes) {
    const args = ["--import", "tsx", PROGRAM, server.kubeconfig(), name, JSON.stringify(times)];
    this.name = name;
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => this.lines.push(line));
  }

  /** How often it has said something. */
  count(text: string): number {
    return this.lines.filter((line) => line.includes(text)).length;
  }

  says(text: string, times = 1): Promise<void> {
    return until(() => this.count(text) >= times, LIMIT_MS);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill(signal);
    await ended;
  }
}
