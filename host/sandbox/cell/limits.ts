/** What a plugin's process may use. */

export interface Limits {
  /** V8's heap of old objects. */
  readonly heapMb: number;
  /** Data beyond what an idle process of the kind has: heap, buffers and all else that is not a file. */
  readonly dataMb: number;
  /** Resident: said in the log, and killed. */
  readonly softRssMb: number;
  readonly hardRssMb: number;
  /** A share of one core, and for how long before it is said, and before it is killed. */
  readonly cpuShare: number;
  readonly cpuWarnMs: number;
  readonly cpuKillMs: number;
  /** How often it is asked whether it lives, and how long it may be silent. */
  readonly beatMs: number;
  readonly silenceMs: number;
  /** From its start until it first speaks, and for loading a plugin. */
  readonly startMs: number;
}

/** Small boards start slowly. */
const SLOW_START = process.arch === "arm" || process.arch === "arm64" ? 4 : 1;

export const DEFAULT_LIMITS: Limits = {
  ...{ heapMb: 64, dataMb: 128, softRssMb: 160, hardRssMb: 256 },
  ...{ cpuShare: 0.8, cpuWarnMs: 30_000, cpuKillMs: 120_000 },
  ...{ beatMs: 500, silenceMs: 2000, startMs: 10_000 * SLOW_START },
};
