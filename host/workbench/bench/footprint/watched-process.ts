/** A process of Herald's that a bench watches: it says when it is ready, and the bench hears each line and how it ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { readLines } from "../../lab/lines.ts";

const KEPT_LINES = 8;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;

export class WatchedProcess {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #ended: Promise<string>;
  readonly #ready: Promise<void>;
  #how: string | undefined;

  /** `isReady`: of a line that it prints; `onLine` hears them all. */
  constructor(
    name: string,
    [file, ...args]: readonly [string, ...string[]],
    isReady: (line: string) => boolean,
    onLine = (_: string) => {},
  ) {
    this.#name = name;
    this.#process = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    let ready = (): void => {};
    this.#ready = new Promise((resolve) => (ready = resolve));
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream === null) continue;
      readLines(stream, (line) => {
        if (this.#lines.push(line) > KEPT_LINES) this.#lines.shift();
        if (isReady(line)) ready();
        onLine(line);
      });
    }
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#how ??= how;
        resolve(how);
      };
      this.#process.once("error", (error) => end(error.message));
      this.#process.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** How it has ended; undefined: it runs. */
  get ended(): string | undefined {
    return this.#how;
  }

  /** Throws where it ends first, or is not ready in time. */
  async ready(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`it was not ready after ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
    });
    const how = await Promise.race([this.#ready, this.#ended, late]);
    clearTimeout(timer);
    if (how !== undefined) throw this.#failure(how);
  }

  /** Resolves to how it ended. */
  untilEnd(): Promise<string> {
    return this.#ended;
  }

  /** Throws where it has ended. */
  mustRun(): void {
    if (this.#how !== undefined) throw this.#failure(this.#how);
  }

  /** SIGTERM, and SIGKILL for one that does not listen; resolves to how it ended, at once where it had before. */
  async stop(): Promise<string> {
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), STOP_LIMIT_MS);
    const how = await this.#ended;
    clearTimeout(timer);
    return how;
  }

  #failure(how: string): Error {
    return new Error(`Cannot bench: ${this.#name} failed: ${how}\n${this.#lines.join("\n")}`);
  }
}
