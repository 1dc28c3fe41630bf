/**
 * `herald bench arp`: what an ARP reply costs, beside others who answer.
 *
 * One veth pair between two namespaces. At one end the load generator, alone on a CPU; at the other one responder at a time, on another CPU:
 * Herald, two responders in C, the kernel's own, and nobody. Each round floods every one of them, then sends at fixed rates.
 *
 * The figure to trust is CPU time per reply, as the scheduler counts it for all threads of the responder, compared inside a round. It includes
 * delivery to the other end, which a veth pair does in the sender's name (not where the kernel counts interrupt time apart from processes,
 * CONFIG_IRQ_TIME_ACCOUNTING: there all responders look cheaper). Replies a second measure the generator as soon as all requests are
 * answered. The kernel answers inside the generator's `sendmmsg`, so its figure is what that call costs more than with nobody there.
 */
import { defineBench, type Run } from "../harness/bench.ts";
import type { Child } from "../harness/child.ts";
import { measureEmptyNode } from "../harness/empty-node.ts";
import { count, names as namesFlag, number, type OptionsOf } from "../harness/flags.ts";
import { type Contender, interleave } from "../harness/interleave.ts";
import { findPinning, readCpuTime, readResidentBytes, since } from "../harness/machine.ts";
import { type GeneratorSetup, type Load, runGenerator } from "./generator.ts";
import { putLoad, startGenerator } from "./generator-child.ts";
import { type HeraldSetup, runHerald } from "./herald-responder.ts";
import { ArpNetwork } from "./network.ts";
import { measureArpProgram } from "./program.ts";
import { type ArpReport, createReport } from "./report.ts";
import { createResponders, heraldDrivers, names, type Responder } from "./responders.ts";
import type { ArpRun } from "./summary.ts";
import { formatReport } from "./text.ts";

/** What this bench runs of itself, each as a process of its own. */
type ArpPart = { readonly generator: GeneratorSetup } | { readonly responder: HeraldSetup };

const RATES = [10_000, 100_000] as const;
/** V8 compiles what is hot, in threads of its own that would be counted, for about a second; a speaker runs for weeks. */
const warmUpSeconds = (seconds: number) => Math.min(1, seconds * 4);
/** VIPs that the prefix of the kernel's responder holds, and rows that the packet program does. */
const MOST_VIPS = 65_536;

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

export type ArpOptions = OptionsOf<typeof flags>;

export const arp = defineBench({
  summary: "CPU per ARP reply, replies/s, loss and latency, beside responders in C and the kernel's own",
  network: "some",
  flags,
  brief: { rounds: "3" },
  estimateSeconds: ({ rounds, seconds, drivers }) =>
    rounds * (drivers.length + 4) * (seconds * (1 + RATES.length) + warmUpSeconds(seconds) + 0.5),
  measure,
  format: formatReport,
  async part(setup) {
    const part = setup as ArpPart;
    if ("generator" in part) await runGenerator(part.generator);
    else await runHerald(part.responder);
  },
});

async function measure(options: ArpOptions, run: Run): Promise<ArpReport> {
  if (run.withoutNetwork === null) return measureAll(options, run);
  run.skip("only the packet program is measured", run.withoutNetwork);
  return createReport(options, await measureProgram(options), null);
}

async function measureProgram({ vips, rounds }: ArpOptions): Promise<number[]> {
  return (await measureArpProgram({ vips, rounds })).nsPerFrame;
}

async function measureAll(options: ArpOptions, run: Run): Promise<ArpReport> {
  const { vips, rounds, seconds, drivers } = options;
  const part = (setup: ArpPart) => run.part(setup);
  const pinning = findPinning();
  const [near, far] = pinning.ok ? pinning.prefixes : [[], []];
  const network = new ArpNetwork();
  const { responders, notRun } = createResponders({ network, vips, drivers, pinned: far, part });
  const emptyNodeBytes = await measureEmptyNode();
  const programNs = await measureProgram(options);
  const generator = await startGenerator(network, vips, (setup) => [...near, ...part(setup)]);
  try {
    const contenders = responders.map((responder) => contend(responder, generator, seconds));
    return createReport(options, programNs, { runs: await interleave(rounds, contenders, run.tell), notRun, emptyNodeBytes, pinning });
  } finally {
    await generator.stop();
  }
}

function contend(responder: Responder, generator: Child, seconds: number): Contender<ArpRun> {
  const loads: Load[] = [{ ratePerSecond: null, seconds }, ...RATES.map((ratePerSecond) => ({ ratePerSecond, seconds }))];
  return {
    name: responder.name,
    async measure() {
      const running = await responder.start();
      try {
        const pid = running.child?.pid;
        const runs: ArpRun[] = [];
        await putLoad(generator, { ratePerSecond: null, seconds: warmUpSeconds(seconds) });
        for (const load of responder.name === names.nobody ? loads.slice(0, 1) : loads) {
          const before = pid === undefined ? null : readCpuTime(pid);
          const result = await putLoad(generator, load);
          running.child?.mustRun();
          const used =
            pid === undefined || before === null ? null : { ...since(before, readCpuTime(pid)), residentBytes: readResidentBytes(pid) };
          runs.push({ load: load.ratePerSecond ?? "flood", result, responder: used });
        }
        return runs;
      } finally {
        await running.stop();
      }
    },
  };
}
