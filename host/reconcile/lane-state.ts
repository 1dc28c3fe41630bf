/** What a lane says of itself, and who waits for it. */

import type { BookedRow } from "./books.ts";
import type { Retry } from "./retries.ts";

export interface LaneRow extends BookedRow {
  /** Why the announcer refused it, and how often in a row. */
  readonly refusal?: Pick<Retry, "reason" | "failures">;
}

export interface LaneState {
  readonly name: string;
  readonly isStarted: boolean;
  readonly desired: number;
  /** Rows by how far they have come; told ones include those on their way out. */
  readonly told: number;
  readonly untold: number;
  readonly unsure: number;
  /** Calls of `apply`, and those of them that failed as a whole. */
  readonly applies: number;
  readonly failures: number;
  /** Milliseconds of the clock. */
  readonly applyingSinceMs: number | undefined;
  readonly lastAppliedAtMs: number | undefined;
  readonly lastApplyTookMs: number | undefined;
  /** Of the last `apply`, undefined when it succeeded. */
  readonly lastError: string | undefined;
}

/** A config that waits for its turn. */
export interface WaitingConfig {
  readonly config: unknown;
  readonly resolve: (isTaken: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** Who waits for an announcer to have taken over everything. */
export interface Taking {
  resolve(): void;
  reject(error: Error): void;
}
