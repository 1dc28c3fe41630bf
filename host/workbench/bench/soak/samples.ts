/** Memory of a process over time. */
import { readAnonymousBytes, readProportionalBytes, readResidentBytes } from "../harness/machine.ts";

/** In bytes; null: could not be read at that time. */
export interface MemorySample {
  readonly atSeconds: number;
  /** Resident. */
  readonly residentBytes: number;
  /** Resident, with shared pages divided among those who share them. */
  readonly proportionalBytes: number | null;
  /** Resident, and of no file. */
  readonly anonymousBytes: number;
  /** Live JavaScript objects, and what V8 has room for. */
  readonly heapUsedBytes: number | null;
  readonly heapTotalBytes: number | null;
}

/** Undefined where the process has ended. */
export function readMemory(pid: number): Omit<MemorySample, "atSeconds" | "heapUsedBytes" | "heapTotalBytes"> | undefined {
  const residentBytes = readResidentBytes(pid);
  if (residentBytes === 0) return undefined;
  const proportional = readProportionalBytes(pid);
  return {
    residentBytes,
    proportionalBytes: Number.isNaN(proportional) ? null : proportional,
    anonymousBytes: readAnonymousBytes(pid),
  };
}
