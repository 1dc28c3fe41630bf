/** What a process and those that it started hold and do, as the kernel counts it. */
import { setTimeout as sleep } from "node:timers/promises";
import { readCpuTime, readProportionalBytes, readResidentBytes, since } from "../harness/machine.ts";
import { list, processTree, read, tasks } from "../harness/process-tree.ts";

export interface Held {
  readonly processes: number;
  readonly residentBytes: number;
  /** PSS: a page that several processes have is divided among them. */
  readonly proportionalBytes: number;
  readonly files: number;
  readonly threads: number;
}

export interface Done {
  /** Times that a thread went to sleep, which is how often one woke. */
  readonly wakeupsPerSecond: number;
  /** Of a core. */
  readonly cpuShare: number;
  /** Of the time that the busiest thread wanted to run: others had the CPU. */
  readonly waitShare: number;
}

export function readHeld(pid: number): Held {
  const pids = processTree(pid);
  const sum = (of: (pid: number) => number) => pids.reduce((total, one) => total + of(one), 0);
  return {
    processes: pids.length,
    residentBytes: sum(readResidentBytes),
    proportionalBytes: sum(readProportionalBytes),
    files: sum((one) => list(`/proc/${one}/fd`).length),
    threads: sum((one) => tasks(one).length),
  };
}

/** What it does in the next seconds. */
export async function measureDone(pid: number, seconds: number): Promise<Done> {
  const pids = processTree(pid);
  const look = () => ({ atMs: performance.now(), wakeups: pids.map(countWakeups), cpu: pids.map(readCpuTime) });
  const before = look();
  await sleep(seconds * 1000);
  const after = look();
  const tookSeconds = (after.atMs - before.atMs) / 1000;
  const woken = after.wakeups.reduce((total, count, at) => total + count - (before.wakeups[at] ?? 0), 0);
  const spent = after.cpu.map((cpu, at) => since(before.cpu[at] ?? new Map(), cpu));
  const runNs = spent.reduce((total, one) => total + one.runNs, 0);
  const waitNs = spent.reduce((total, one) => total + one.waitNs, 0);
  return { wakeupsPerSecond: woken / tookSeconds, cpuShare: runNs / 1e9 / tookSeconds, waitShare: waitNs / Math.max(runNs + waitNs, 1) };
}

/** Of all its threads: voluntary context switches, proc_pid_status(5). */
function countWakeups(pid: number): number {
  const counts = tasks(pid).map((task) => /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(read(`/proc/${pid}/task/${task}/status`))?.[1]);
  return counts.reduce((total, count) => total + Number(count ?? 0), 0);
}
