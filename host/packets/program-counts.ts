/** What went through one packet program. */

import { Histogram, type HistogramCounts } from "../observe/histogram.ts";
import type { LoadedProgram } from "./program.ts";

export interface ProgramStatistics {
  readonly rows: number;
  /** Frames and datagrams that got no answer, by reason, and `kernel_queue_full` for those that never reached the program. */
  readonly drops: Readonly<Record<string, number>>;
  readonly received: number;
  readonly sent: number;
  /** What the network did not take: link down, queue full, no such peer. */
  readonly unsent: number;
  /** Seconds from asking the kernel for a batch to having handed it the answers, of batches that were not empty. */
  readonly batchSeconds: HistogramCounts;
}

/** From one frame that meets an idle machine to a batch of 128 that does not. */
const BATCH_BOUNDS = [5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2];

export class ProgramCounts {
  received = 0;
  sent = 0;
  unsent = 0;
  queueFull = 0;
  readonly batchSeconds = new Histogram(BATCH_BOUNDS);

  statistics(program: LoadedProgram): ProgramStatistics {
    const { received, sent, unsent, queueFull, batchSeconds } = this;
    const drops = { ...program.drops(), kernel_queue_full: queueFull };
    return { rows: program.rowCount, received, sent, unsent, drops, batchSeconds: batchSeconds.read() };
  }
}
