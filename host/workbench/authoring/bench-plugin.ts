/** `herald plugin bench`: what a plugin costs in a process of its own, on a network in memory. */

import { resolve } from "node:path";
import type { Announcer, Log } from "../../announcer.ts";
import { measureProgram, type ProgramCost } from "../../packets/program-facts.ts";
import type { HostedPlugin } from "../../sandbox/hosted.ts";
import { loadBundle } from "../../sandbox/source/load-bundle.ts";
import { readProportionalBytes, readResidentBytes } from "../bench/harness/machine.ts";
import { noise } from "../conformance/noise.ts";
import { noChanges, row } from "../conformance/play.ts";
import { createStage } from "../conformance/stage.ts";
import { memoryWorld } from "./memory-world.ts";
import { apart } from "./open-apart.ts";

export interface PluginCost {
  /** From nothing to a process that has told what it is, and from there to an announcer; medians. */
  readonly openMs: number;
  readonly startMs: number;
  /** By the number of rows that are new. */
  readonly applyMs: Readonly<Record<string, number>>;
  /** One call with nothing to do, there and back. */
  readonly callMicros: { readonly p50: number; readonly p99: number };
  /** What its process alone holds with all rows, and with its share of what others hold, too. Undefined: this machine does not tell. */
  readonly memoryMb: { readonly pss: number; readonly rss: number } | undefined;
  readonly program?: ProgramCost;
}

const MB = 1 << 20;
const SIZES = [1, 100, 10_000];
const STARTS = 5;
const CALLS = 1000;

export async function benchPlugin(path: string, log: Log): Promise<PluginCost> {
  const bundle = await loadBundle(resolve(path));
  const open = apart(bundle, log);
  const opens: number[] = [];
  const starts: number[] = [];
  for (let left = STARTS; left > 1; left--) await live(async () => {});
  return await live(async (plugin, announcer) => {
    const applyMs: Record<string, number> = {};
    for (const size of SIZES) {
      const added = vips(plugin, size).map((vip) => row(vip));
      applyMs[size] = await timed(() => announcer.apply({ ...noChanges, added }));
      if (size < (SIZES.at(-1) ?? 0)) await announcer.apply({ ...noChanges, removed: added });
    }
    const calls = [];
    for (let left = CALLS; left > 0; left--) calls.push((await timed(() => announcer.apply(noChanges))) * 1000);
    const memoryMb = memoryOf(plugin.foreign?.process?.pid);
    const { program } = plugin.foreign ?? {};
    const frames =
      program &&
      noise(
        1,
        256,
        (await plugin.permissions(plugin.example)).flatMap((asked) => (asked.kind === "frame" ? asked.etherType : [])),
      );
    return {
      ...{ openMs: quantile(opens, 0.5), startMs: quantile(starts, 0.5), applyMs, memoryMb },
      callMicros: { p50: quantile(calls, 0.5), p99: quantile(calls, 0.99) },
      ...(program && frames && { program: measureProgram(program, frames) }),
    };
  });

  async function live<Result>(call: (plugin: HostedPlugin, announcer: Announcer) => Promise<Result>) {
    const stage = createStage(["eth0", "eth1"], { world: memoryWorld() });
    try {
      const openedMs = performance.now();
      const plugin = await stage.keep(open());
      opens.push(performance.now() - openedMs);
      const startedMs = performance.now();
      const { announcer } = await stage.start(plugin);
      starts.push(performance.now() - startedMs);
      return await call(plugin, announcer);
    } finally {
      await stage.end();
    }
  }
}

/** RFC 2544 §C.2.2 "Addresses", for benchmarks; RFC 5180 §8 for IPv6. */
function vips({ serves: { families } }: HostedPlugin, count: number): string[] {
  const at = (number: number) => (families.includes(4) ? `198.18.${number >> 8}.${number & 255}` : `2001:2::${number.toString(16)}`);
  return Array.from({ length: count }, (_, number) => at(number + 1));
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await call();
  return performance.now() - startMs;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function memoryOf(pid: number | undefined): PluginCost["memoryMb"] {
  const pss = pid === undefined ? Number.NaN : readProportionalBytes(pid);
  return pid === undefined || Number.isNaN(pss) ? undefined : { pss: pss / MB, rss: readResidentBytes(pid) / MB };
}
