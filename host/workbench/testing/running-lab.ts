/** `herald lab` as a process of its own, for tests: what it printed, and what it left behind. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Built before the tests by the gate. */
export const PROGRAM = fileURLToPath(new URL("../../../dist/herald.mjs", import.meta.url));
/** Every process of a lab inherits it. */
const MARK = "HERALD_TEST_MARK";
const PATIENCE_MS = 30_000;
const LOOK_MS = 20;

export interface LabStart {
  /** Set in its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** User and group that it runs as. */
  readonly uid?: number;
}

export interface LabEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class RunningLab {
  readonly process: ChildProcess;
  readonly ended: Promise<LabEnd>;
  readonly #mark = `${process.pid}-${Math.random()}`;
  #stdout = "";
  #stderr = "";
  #hasEnded = false;

  constructor(args: readonly string[], { env = {}, uid }: LabStart = {}) {
    const identity = uid === undefined ? {} : { uid, gid: uid };
    this.process = spawn(process.execPath, [PROGRAM, "lab", ...args], {
      ...identity,
      env: { ...process.env, ...env, [MARK]: this.#mark },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stdout?.on("data", (text) => (this.#stdout += text));
    this.process.stderr?.on("data", (text) => (this.#stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.process.once("error", reject);
      this.process.once("close", (code) => {
        this.#hasEnded = true;
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Resolves with the match when it has printed such a thing behind offset `from`; throws where it ends first or stays silent. */
  async prints(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return await until(`the lab to print ${pattern}`, () => {
      const match = pattern.exec(this.#stdout.slice(from));
      if (match === null && this.#hasEnded) throw new Error(`The lab ended without printing ${pattern}:\n${this.#stdout}${this.#stderr}`);
      return match ?? undefined;
    });
  }

  /** Pids of the processes of this lab whose command line matches. */
  processes(pattern = /./): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        const isOurs = read(pid, "environ").split("\0").includes(`${MARK}=${this.#mark}`);
        return isOurs && pattern.test(read(pid, "cmdline").replaceAll("\0", " "));
      });
  }

  /** Resolves when no process of it is left, and so no namespace and no interface; throws where some stay. */
  async isGone(): Promise<void> {
    await this.ended;
    await until("the lab's processes to end", () => (this.processes().length === 0 ? true : undefined));
  }

  /** For the end of a test, however it went. */
  async kill(): Promise<void> {
    for (const pid of this.processes()) if (existsSync(`/proc/${pid}`)) killNow(pid);
    await this.ended;
  }
}

/** Runs it to its end. */
export async function runLab(args: readonly string[], start: LabStart = {}): Promise<LabEnd> {
  return await new RunningLab(args, start).ended;
}

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  for (const startMs = performance.now(); performance.now() - startMs < PATIENCE_MS; ) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`Waited ${PATIENCE_MS / 1000} s for ${what}`);
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

/** Empty where the process is gone or another user's. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
