/** What processes use, until they have nothing left to do. */
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds } from "../../cluster-e2e/process-cpu.ts";

const LOOK_MS = 100;
/** So many looks in a row with no more than one tick of the clock that `cpuSeconds` counts by: it has come to rest. */
const QUIET_LOOKS = 20;
const TICK_SECONDS = 0.011;

export interface AtRest {
  /** When it had come to rest, on the clock of `performance.now()`. */
  readonly sinceMs: number;
  /** CPU seconds since its start, by then. */
  readonly cpuSeconds: number;
}

/** Throws where it has not come to rest after `limitMs`. */
export async function untilAtRest(pid: number, limitMs: number): Promise<AtRest> {
  const deadlineMs = performance.now() + limitMs;
  let rest: AtRest = { sinceMs: performance.now(), cpuSeconds: cpuSeconds(pid) };
  for (let quiet = 0, last = rest.cpuSeconds; quiet < QUIET_LOOKS; ) {
    if (performance.now() > deadlineMs) throw new Error(`Cannot bench: process ${pid} was still busy after ${limitMs / 1000} s`);
    await sleep(LOOK_MS);
    const now = cpuSeconds(pid);
    quiet = now - last <= TICK_SECONDS ? quiet + 1 : 0;
    last = now;
    if (quiet === 0) rest = { sinceMs: performance.now(), cpuSeconds: now };
  }
  return rest;
}

/** CPU seconds of each of these since now, when called. */
export function startCount<Name extends string>(pids: Readonly<Record<Name, number>>): () => Record<Name, number> {
  const names = Object.keys(pids) as Name[];
  const look = () => names.map((name) => cpuSeconds(pids[name]));
  const before = look();
  return () => {
    const after = look();
    return Object.fromEntries(names.map((name, at) => [name, (after[at] ?? 0) - (before[at] ?? 0)])) as Record<Name, number>;
  };
}
