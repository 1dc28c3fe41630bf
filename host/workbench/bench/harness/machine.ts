/** The machine that a bench ran on, and what its scheduler has counted. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { type MachineFacts, readMachineFacts } from "./machine-facts.ts";

export interface Machine extends MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() || process.arch,
    cores: all.length,
    kernel: `Linux ${release()}`,
    node: process.version,
    ...readMachineFacts(),
  };
}

/** As the first line of a table has it. */
export function formatMachine({ cpu, cores, kernel, node }: Machine): string {
  return `${cpu}, ${cores} CPUs, ${kernel}, Node ${node}`;
}

/** What a process spent between two looks at it. */
export interface CpuTime {
  /** On a CPU, all its threads. */
  readonly runNs: number;
  /** Its busiest thread, ready to run but waiting for a CPU. */
  readonly waitNs: number;
}

export type Threads = ReadonlyMap<string, CpuTime>;

/** A look at a process, for `since`. Throws where it has ended, or its kernel counts no scheduling. */
export function readCpuTime(pid: number): Threads {
  const tasks = `/proc/${pid}/task`;
  return new Map(
    readdirSync(tasks).map((task) => {
      // "schedstat" in proc(5): time on CPU, time waiting on a run queue, slices
      const [runNs = 0, waitNs = 0] = readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ").map(Number);
      return [task, { runNs, waitNs }];
    }),
  );
}

export function since(before: Threads, after: Threads): CpuTime {
  const spent = Array.from(after, ([task, { runNs, waitNs }]) => {
    const start = before.get(task);
    return { runNs: runNs - (start?.runNs ?? 0), waitNs: waitNs - (start?.waitNs ?? 0) };
  });
  const busiest = spent.reduce((most, thread) => (thread.runNs > most.runNs ? thread : most), { runNs: 0, waitNs: 0 });
  return { runNs: spent.reduce((sum, { runNs }) => sum + runNs, 0), waitNs: busiest.waitNs };
}

/** Longest that one of its threads was ready to run but waited for a CPU. */
export function longestWaitMs(before: Threads, after: Threads): number {
  return Math.max(0, ...Array.from(after, ([task, { waitNs }]) => waitNs - (before.get(task)?.waitNs ?? 0))) / 1e6;
}

/** Resident memory of a process, without its ended children; 0 where it has ended. */
export function readResidentBytes(pid: number): number {
  return readStatusBytes(pid, /^VmRSS:\s+(\d+) kB$/m);
}

/** Of that, what is of no file. */
export function readAnonymousBytes(pid: number): number {
  return readStatusBytes(pid, /^RssAnon:\s+(\d+) kB$/m);
}

/** The most that it ever had; 0 where it has ended. */
export function readPeakBytes(pid: number): number {
  return readStatusBytes(pid, /^VmHWM:\s+(\d+) kB$/m);
}

/** Resident memory of a process, in which a page that several have is divided among them (PSS); NaN where the kernel does not say. */
export function readProportionalBytes(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? Number.NaN) * 1024;
  } catch {
    return Number.NaN;
  }
}

function readStatusBytes(pid: number, line: RegExp): number {
  try {
    return Number(line.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Prefixes that keep a command on one CPU: the first two that this process may use, so that neither measures the other's work. */
export type Pinning =
  | { ok: true; prefixes: readonly [string[], string[]]; cpus: readonly [number, number] }
  | { ok: false; reason: string };

export function findPinning(): Pinning {
  const allowed = parseCpuList(/^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "");
  const [first, second] = allowed;
  if (first === undefined || second === undefined) return { ok: false, reason: "this process may use one CPU only" };
  const prefix = (cpu: number) => ["taskset", "--cpu-list", `${cpu}`];
  const isThere = [first, second].every((cpu) => spawnSync("taskset", [...prefix(cpu).slice(1), "true"]).status === 0);
  if (!isThere) return { ok: false, reason: "no taskset (apt-get install util-linux)" };
  return { ok: true, prefixes: [prefix(first), prefix(second)], cpus: [first, second] };
}

/** `0-2,5` → 0, 1, 2, 5. */
export function parseCpuList(list: string): number[] {
  return list
    .split(",")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });
}
