/** `herald bench`: figures that can be reproduced on the very node. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Driver } from "../packets/service.ts";
import type { Bench } from "../workbench/bench/bench.ts";
import { type Command, type CommandIo, parseFlags, suggest, UsageError } from "./command.ts";

const help = `
Usage: herald bench [BENCH] [flags]

Measures Herald beside others who do the same work, in interleaved rounds of one run. No BENCH lists them all.

  arp                 CPU per ARP reply, replies/s, loss and latency: both drivers of Herald, two responders in C, the kernel
  manifests           from the start to the first answer with 10,000 Services in manifests, and from an edit to the wire

Everything happens in namespaces that vanish with the run; your network is not touched. It needs root, or unprivileged user
namespaces; without either it measures what needs no network and exits 3. The responders in C need a compiler.

Flags:
  --rounds N          how often each is measured (default 5); ratios are taken inside a round
  --json              the report with every measurement, as one JSON object
  --help, -h          this text

of arp:
  --seconds S         length of each load (default 1)
  --vips N            addresses answered for (default 1000)
  --driver DRIVER     event-loop or blocking; default both

of manifests:
  --services N        Services in the directory (default 10000)
  --edits N           changes of one document (default 200)
  --directory DIR     where the manifests are written (default: in memory)

Exit code: 0 also where a target is missed; 3 where only a part could be measured; 130 when interrupted.

Examples:
  herald bench arp --rounds 9 --vips 65536
  herald bench manifests --directory /var/lib
`;

/** What each measures, and where it is: no speaker loads any of them. */
const benches: Readonly<Record<string, { summary: string; load(): Promise<Bench> }>> = {
  arp: {
    summary: "CPU per ARP reply, replies/s, loss and latency, beside responders in C and the kernel's own",
    load: async () => (await import("../workbench/bench/arp.ts")).arp,
  },
  manifests: {
    summary: "start to first answer with 10,000 Services in manifests, and from an edit to the wire",
    load: async () => (await import("../workbench/bench/manifests.ts")).manifests,
  },
};

const MOST_ROUNDS = 1000;
/** VIPs that the prefix of the kernel's responder holds, and rows that the packet program does. */
const MOST_VIPS = 65_536;
const MOST_SERVICES = 60_000;
const MOST_EDITS = 5000;
const drivers: readonly Driver[] = ["event-loop", "blocking"];

export const bench: Command = {
  name: "bench",
  summary: "Measure what Herald costs on this machine, beside others",
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, {
      rounds: { type: "string" },
      seconds: { type: "string" },
      vips: { type: "string" },
      driver: { type: "string" },
      services: { type: "string" },
      edits: { type: "string" },
      directory: { type: "string" },
      json: { type: "boolean" },
      part: { type: "string" }, // what this bench runs of itself; not for people
    });
    const [name, ...rest] = positionals;
    if (name === undefined) return list(io);
    const found = Object.hasOwn(benches, name) ? benches[name] : undefined;
    if (found === undefined) throw new UsageError(`Unknown bench ${name}${suggest(name, Object.keys(benches))}`);
    if (rest.length > 0) throw new UsageError(`Unknown argument "${rest[0]}": expected only flags`);
    const { run, part } = await found.load();
    if (values.part !== undefined) {
      await part(JSON.parse(values.part));
      return 0;
    }
    const program = process.argv[1] ?? "";
    const self = [program, "bench"];
    const options = {
      rounds: count("rounds", values.rounds ?? "5", MOST_ROUNDS),
      seconds: seconds(values.seconds ?? "1"),
      vips: count("vips", values.vips ?? "1000", MOST_VIPS),
      drivers: values.driver === undefined ? drivers : [driver(values.driver)],
      services: count("services", values.services ?? "10000", MOST_SERVICES),
      edits: count("edits", values.edits ?? "200", MOST_EDITS),
      ...(values.directory === undefined ? {} : { directory: directory(values.directory) }),
      json: values.json ?? false,
    };
    return run(options, io, { program, all: [...self, ...args], part: [...self, name, "--part"] });
  },
};

function list(io: CommandIo): number {
  const width = Math.max(...Object.keys(benches).map((name) => name.length));
  for (const [name, { summary }] of Object.entries(benches)) io.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
  return 0;
}

function count(flag: string, value: string, most: number): number {
  const found = Number(value);
  if (!Number.isInteger(found) || found < 1 || found > most)
    throw new UsageError(`Flag --${flag} is ${value}: expected a whole number from 1 to ${most}`);
  return found;
}

function seconds(value: string): number {
  const found = Number(value);
  if (!(found >= 0.01 && found <= 60)) throw new UsageError(`Flag --seconds is ${value}: expected a number from 0.01 to 60`);
  return found;
}

function directory(value: string): string {
  if (!statSync(value, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`Flag --directory is ${value}: expected a directory`);
  return resolve(value);
}

function driver(value: string): Driver {
  const found = drivers.find((known) => known === value);
  if (found === undefined) throw new UsageError(`Unknown driver ${value}${suggest(value, drivers)}`);
  return found;
}
