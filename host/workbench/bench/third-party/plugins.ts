/**
 * `herald bench plugins`: what plugins of strangers cost, and what they can take from the others.
 *
 * First idle ones, each in a process of its own, and all in one: start, memory, and a call there and back. Then the ARP responder of `herald
 * bench arp`, flooded on the same pair of links, alone and with hostile plugins in the same Herald, that loop, flood and grow, and are ended and
 * started again. Their processes share the responder's CPU; the generator has another. What counts is the CPU of the thread that answers,
 * and how many answers come.
 */
import type { CommandIo } from "../../../cli/command.ts";
import { enter, findWay, isInside, onLetGo } from "../../private-network.ts";
import { type GeneratorSetup, runGenerator } from "../arp/generator.ts";
import { startGenerator } from "../arp/generator-child.ts";
import { ArpNetwork } from "../arp/network.ts";
import type { Bench, PluginsOptions, Self } from "../harness/bench.ts";
import { interleave, type Measured } from "../harness/interleave.ts";
import { describeMachine, findPinning } from "../harness/machine.ts";
import { type BesideRun, type BesideSetup, besideContenders, runBeside } from "./beside.ts";
import { type CostRun, MODES, measureCost } from "./cost.ts";
import { formatReport, type PluginsReport, pluginsTargets } from "./report.ts";

type PluginsPart = { readonly generator: GeneratorSetup } | { readonly beside: BesideSetup };

const NOT_ALLOWED = 3;
const INTERRUPTED = 130;

export const plugins: Bench = {
  run,
  async part(setup) {
    const part = setup as PluginsPart;
    if ("generator" in part) await runGenerator(part.generator);
    else await runBeside(part.beside);
  },
};

async function run(options: PluginsOptions, io: CommandIo, self: Self): Promise<number> {
  if (!isInside()) {
    const way = findWay();
    if (way.ok) return enter(way, self.all);
    io.stderr.write(`herald bench plugins: only their cost is measured, since no private network can be made here: ${way.reason}\n`);
    show(await measureCosts(options, io), null, options, io);
    return NOT_ALLOWED;
  }
  onLetGo(() => process.exit(INTERRUPTED));
  const costs = await measureCosts(options, io);
  show(costs, await measureBeside(options, io, self.part), options, io);
  return 0;
}

function show(
  costs: PluginsReport["costs"],
  beside: PluginsReport["beside"],
  { rounds, json, plugins: counts }: PluginsOptions,
  io: CommandIo,
) {
  const hostile = Math.max(...counts);
  const targets = pluginsTargets(beside, hostile);
  const report: PluginsReport = { bench: "plugins", machine: describeMachine(), rounds, hostile, costs, beside, targets };
  io.stdout.write(json ? `${JSON.stringify(report)}\n` : formatReport(report));
}

function measureCosts({ rounds, plugins: counts }: PluginsOptions, io: CommandIo): Promise<Measured<CostRun>[]> {
  const contenders = MODES.flatMap((mode) =>
    counts.map((count) => ({ name: `${mode} ${count}`, measure: async () => [await measureCost(mode, count)] })),
  );
  return interleave(rounds, contenders, (round, name) => void io.stderr.write(`Round ${round + 1}: ${name} idle\n`));
}

async function measureBeside(options: PluginsOptions, io: CommandIo, self: readonly string[]): Promise<Measured<BesideRun>[]> {
  const { rounds, seconds, vips, plugins: counts } = options;
  const part = (setup: PluginsPart) => [process.execPath, ...process.execArgv, ...self, JSON.stringify(setup)];
  const pinning = findPinning();
  const [near, far] = pinning.ok ? pinning.prefixes : [[], []];
  const network = new ArpNetwork();
  const generator = await startGenerator(network, vips, (setup) => [...near, ...part(setup)]);
  try {
    const contenders = besideContenders({ network, generator, seconds, vips, hostile: Math.max(...counts), pinned: far, part });
    return await interleave(rounds, contenders, (round, name) => void io.stderr.write(`Round ${round + 1}: ${name}\n`));
  } finally {
    await generator.stop();
  }
}
