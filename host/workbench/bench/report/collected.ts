/** What a run of several benches gave: `report.json`. */
import type { CommonReport } from "../harness/figures.ts";
import type { Machine } from "../harness/machine.ts";
import type { MachineState } from "../harness/machine-facts.ts";

export interface Part {
  readonly bench: string;
  readonly summary: string;
  /** What repeats it alone. */
  readonly command: readonly string[];
  readonly seconds: number;
  /** Null: nothing was measured. */
  readonly report: CommonReport | null;
  /** Why nothing was measured, or not all; what the bench said last. */
  readonly reason: string | null;
  /** When it had ended. */
  readonly state: MachineState;
}

export interface Collected {
  /** Which Herald it was. */
  readonly herald: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly command: readonly string[];
  readonly machine: Machine;
  /** Before the first bench. */
  readonly state: MachineState;
  readonly parts: readonly Part[];
  /** It was interrupted: parts that are not here did not run. */
  readonly isInterrupted: boolean;
}
