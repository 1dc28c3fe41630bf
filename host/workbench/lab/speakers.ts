/**
 * The speakers of the lab: real processes of this very program, one a node, started again a second after they end, as systemd or a
 * kubelet would.
 */

import { type ChildProcess, spawn } from "node:child_process";
import type { GroundEvents } from "./ground.ts";
import { readLines } from "./lines.ts";

const RESTART_MS = 1000;
/** Of each speaker's log, to show when it ends. */
const KEPT_LINES = 8;

export interface SpeakersOptions {
  /** Directory or file that they read. */
  readonly manifests: string;
  readonly allocations: string;
  /** The command line that runs a command on a node. */
  on(node: string, ...command: readonly string[]): [string, ...string[]];
  readonly events: Pick<GroundEvents, "onSpeakerEnd" | "onLog">;
}

interface Speaker {
  readonly isController: boolean;
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
}

export class Speakers {
  readonly #options: SpeakersOptions;
  readonly #running = new Map<string, Speaker>();
  readonly #restarts = new Map<string, NodeJS.Timeout>();

  constructor(options: SpeakersOptions) {
    this.#options = options;
  }

  /** Makes the speakers be those of these nodes; the first is the controller. Resolves when all others have ended. */
  async set(nodes: readonly string[]): Promise<void> {
    const isController = (node: string): boolean => node === nodes[0];
    const leaving = [...this.#running].filter(([node, speaker]) => !nodes.includes(node) || speaker.isController !== isController(node));
    for (const [node, timer] of this.#restarts) {
      if (nodes.includes(node)) continue;
      clearTimeout(timer);
      this.#restarts.delete(node);
    }
    await Promise.all(leaving.map(([node, speaker]) => this.#stop(node, speaker)));
    for (const node of nodes) if (!this.#running.has(node) && !this.#restarts.has(node)) this.#start(node, isController(node));
  }

  #start(node: string, isController: boolean): void {
    const { manifests, allocations, on, events } = this.#options;
    const flags = ["--manifests", manifests, "--allocations", allocations, "--node", node, "--interface", "eth0", "--log-format", "text"];
    const self = [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
    const [file, ...args] = on(node, ...self, "run", ...flags, ...(isController ? ["--controller"] : []));
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    const log: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      readLines(stream, (line) => {
        log.push(line);
        if (log.length > KEPT_LINES) log.shift();
        events.onLog(line);
      });
    }
    const ended = new Promise<void>((resolve) => {
      // "close" comes after the last of its log.
      child.once("close", (code, signal) => {
        resolve();
        if (this.#running.get(node)?.process !== child) return;
        this.#running.delete(node);
        this.#restarts.set(
          node,
          setTimeout(() => this.#restart(node, isController), RESTART_MS),
        );
        events.onSpeakerEnd({ node, how: signal ?? `exit code ${code}`, log });
      });
    });
    this.#running.set(node, { isController, process: child, ended });
  }

  #restart(node: string, isController: boolean): void {
    this.#restarts.delete(node);
    this.#start(node, isController);
  }

  async #stop(node: string, { process, ended }: Speaker): Promise<void> {
    this.#running.delete(node);
    process.kill("SIGTERM");
    await ended;
  }
}
