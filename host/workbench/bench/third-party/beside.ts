/** ARP flooded, with and without hostile plugins in the same Herald: what they take from it. */
import { readFileSync } from "node:fs";
import type { LoadResult } from "../answers/generator.ts";
import { putLoad } from "../answers/generator-child.ts";
import { type HeraldSetup, runHerald } from "../answers/herald-responder.ts";
import type { AnswersNetwork } from "../answers/network.ts";
import { Child } from "../harness/child.ts";
import type { Contender } from "../harness/interleave.ts";
import { readCpuTime, since, type Threads } from "../harness/machine.ts";
import { BenchHost } from "./host.ts";

export interface BesideSetup {
  readonly responder: HeraldSetup;
  readonly hostile: number;
}

export interface BesideRun {
  readonly load: "flood" | number;
  readonly result: LoadResult;
  /** Of the thread that answers; of all threads where it cannot be told from others. */
  readonly runNs: number;
  readonly isThread: boolean;
}

export const besideNames = { alone: "arp alone", hostile: "arp beside hostile plugins" } as const;

export interface Beside {
  readonly network: AnswersNetwork;
  readonly generator: Child;
  readonly seconds: number;
  readonly vips: number;
  readonly hostile: number;
  readonly pinned: readonly string[];
  readonly part: (setup: { beside: BesideSetup }) => readonly string[];
}

/** As the packet worker has it (`packets/worker.ts`), where it may. */
const WORKER_NICE = -10;
const RATE = 10_000;
/** Processes of plugins start meanwhile, on a CPU that they share with all else. */
const START_TIMEOUT_MS = 120_000;
const WARM_UP_SECONDS = 1;

/** Answers until SIGTERM, with the plugins in its process's care. */
export async function runBeside({ responder, hostile }: BesideSetup): Promise<void> {
  const host = new BenchHost("process");
  await host.harbor(hostile);
  await runHerald(responder);
  process.stdout.write(`${host.restarts}\n`);
  await host.end();
}

/** The two to compare. */
export function besideContenders(beside: Beside): Contender<BesideRun>[] {
  return [
    { name: besideNames.alone, measure: () => measure(beside, 0) },
    { name: besideNames.hostile, measure: () => measure(beside, beside.hostile) },
  ];
}

async function measure({ network, generator, seconds, vips, pinned, part }: Beside, hostile: number): Promise<BesideRun[]> {
  const link = { id: 0, ...network.responder, mac: network.family.stations.responder.mac, up: true };
  const responder: HeraldSetup = { family: network.family.name, driver: "poll", link, vips };
  const child = new Child("Herald", network.at("responder", ...pinned, ...part({ beside: { responder, hostile } })));
  try {
    await child.next(START_TIMEOUT_MS);
    await putLoad(generator, { ratePerSecond: null, seconds: Math.min(WARM_UP_SECONDS, seconds * 4) }, START_TIMEOUT_MS);
    const runs: BesideRun[] = [];
    for (const ratePerSecond of [null, RATE]) {
      const before = readCpuTime(child.pid);
      const result = await putLoad(generator, { ratePerSecond, seconds }, START_TIMEOUT_MS);
      child.mustRun();
      runs.push({ load: ratePerSecond ?? "flood", result, ...answering(child.pid, before, readCpuTime(child.pid)) });
    }
    return runs;
  } finally {
    await child.stop(START_TIMEOUT_MS);
  }
}

function answering(pid: number, before: Threads, after: Threads): Pick<BesideRun, "runNs" | "isThread"> {
  const worker = [...after.keys()].filter((task) => niceOf(pid, task) === WORKER_NICE);
  const of = (threads: Threads): Threads =>
    worker.length === 0 ? threads : new Map([...threads].filter(([task]) => worker.includes(task)));
  return { runNs: since(of(before), of(after)).runNs, isThread: worker.length > 0 };
}

/** proc_pid_stat(5): the 19th field; the name before it may have blanks. */
function niceOf(pid: number, task: string): number {
  const [, rest = ""] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8")) ?? [];
  return Number(rest.split(" ")[16]);
}
