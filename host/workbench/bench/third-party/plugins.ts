/**
 * `herald bench plugins`: what plugins of strangers cost, and what they can take from the others.
 *
 * First idle ones, each in a process of its own, and all in one: start, memory, and a call there and back. Then the ARP responder of `herald
 * bench arp`, flooded on the same pair of links, alone and with hostile plugins in the same Herald, that loop, flood and grow, and are ended and
 * started again. Their processes share the responder's CPU; the generator has another. What counts is the CPU of the thread that answers,
 * and how many answers come.
 */
import { arpFamily } from "../answers/arp-frames.ts";
import { type GeneratorSetup, runGenerator } from "../answers/generator.ts";
import { startGenerator } from "../answers/generator-child.ts";
import { AnswersNetwork } from "../answers/network.ts";
import { defineBench, type Run } from "../harness/bench.ts";
import { count, counts, number, type OptionsOf } from "../harness/flags.ts";
import { interleave, type Measured } from "../harness/interleave.ts";
import { describeMachine, findPinning } from "../harness/machine.ts";
import { type BesideRun, type BesideSetup, besideContenders, runBeside } from "./beside.ts";
import { type CostRun, MODES, measureCost } from "./cost.ts";
import { pluginsFigures } from "./figures.ts";
import { formatReport, type PluginsReport, pluginsTargets } from "./report.ts";

type PluginsPart = { readonly generator: GeneratorSetup } | { readonly beside: BesideSetup };

const flags = {
  rounds: count("rounds", { usual: 5, most: 1000, help: "how often each is measured; ratios are taken inside a round" }),
  plugins: counts("plugins", { usual: "1,3,10", most: 100, help: "how many at a time; the most of them are the hostile ones" }),
  seconds: number("seconds", { usual: 1, most: 60, help: "length of each load" }),
  vips: count("vips", { usual: 1000, most: 65_536, help: "addresses that arp answers for" }),
};

export type PluginsOptions = OptionsOf<typeof flags>;

export const plugins = defineBench({
  summary: "start, memory and call latency of third-party plugins, and ARP beside ten hostile ones",
  network: "some",
  flags,
  brief: { rounds: "3" },
  estimateSeconds: ({ rounds, plugins, seconds }) =>
    rounds * (plugins.reduce((sum, count) => sum + 3 + count * 0.3, 0) + 2 * (3 * seconds + 6)),
  measure,
  format: formatReport,
  async part(setup) {
    const part = setup as PluginsPart;
    if ("generator" in part) await runGenerator(part.generator);
    else await runBeside(part.beside);
  },
});

async function measure(options: PluginsOptions, run: Run): Promise<PluginsReport> {
  const costs = await measureCosts(options, run);
  if (run.withoutNetwork !== null) run.skip("only their cost is measured", run.withoutNetwork);
  const beside = run.withoutNetwork === null ? await measureBeside(options, run) : null;
  const hostile = Math.max(...options.plugins);
  const targets = pluginsTargets(beside, hostile);
  return {
    bench: "plugins",
    machine: describeMachine(),
    options,
    hostile,
    costs,
    beside,
    figures: pluginsFigures(costs, beside ?? []),
    targets,
    notes: [],
  };
}

function measureCosts({ rounds, plugins: counts }: PluginsOptions, run: Run): Promise<Measured<CostRun>[]> {
  const contenders = MODES.flatMap((mode) =>
    counts.map((count) => ({ name: `${mode} ${count}`, measure: async () => [await measureCost(mode, count)] })),
  );
  return interleave(rounds, contenders, (what, share) => run.tell(`${what}, idle`, share / 2));
}

async function measureBeside(options: PluginsOptions, run: Run): Promise<Measured<BesideRun>[]> {
  const { rounds, seconds, vips, plugins: counts } = options;
  const part = (setup: PluginsPart) => run.part(setup);
  const pinning = findPinning();
  const [near, far] = pinning.ok ? pinning.prefixes : [[], []];
  const network = new AnswersNetwork(arpFamily);
  const generator = await startGenerator(network, vips, (setup) => [...near, ...part(setup)]);
  try {
    const contenders = besideContenders({ network, generator, seconds, vips, hostile: Math.max(...counts), pinned: far, part });
    return await interleave(rounds, contenders, (what, share) => run.tell(what, (1 + share) / 2));
  } finally {
    await generator.stop();
  }
}
