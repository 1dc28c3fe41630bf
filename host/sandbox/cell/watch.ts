/**
 * Watches one process: that it answers, what it holds, and what it computes.
 *
 * Silence is counted in beats, not by the clock: a host that was stopped itself counts one. A process of the lowest priority may be starved on a busy machine; one that
 * had no second of processor time meanwhile is given five times as long.
 */

import type { Log } from "../../announcer.ts";
import type { Limits } from "./limits.ts";
import { cpuMs, residentBytes } from "./proc.ts";

export interface Watched {
  readonly pid: number;
  readonly limits: Limits;
  readonly log: Log;
  /** Answers as soon as the process does. */
  ask(): Promise<unknown>;
  kill(kind: "watchdog" | "memory limit" | "cpu limit", reason: string): void;
}

const MB = 1 << 20;
/** Of the silence that is allowed, computing: it was not starved. */
const BUSY_SHARE = 0.5;
const STARVED_FACTOR = 5;

/** Watches until the returned function is called. */
export function watch({ pid, limits, log, ask, kill }: Watched): () => void {
  let silentBeats = 0;
  let isAsked = false;
  let cpuAtAnswer = cpuMs(pid) ?? 0;
  const beat = (): void => {
    silentBeats++;
    const silentMs = silentBeats * limits.beatMs;
    if (silentMs > limits.silenceMs) {
      const isBusy = (cpuMs(pid) ?? Number.POSITIVE_INFINITY) - cpuAtAnswer >= limits.silenceMs * BUSY_SHARE;
      if (isBusy || silentMs > limits.silenceMs * STARVED_FACTOR) kill("watchdog", `it did not answer for ${silentMs / 1000} s`);
    }
    if (isAsked) return;
    isAsked = true;
    ask().then(
      () => {
        isAsked = false;
        silentBeats = 0;
        cpuAtAnswer = cpuMs(pid) ?? 0;
      },
      () => undefined,
    );
  };
  const watchMemory = memoryWatch(pid, limits, log, kill);
  const watchCpu = cpuWatch(pid, limits, log, kill);
  const timer = setInterval(() => {
    beat();
    watchMemory();
    watchCpu();
  }, limits.beatMs);
  return () => clearInterval(timer);
}

function memoryWatch(pid: number, { softRssMb, hardRssMb }: Limits, log: Log, kill: Watched["kill"]): () => void {
  let isSaid = false;
  return () => {
    const residentMb = Math.round((residentBytes(pid) ?? 0) / MB);
    if (residentMb > hardRssMb) return kill("memory limit", `it held ${residentMb} MB, at most ${hardRssMb} are allowed`);
    if (residentMb > softRssMb && !isSaid) log.warn("A plugin's process holds much memory", { pid, residentMb, softRssMb, hardRssMb });
    isSaid = residentMb > softRssMb;
  };
}

/** By the share of one core from beat to beat. */
function cpuWatch(pid: number, limits: Limits, log: Log, kill: Watched["kill"]): () => void {
  let last = { cpu: cpuMs(pid) ?? 0, ms: performance.now() };
  let busySinceMs: number | undefined;
  let isSaid = false;
  return () => {
    const now = { cpu: cpuMs(pid) ?? last.cpu, ms: performance.now() };
    const isBusy = (now.cpu - last.cpu) / (now.ms - last.ms) > limits.cpuShare;
    busySinceMs = isBusy ? (busySinceMs ?? last.ms) : undefined;
    last = now;
    const busyMs = busySinceMs === undefined ? 0 : now.ms - busySinceMs;
    const percent = Math.round(limits.cpuShare * 100);
    if (busyMs > limits.cpuKillMs) return kill("cpu limit", `it used more than ${percent} % of a core for ${Math.round(busyMs / 1000)} s`);
    if (busyMs > limits.cpuWarnMs && !isSaid)
      log.warn("A plugin's process computes all the time", { pid, percent, seconds: Math.round(busyMs / 1000) });
    isSaid = busyMs > limits.cpuWarnMs;
  };
}
