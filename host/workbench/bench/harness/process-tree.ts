/** A program that is several processes, as OpenBGPD is: they count together. */
import { readdirSync, readFileSync } from "node:fs";
import { readCpuTime, type Threads } from "./machine.ts";

/** `pid`, and all that it or one of its threads started, and what came of those, as far as they run. */
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
  return tasks(pid).flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number));
}

/** The threads of a process; none where it has ended. */
export function tasks(pid: number): string[] {
  return list(`/proc/${pid}/task`);
}

/** Names in a directory of `/proc`; none where the process has ended. */
export function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** A file of `/proc`; empty where the process has ended. */
export function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function threadsOf(pid: number): [string, { runNs: number; waitNs: number }][] {
  try {
    return [...readCpuTime(pid)];
  } catch {
    return []; // it ended meanwhile
  }
}
