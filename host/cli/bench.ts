/** `herald bench`: figures that can be reproduced on the very node. */
import type { BgpSubject } from "../workbench/bench/bgp/herald.ts";
import type { Bench } from "../workbench/bench/harness/bench.ts";
import { type Flags, formatFlags, readOptions, yes } from "../workbench/bench/harness/flags.ts";
import { runBench } from "../workbench/bench/harness/run.ts";
import { type Command, type CommandIo, type Part, parseFlags, suggest, UsageError } from "./command.ts";

/** The built-in plugins that are measured. */
export interface BenchSubjects {
  readonly bgp: BgpSubject;
}

/** In the order of lists and reports. No speaker loads any of them, and a bench's own processes load none but it. */
const benches: Readonly<Record<string, (subjects: BenchSubjects) => Promise<Bench>>> = {
  arp: async () => (await import("../workbench/bench/arp/arp.ts")).arp,
  ndp: async () => (await import("../workbench/bench/ndp/ndp.ts")).ndp,
  bgp: async ({ bgp }) => (await import("../workbench/bench/bgp/bgp.ts")).bgpBenchFor(bgp),
  plan: async () => (await import("../workbench/bench/plan/plan.ts")).plan,
  cluster: async () => (await import("../workbench/bench/cluster/cluster.ts")).cluster,
  plugins: async () => (await import("../workbench/bench/third-party/plugins.ts")).plugins,
  failover: async () => (await import("../workbench/bench/failover/failover.ts")).failover,
  guard: async () => (await import("../workbench/bench/guard/guard.ts")).guard,
  manifests: async () => (await import("../workbench/bench/manifests/manifests.ts")).manifests,
  footprint: async () => (await import("../workbench/bench/footprint/footprint.ts")).footprint,
  soak: async () => (await import("../workbench/bench/soak/soak.ts")).soak,
  neighbors: async () => (await import("../workbench/bench/neighbors/neighbors.ts")).neighbors,
};

const help = `
Usage: herald bench [BENCH [flags]]
       herald bench all --report DIR
       herald bench compare A.json B.json

Measures Herald beside others who do the same work, in interleaved rounds of one run. No BENCH lists them all, and
herald bench BENCH --help says what one takes. "all" runs most of them briefly and writes one page of plots; "compare" sets two runs
against each other.

Everything happens in namespaces that vanish with the run; your network is not touched. It needs root, or unprivileged user
namespaces; without either it measures what needs no network and exits 3. The responders in C need a compiler.

Examples:
  herald bench arp --rounds 9 --vips 65536
  herald bench failover --cases death,leave --nodes 3
  herald bench all --report before
`;

/** Of all benches; no bench may have such a name. */
const others = {
  all: "all of these but the longest, briefly, with a report as one page",
  compare: "ratios of two runs, and which of them may be noise",
};

/** What every bench takes. `progress` and `part` are for the bench itself, not for people. */
const common = { json: { type: "boolean" }, progress: { type: "boolean" }, part: { type: "string" } } as const;

/** `version`: which Herald this is. */
export function benchCommandFor(subjects: BenchSubjects, version: string): Command {
  const named = Object.entries(benches).map(([name, load]) => ({ name, load: () => load(subjects) }));
  const parts: Record<string, Part> = {
    ...Object.fromEntries(named.map(({ name, load }) => [name, { load: async () => commandOf(name, await load()) }])),
    all: { load: async () => (await import("../workbench/bench/report/all-command.ts")).allCommandFor(named, version) },
    compare: { load: async () => (await import("../workbench/bench/report/compare-command.ts")).compareCommand },
  };
  return {
    name: "bench",
    summary: "Measure what Herald costs on this machine, beside others",
    help,
    parts,
    async run(args, io) {
      const { positionals } = parseFlags(args, {});
      const [name] = positionals;
      if (name !== undefined) throw new UsageError(`Unknown bench ${name}${suggest(name, Object.keys(parts))}`);
      return list(subjects, io);
    },
  };
}

async function list(subjects: BenchSubjects, io: CommandIo): Promise<number> {
  const width = Math.max(...Object.keys(benches).map((name) => name.length));
  const write = (name: string, summary: string): void => void io.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
  for (const [name, load] of Object.entries(benches)) write(name, (await load(subjects)).summary);
  for (const [name, summary] of Object.entries(others)) write(name, summary);
  return 0;
}

function commandOf(name: string, bench: Bench): Command {
  return {
    name: `bench ${name}`,
    summary: bench.summary,
    help: helpOf(name, bench),
    async run(args, io) {
      const own = Object.values(bench.flags as Flags).map(
        (flag) => [flag.name, { type: flag.value === "" ? "boolean" : "string" }] as const,
      );
      const { values, positionals } = parseFlags(args, { ...Object.fromEntries(own), ...common });
      if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
      const { json = false, progress = false, part, ...texts } = values;
      if (part !== undefined) {
        await bench.part?.(JSON.parse(part));
        return 0;
      }
      const options = readOptions(bench.flags, texts);
      return runBench(bench, { name, options, program: process.argv[1] ?? "", args: ["bench", name, ...args], json, progress }, io);
    },
  };
}

function helpOf(name: string, bench: Bench): string {
  const network = {
    none: "Nothing is sent.",
    some: "What it sends stays in namespaces that vanish with the run. That needs root, or unprivileged user namespaces; without either a part is measured.",
    all: "What it sends stays in namespaces that vanish with the run. That needs root, or unprivileged user namespaces.",
  };
  return [
    `Usage: herald bench ${name} [flags]`,
    "",
    `Measures ${bench.summary}.`,
    network[bench.network],
    "",
    formatFlags({ ...bench.flags, json: yes("json", { help: "the report with every measurement, as one JSON object" }) }),
    "",
    "Exit code: 0 also where a target is missed; 3 where only a part could be measured; 130 when interrupted.",
  ].join("\n");
}
