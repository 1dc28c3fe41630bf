/** A program that is several processes, as OpenBGPD is: they count together. */
import { readFileSync } from "node:fs";
import { readCpuTime, type Threads } from "./machine.ts";

/** `pid`, and all that came of it and run. */
export function processTree(pid: number): number[] {
  return [pid, ...children(pid).flatMap(processTree)];
}

/** A look at all of them, for `since`. Throws where `pid` itself has ended. */
export function readTreeCpuTime(pid: number): Threads {
  const own = readCpuTime(pid);
  const others = children(pid).flatMap(processTree).flatMap(threadsOf);
  return new Map([...own, ...others]);
}

/** Of all of them, by a reading of one that is 0 where that has ended. */
export function sumOverTree(pid: number, read: (pid: number) => number): number {
  return processTree(pid).reduce((sum, one) => sum + read(one), 0);
}

function children(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function threadsOf(pid: number): [string, { runNs: number; waitNs: number }][] {
  try {
    return [...readCpuTime(pid)];
  } catch {
    return []; // it ended meanwhile
  }
}
