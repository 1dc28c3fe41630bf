/** A process of a bench that talks in lines: we write one, it answers one. */
import { type ChildProcess, spawn } from "node:child_process";

/** By then a part of a bench has started; a busy small board takes its time. */
export const START_LIMIT_MS = 40_000;
const STOP_TIMEOUT_MS = 3000;
const LAST_WORDS_MS = 200;

export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #ended: Promise<void>;
  #errors = "";
  #hasEnded = false;
  #wake: () => void = () => {};

  constructor(name: string, [file = "", ...args]: readonly string[]) {
    this.#name = name;
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#process = child;
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines);
      this.#wake();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    child.stdin.on("error", () => {}); // it ended: `next` says so
    this.#ended = new Promise((resolve) => {
      const end = (error?: Error) => {
        this.#errors += error?.message ?? "";
        this.#hasEnded = true;
        this.#wake();
        resolve();
      };
      child.once("error", end);
      child.once("close", () => end());
      // What it started may outlive it and hold its output open.
      child.once("exit", () => {
        setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        }, LAST_WORDS_MS);
      });
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  send(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** The next line that it prints. Throws where it ends first, with what it said, or stays silent for `timeoutMs`. */
  async next(timeoutMs: number): Promise<string> {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      this.mustRun();
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new Error(`Cannot bench: ${this.#name} was silent for ${timeoutMs / 1000} s`);
      await this.#wait(leftMs);
    }
  }

  /** Throws where it has ended, with what it said. */
  mustRun(): void {
    if (this.#hasEnded) throw new Error(`Cannot bench: ${this.#name} ended early: ${this.#errors.trim() || "it said nothing"}`);
  }

  /** One that does not end within `timeoutMs` is killed. */
  async stop(timeoutMs = STOP_TIMEOUT_MS): Promise<void> {
    if (this.#hasEnded) return;
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), timeoutMs);
    await this.#ended;
    clearTimeout(timer);
  }

  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
