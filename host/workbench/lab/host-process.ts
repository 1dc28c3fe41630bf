/** A process of ours on a host of the lab: it is asked, one JSON message at a time, and answers. */

import { type ChildProcess, spawn } from "node:child_process";
import { OUTER_PROC_FD } from "../private-network.ts";

type Answer = { readonly id: number; readonly result?: unknown; readonly error?: string };

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
}

export class HostProcess {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #isStopping = false;
  #nextId = 1;

  /** `onLost`: it ended by itself; whoever waits for an answer gets the same error. */
  constructor(name: string, [file, ...args]: [string, ...string[]], onLost: (error: Error) => void) {
    this.#name = name;
    const stdio = ["ignore", "ignore", "inherit", "ipc", OUTER_PROC_FD] as const;
    this.#process = spawn(file, args, { stdio: [...stdio] });
    this.#process.on("message", (answer: Answer) => this.#take(answer));
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        const error = new Error(`The ${name} ended: ${how}`);
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
        resolve();
        if (!this.#isStopping) onLost(error);
      };
      this.#process.once("error", (error) => end(error.message));
      this.#process.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  /** Throws what the other side threw. */
  call<Result>(request: unknown): Promise<Result> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, request }, (error) => {
        if (error !== null && this.#waiting.delete(id)) reject(new Error(`Cannot ask the ${this.#name}: ${error.message}`));
      });
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  #take({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result as never);
    else waiting?.reject(new Error(`The ${this.#name} failed: ${error}`));
  }
}

/** In that process: answers until the other side is gone. */
export function serve<Request>(handle: (request: Request) => Promise<unknown>): Promise<void> {
  process.on("message", ({ id, request }: { id: number; request: Request }) => {
    handle(request).then(
      (result) => process.send?.({ id, result }),
      (error: Error) => process.send?.({ id, error: error.message }),
    );
  });
  return new Promise((resolve) => process.once("disconnect", resolve));
}
