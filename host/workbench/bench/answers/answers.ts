/**
 * `herald bench arp` and `herald bench ndp`: what an answer to "who has this address?" costs, beside others who answer.
 *
 * One veth pair between two namespaces. At one end the load generator, alone on a CPU; at the other one responder at a time, on another CPU:
 * Herald, two responders in C, the kernel's own, a program of others (farpd, ndppd), and nobody. Each round floods every one of
 * them, then sends at fixed rates.
 *
 * The figure to trust is CPU time per reply, as the scheduler counts it for all threads of the responder, compared inside a round. It includes
 * delivery to the other end, which a veth pair does in the sender's name (not where the kernel counts interrupt time apart from processes,
 * CONFIG_IRQ_TIME_ACCOUNTING: there all responders look cheaper). Replies a second measure the generator as soon as all requests are
 * answered. The kernel answers inside the generator's `sendmmsg`, so its figure is what that call costs more than with nobody there.
 *
 * A family (`family.ts`) is what ARP and NDP differ in; all else is one code for both.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { defineBench, type Run } from "../harness/bench.ts";
import type { Child } from "../harness/child.ts";
import { measureEmptyNode } from "../harness/empty-node.ts";
import { count, names as namesFlag, number, type OptionsOf } from "../harness/flags.ts";
import { type Contender, interleave } from "../harness/interleave.ts";
import { findPinning, readCpuTime, readResidentBytes, since } from "../harness/machine.ts";
import { heraldDrivers, names } from "./contenders.ts";
import { type Family, MOST_VIPS } from "./family.ts";
import { type GeneratorSetup, type Load, runGenerator } from "./generator.ts";
import { putLoad, startGenerator } from "./generator-child.ts";
import { type HeraldSetup, runHerald } from "./herald-responder.ts";
import { AnswersNetwork } from "./network.ts";
import { measureProgram } from "./program.ts";
import { type AnswersReport, createReport } from "./report.ts";
import { createResponders, type NotRun, type Responder } from "./responders.ts";
import type { AnswersRun } from "./summary.ts";
import { formatReport } from "./text.ts";

/** What a bench runs of itself, each as a process of its own. */
type AnswersPart = { readonly generator: GeneratorSetup } | { readonly responder: HeraldSetup };

const RATES = [10_000, 100_000] as const;
/** Two in C, the kernel, a peer and nobody. */
const CONTENDERS_BESIDE = 5;
/** V8 compiles what is hot, in threads of its own that would be counted, for about a second; a speaker runs for weeks. */
const warmUpSeconds = (seconds: number) => Math.min(1, seconds * 4);
/** A peer that answers so much of a gentle load is at work. */
const AT_WORK = 0.5;
const AT_WORK_LIMIT_MS = 15_000;
const GENTLE_RATE = 1000;
const PAUSE_MS = 100;

const flags = {
  rounds: count("rounds", { usual: 5, most: 1000, help: "how often each is measured; ratios are taken inside a round" }),
  seconds: number("seconds", { usual: 1, most: 60, help: "length of each load" }),
  vips: count("vips", { usual: 1000, most: MOST_VIPS, help: "addresses answered for" }),
  drivers: namesFlag("driver", {
    known: heraldDrivers,
    usual: ["poll"],
    help: `how Herald waits, of ${heraldDrivers.join(", ")} (as a third-party program)`,
  }),
};

export type AnswersOptions = OptionsOf<typeof flags>;

/** The bench of one family; `summary` is its line in lists. */
export function answersBench(family: Family, summary: string) {
  return defineBench({
    summary,
    network: "some",
    flags,
    brief: { rounds: "3" },
    estimateSeconds: ({ rounds, seconds, drivers }) =>
      rounds * (drivers.length + CONTENDERS_BESIDE) * (seconds * (1 + RATES.length) + warmUpSeconds(seconds) + 0.8),
    measure: (options, run) => measure(family, options, run),
    format: formatReport,
    async part(setup) {
      const part = setup as AnswersPart;
      if ("generator" in part) await runGenerator(part.generator);
      else await runHerald(part.responder);
    },
  });
}

async function measure(family: Family, options: AnswersOptions, run: Run): Promise<AnswersReport> {
  if (run.withoutNetwork === null) return measureAll(family, options, run);
  run.skip("only the packet program is measured", run.withoutNetwork);
  return createReport(family.name, options, measureProgram(family, options), null);
}

async function measureAll(family: Family, options: AnswersOptions, run: Run): Promise<AnswersReport> {
  const { vips, rounds, drivers } = options;
  const part = (setup: AnswersPart) => run.part(setup);
  const pinning = findPinning();
  const [near, far] = pinning.ok ? pinning.prefixes : [[], []];
  const network = new AnswersNetwork(family);
  const { responders, notRun, notes } = createResponders({ network, vips, drivers, pinned: far, part });
  const emptyNodeBytes = await measureEmptyNode();
  const programNs = measureProgram(family, options);
  const generator = await startGenerator(network, vips, (setup) => [...near, ...part(setup)]);
  try {
    const failed: NotRun[] = [];
    const contenders = responders.map((responder) => contend(responder, generator, options, failed));
    const runs = await interleave(rounds, contenders, run.tell);
    return createReport(family.name, options, programNs, { runs, notRun: [...notRun, ...failed], notes, emptyNodeBytes, pinning });
  } finally {
    await generator.stop();
  }
}

/** A peer that fails is told in `failed`, a round at a time. */
function contend(responder: Responder, generator: Child, options: AnswersOptions, failed: NotRun[]): Contender<AnswersRun> {
  const { name, isPeer = false } = responder;
  return {
    name,
    async measure() {
      try {
        return await measureLoads(responder, generator, options);
      } catch (error) {
        if (!isPeer) throw error;
        failed.push({ name, reason: (error as Error).message });
        return [];
      }
    },
  };
}

async function measureLoads(responder: Responder, generator: Child, { seconds, vips }: AnswersOptions): Promise<AnswersRun[]> {
  const { name, manner = {}, graceMs, isPeer = false } = responder;
  const put = (ratePerSecond: number | null, lengthSeconds = seconds) =>
    putLoad(generator, { ratePerSecond, seconds: lengthSeconds, manner, ...(graceMs === undefined ? {} : { graceMs }) });
  const rates: Load["ratePerSecond"][] = name === names.nobody ? [null] : [null, ...RATES];
  const runs: AnswersRun[] = [];
  const { pid, mustRun, stop } = await responder.start();
  try {
    if (isPeer) await untilAtWork(name, () => put(Math.max(GENTLE_RATE, vips / 2), Math.min(2, Math.max(0.2, vips / GENTLE_RATE))));
    await put(null, warmUpSeconds(seconds));
    for (const rate of rates) {
      const before = pid === null ? null : readCpuTime(pid);
      const result = await put(rate);
      mustRun();
      runs.push({ load: rate ?? "flood", result, responder: pid === null || before === null ? null : useOf(pid, before) });
    }
    return runs;
  } finally {
    await stop();
  }
}

function useOf(pid: number, before: ReturnType<typeof readCpuTime>): AnswersRun["responder"] {
  return { ...since(before, readCpuTime(pid)), residentBytes: readResidentBytes(pid) };
}

/** It does not say when it is ready, and may look first whether an address is free. Throws where it never answers. */
async function untilAtWork(name: string, ask: () => ReturnType<typeof putLoad>): Promise<void> {
  for (const deadlineMs = performance.now() + AT_WORK_LIMIT_MS; ; await sleep(PAUSE_MS)) {
    const { requests, checked, wrong } = await ask();
    const right = checked - wrong;
    if (right >= requests * AT_WORK || (right > 0 && performance.now() > deadlineMs)) return;
    if (performance.now() > deadlineMs)
      throw new Error(`Cannot bench: ${name} answered none of ${requests} requests after ${AT_WORK_LIMIT_MS / 1000} s`);
  }
}
