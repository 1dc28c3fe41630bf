/** What a process has used of the processor, from `/proc`. */

import { readFileSync } from "node:fs";

/** The unit of `/proc/PID/stat` on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Fields 14 and 15, "utime" and "stime" of proc(5), counted after the name, which may hold anything. */
const USER = 11;
const SYSTEM = 12;

/** Seconds, user and system, since its start. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[USER]) + Number(fields[SYSTEM])) / TICKS_PER_SECOND;
}
