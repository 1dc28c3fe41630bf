/** Runs one command in a process group of its own, with a time limit; nothing that it started outlives it. */
import { spawn } from "node:child_process";
import type { Outcome } from "./judge.ts";
import { REPORT_DESCRIPTOR, REPORT_VARIABLE, type SuiteRecord } from "./recorder.ts";

const groups = new Set<number>();

export interface RunOptions {
  readonly cwd: string;
  readonly timeLimitMs: number;
}

export function runFile([file = "", ...args]: readonly string[], { cwd, timeLimitMs }: RunOptions): Promise<Outcome> {
  const env = { ...process.env, [REPORT_VARIABLE]: "1" };
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const { pid } = child;
  let output = "";
  let report = "";
  let timedOut = false;
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  child.stdio[REPORT_DESCRIPTOR]?.on("data", (chunk) => (report += chunk));
  if (pid !== undefined) groups.add(pid);
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(pid);
  }, timeLimitMs);
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ suites: null, exitCode: 1, signal: null, timedOut, output: error.message }));
    child.on("exit", () => {
      killGroup(pid); // what it left behind would hold the pipes open
      if (pid !== undefined) groups.delete(pid);
    });
    child.on("close", (exitCode, signal) => {
      clearTimeout(timer);
      const suites = report === "" ? null : (JSON.parse(report) as SuiteRecord[]);
      resolve({ suites, exitCode, signal, timedOut, output });
    });
  });
}

/** For when the gate itself is stopped: the groups do not get the terminal's Ctrl-C. */
export function killAll(): void {
  for (const pid of groups) killGroup(pid);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined || !groups.has(pid)) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
