/** `herald bench`: figures that can be reproduced on the very node. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { FlagValues } from "../announcer.ts";
import type { BgpSubject } from "../workbench/bench/bgp/herald.ts";
import type { Bench, BenchOptions, FailoverOptions, HeraldDriver } from "../workbench/bench/harness/bench.ts";
import { type Command, type CommandIo, parseFlags, suggest, UsageError } from "./command.ts";

/** Kept in step with `bgp-senders.ts` by a test: no speaker loads that. */
export const senderNames = ["herald", "bird", "frr", "gobgp", "exabgp", "replay"] as const;
/** Likewise of `failover-cases.ts`. */
export const failoverCases = [
  "death",
  "link-down",
  "freeze",
  "kill",
  "stop",
  "leave",
  "drain",
  "rolling",
  "partition",
  "isolated",
  "calm",
] as const;

const help = `
Usage: herald bench [BENCH] [flags]

Measures Herald beside others who do the same work, in interleaved rounds of one run. No BENCH lists them all.

  arp                 CPU per ARP reply, replies/s, loss and latency: both drivers of Herald, two responders in C, the kernel
  bgp                 from Established to the last of 1k to 1M routes, withdrawal, one change, CPU and memory: Herald, bird, frr,
                      gobgp, exabgp; encoding and diffing alone
  cluster             a real API server with 10,000 Services and 1,000 Nodes: allocation, memory of a speaker, updates of
                      endpoints, and from a new Service to the wire
  failover            how long nobody answers when the owner of a VIP dies, loses its link, stands still or leaves; new connections
                      lost; false take-overs
  guard               what it costs that nobody trusts a packet program: fuel, and a guard that looks at each frame
  manifests           from the start to the first answer with 10,000 Services in manifests, and from an edit to the wire
  neighbors           whether a Linux kernel keeps a VIP of each family in its neighbor table for minutes without a gap
  plan                who owns what with 3 to 5,000 nodes and 10,000 VIPs: BFD sessions, moves when a node joins or leaves, CPU time
  plugins             start, memory and call latency of third-party plugins, and ARP beside ten hostile ones

Everything happens in namespaces that vanish with the run; your network is not touched. It needs root, or unprivileged user
namespaces; without either it measures what needs no network and exits 3. The responders in C need a compiler.

Flags:
  --rounds N          how often each is measured (default 5, of bgp 3); ratios are taken inside a round
  --json              the report with every measurement, as one JSON object
  --help, -h          this text

of arp:
  --seconds S         length of each load (default 1, of cluster 20)
  --vips N            addresses answered for (default 1000)
  --driver A,B        of event-loop, blocking and guarded (as a third-party program); default the first two

of bgp:
  --sizes N,N         routes (default 1000,100000; with --full also 1000000); each with 1 and with 1,000 attribute sets
  --senders A,B       of ${senderNames.join(", ")} (default all; exabgp only up to 1,000 routes without --full)
  --limit S           for loading, for telling and for withdrawing (default 20; with --full 120); what takes longer is "> S s"
  --full              also 1M routes, exabgp at every size

of cluster, which also takes --seconds, and needs kube-apiserver and etcd in $KUBEBUILDER_ASSETS:
  --services N        Services, each with an EndpointSlice (default 10000)
  --nodes N           Nodes (default 1000)
  --writes N          new Services, one at a time (default 100)
  --rest S            before the memory of a speaker is read (default 30)
  --logs DIR          keep what the speakers log there

of failover:
  --cases A,B         of ${failoverCases.join(", ")} (default all but calm)
  --trials N          of each case (default 20)
  --nodes N,N         clusters of so many nodes, 2 to 16 (default 2,3,8)
  --families 4,6      of the VIPs; with both, one Service has a VIP of each (default 4,6)
  --minutes M         of calm: no fault, while every core is kept busy (default 30)
  --logs DIR          keep what the speakers log there

of neighbors:
  --minutes M         how long it looks (default 10)

of manifests:
  --services N        Services in the directory (default 10000)
  --edits N           changes of one document (default 200)
  --directory DIR     where the manifests are written (default: in memory)

of plan:
  --vips N            VIPs (default 10000)
  --nodes N,N         clusters of so many nodes, 2 to 5000 (default 3,30,1000,5000)

of plugins, which also takes --seconds and --vips:
  --plugins N,N       how many at a time, 1 to 100 (default 1,3,10); the most of them are the hostile ones

Exit code: 0 also where a target is missed, but 1 where neighbors finds a gap; 3 where only a part could be measured; 130 when interrupted.

Examples:
  herald bench arp --rounds 9 --vips 65536
  herald bench failover --cases death,leave --nodes 3
  herald bench manifests --directory /var/lib
`;

/** The built-in plugins that are measured. */
export interface BenchSubjects {
  readonly bgp: BgpSubject;
}

/** What each measures, and where it is: no speaker loads any of them. */
const benches: Readonly<Record<string, { summary: string; load(subjects: BenchSubjects): Promise<Bench> }>> = {
  arp: {
    summary: "CPU per ARP reply, replies/s, loss and latency, beside responders in C and the kernel's own",
    load: async () => (await import("../workbench/bench/arp/arp.ts")).arp,
  },
  bgp: {
    summary: "time, CPU and memory to tell 1k to 1M routes, beside bird, frr, gobgp and exabgp",
    load: async ({ bgp }) => (await import("../workbench/bench/bgp/bgp.ts")).bgpBenchFor(bgp),
  },
  cluster: {
    summary: "controller and speaker on a real API server with 10,000 Services, 10,000 EndpointSlices and 1,000 Nodes",
    load: async () => (await import("../workbench/bench/cluster/cluster.ts")).cluster,
  },
  failover: {
    summary: "how long nobody answers when the owner of a VIP fails or leaves, with 2, 3 and 8 nodes",
    load: async () => (await import("../workbench/bench/failover/failover.ts")).failover,
  },
  guard: {
    summary: "what fuel and a guard add to a packet program",
    load: async () => (await import("../workbench/bench/guard/guard.ts")).guard,
  },
  manifests: {
    summary: "start to first answer with 10,000 Services in manifests, and from an edit to the wire",
    load: async () => (await import("../workbench/bench/manifests/manifests.ts")).manifests,
  },
  neighbors: {
    summary: "a Linux kernel's neighbor entries of VIPs, by ARP and NDP, over minutes",
    load: async () => (await import("../workbench/bench/neighbors/neighbors.ts")).neighbors,
  },
  plan: {
    summary: "BFD sessions, moves and CPU time of ownership at layer 2 with 3 to 5,000 nodes and 10,000 VIPs",
    load: async () => (await import("../workbench/bench/plan/plan.ts")).plan,
  },
  plugins: {
    summary: "what third-party plugins cost, and what hostile ones take from ARP",
    load: async () => (await import("../workbench/bench/third-party/plugins.ts")).plugins,
  },
};

const MOST_ROUNDS = 1000;
/** VIPs that the prefix of the kernel's responder holds, and rows that the packet program does. */
const MOST_VIPS = 65_536;
const MOST_SERVICES = 60_000;
const MOST_EDITS = 5000;
const MOST_NODES = 5000;
/** Addresses that the pool of new Services has. */
const MOST_WRITES = 250;
const MOST_MINUTES = 1440;
const MOST_TRIALS = 10_000;
/** Of benches that take several numbers of nodes. */
const nodeLists: Readonly<Record<string, { readonly usual: string; readonly most: number }>> = {
  failover: { usual: "2,3,8", most: 16 },
  plan: { usual: "3,30,1000,5000", most: MOST_NODES },
};
const MOST_ROUTES = 4_000_000;
const MOST_PLUGINS = 100;
const drivers: readonly HeraldDriver[] = ["event-loop", "blocking"];

const flags = {
  rounds: { type: "string" },
  seconds: { type: "string" },
  vips: { type: "string" },
  driver: { type: "string" },
  services: { type: "string" },
  edits: { type: "string" },
  nodes: { type: "string" },
  plugins: { type: "string" },
  writes: { type: "string" },
  rest: { type: "string" },
  directory: { type: "string" },
  sizes: { type: "string" },
  senders: { type: "string" },
  limit: { type: "string" },
  full: { type: "boolean" },
  cases: { type: "string" },
  trials: { type: "string" },
  families: { type: "string" },
  minutes: { type: "string" },
  logs: { type: "string" },
  json: { type: "boolean" },
  part: { type: "string" }, // what this bench runs of itself; not for people
} as const;

export function benchCommandFor(subjects: BenchSubjects): Command {
  return {
    name: "bench",
    summary: "Measure what Herald costs on this machine, beside others",
    help,
    async run(args, io) {
      const { values, positionals } = parseFlags(args, flags);
      const [name, ...rest] = positionals;
      if (name === undefined) return list(io);
      const found = Object.hasOwn(benches, name) ? benches[name] : undefined;
      if (found === undefined) throw new UsageError(`Unknown bench ${name}${suggest(name, Object.keys(benches))}`);
      if (rest.length > 0) throw new UsageError(`Unknown argument "${rest[0]}": expected only flags`);
      const { run, part } = await found.load(subjects);
      if (values.part !== undefined) {
        await part(JSON.parse(values.part));
        return 0;
      }
      const program = process.argv[1] ?? "";
      const self = [program, "bench"];
      return run(readOptions(values, name), io, { program, all: [...self, ...args], part: [...self, name, "--part"] });
    },
  };
}

/** Of flags with a value, for all benches and for one. */
const defaults = {
  rounds: "5",
  seconds: "1",
  vips: "1000",
  services: "10000",
  nodes: "1000",
  writes: "100",
  rest: "30",
  edits: "200",
  minutes: "10",
};
const defaultsOf: Readonly<Record<string, Partial<typeof defaults>>> = {
  bgp: { rounds: "3" },
  cluster: { seconds: "20" },
  failover: { minutes: "30" },
  plan: { vips: "10000" },
};

function readOptions(values: FlagValues<typeof flags>, name: string): BenchOptions {
  const isFull = values.full ?? false;
  const sizes = values.sizes ?? (isFull ? "1000,100000,1000000" : "1000,100000");
  const given = { ...defaults, ...defaultsOf[name], ...values };
  const nodeList = nodeLists[name];
  const { usual = "", most = 0 } = nodeList ?? {};
  return {
    ...readFailover(values),
    nodes: nodeList === undefined ? count("nodes", given.nodes, MOST_NODES) : 0,
    nodeCounts: nodeList === undefined ? [] : (values.nodes ?? usual).split(",").map((number) => count("nodes", number, most, 2)),
    rounds: count("rounds", given.rounds, MOST_ROUNDS),
    seconds: number("seconds", given.seconds, 60),
    vips: count("vips", given.vips, MOST_VIPS),
    drivers: values.driver?.split(",").map((driver) => oneOf(driver, [...drivers, "guarded"], "driver")) ?? drivers,
    services: count("services", given.services, MOST_SERVICES),
    edits: count("edits", given.edits, MOST_EDITS),
    writes: count("writes", given.writes, MOST_WRITES),
    plugins: (values.plugins ?? "1,3,10").split(",").map((number) => count("plugins", number, MOST_PLUGINS)),
    restSeconds: number("rest", given.rest, 600),
    minutes: number("minutes", given.minutes, MOST_MINUTES),
    ...(values.directory === undefined ? {} : { directory: directory("directory", values.directory) }),
    sizes: sizes.split(",").map((size) => count("sizes", size, MOST_ROUTES)),
    senders: (values.senders?.split(",") ?? senderNames).map((sender) => oneOf(sender, senderNames, "sender")),
    limitMs: number("limit", values.limit ?? (isFull ? "120" : "20"), 3600) * 1000,
    full: isFull,
    json: values.json ?? false,
  };
}

function readFailover(values: Partial<FlagValues<typeof flags>>): Omit<FailoverOptions, "json" | "minutes" | "nodeCounts"> {
  const cases = values.cases?.split(",") ?? failoverCases.filter((name) => name !== "calm");
  return {
    cases: cases.map((name) => oneOf(name, failoverCases, "case")),
    trials: count("trials", values.trials ?? "20", MOST_TRIALS),
    families: (values.families ?? "4,6").split(",").map((family) => (oneOf(family, ["4", "6"], "family") === "4" ? 4 : 6)),
    ...(values.logs === undefined ? {} : { logs: directory("logs", values.logs) }),
  };
}

function list(io: CommandIo): number {
  const width = Math.max(...Object.keys(benches).map((name) => name.length));
  for (const [name, { summary }] of Object.entries(benches)) io.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
  return 0;
}

function count(flag: string, value: string, most: number, least = 1): number {
  const found = Number(value);
  if (!Number.isInteger(found) || found < least || found > most)
    throw new UsageError(`Flag --${flag} is ${value}: expected a whole number from ${least} to ${most}`);
  return found;
}

function number(flag: string, value: string, most: number): number {
  const found = Number(value);
  if (!(found >= 0.01 && found <= most)) throw new UsageError(`Flag --${flag} is ${value}: expected a number from 0.01 to ${most}`);
  return found;
}

function directory(flag: string, value: string): string {
  if (!statSync(value, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`Flag --${flag} is ${value}: expected a directory`);
  return resolve(value);
}

function oneOf<Name extends string>(value: string, known: readonly Name[], what: string): Name {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new UsageError(`Unknown ${what} ${value}${suggest(value, known)}`);
  return found;
}
