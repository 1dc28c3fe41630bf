/** What plugins cost that do nothing: how long one takes to start, what it holds, and how long a call takes there and back. */
import { readProportionalBytes } from "../harness/machine.ts";
import { percentile } from "../harness/statistics.ts";
import { BenchHost, type Lodger } from "./host.ts";
import { idlePlugin } from "./hostile.ts";

export const MODES = ["process", "cell"] as const;
export type Mode = (typeof MODES)[number];

export interface CostRun {
  readonly mode: Mode;
  readonly plugins: number;
  /** From nothing until `start` was answered; of each plugin, one after another. */
  readonly startMs: readonly number[];
  /** Of all their processes: a page that several share counts once (PSS). */
  readonly memoryBytes: number;
  readonly callMicros: { readonly p50: number; readonly p99: number };
}

const CALLS = 500;
/** V8 compiles what is hot. */
const WARM_UP_CALLS = 100;

export async function measureCost(mode: Mode, plugins: number): Promise<CostRun> {
  const host = new BenchHost(mode);
  try {
    const lodgers: Lodger[] = [];
    const startMs: number[] = [];
    for (let at = 0; at < plugins; at++) {
      const since = performance.now();
      lodgers.push(await host.open(idlePlugin(at)));
      startMs.push(performance.now() - since);
    }
    const callMicros = await measureCalls(lodgers);
    const pids = [...new Set(lodgers.map(({ pid }) => pid))];
    return { mode, plugins, startMs, memoryBytes: pids.reduce((sum, pid) => sum + readProportionalBytes(pid), 0), callMicros };
  } finally {
    await host.end();
  }
}

/** One call at a time, each plugin in its turn. */
async function measureCalls(lodgers: readonly Lodger[]): Promise<CostRun["callMicros"]> {
  const micros: number[] = [];
  for (let call = 0; call < WARM_UP_CALLS + CALLS; call++) {
    const { announcer } = (lodgers[call % lodgers.length] as Lodger).running;
    const since = performance.now();
    await announcer.inspect?.("anything");
    if (call >= WARM_UP_CALLS) micros.push((performance.now() - since) * 1000);
  }
  micros.sort((left, right) => left - right);
  return { p50: percentile(micros, 0.5), p99: percentile(micros, 0.99) };
}
