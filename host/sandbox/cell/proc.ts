/** What the kernel says of a process; undefined where it says nothing: the process is gone, or this is not Linux. */

import { readFileSync } from "node:fs";

/** USER_HZ, the same on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

export function residentBytes(pid: number): number | undefined {
  return kilobytes(pid, "VmRSS");
}

/** What RLIMIT_DATA limits. */
export function dataBytes(pid: number): number | undefined {
  return kilobytes(pid, "VmData");
}

/** Processor time since its start. */
export function cpuMs(pid: number): number | undefined {
  // The name before it may have blanks and brackets.
  const fields = textOf(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ");
  return fields && ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
}

function kilobytes(pid: number, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(textOf(`/proc/${pid}/status`) ?? "")?.[1];
  return found === undefined ? undefined : Number(found) * 1024;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
