/**
 * `herald bench bgp`: how soon a router has all routes, beside others who tell them.
 *
 * One veth pair between two namespaces. At one end a receiver in C, which only counts; at the other one sender at a time, each with all
 * routes loaded before the receiver connects: Herald's plugin as a speaker runs it, fed by `apply`; bird, frr, gobgp and openbgpd, which have their
 * routes from a feeder by BGP; exabgp, which has them from a pipe; and a replay of the same bytes from memory, which shows that the
 * receiver is not the limit. A change and a withdrawal are timed from the order, by the same way in. Nobody is kept on a CPU: gobgp and
 * Herald have several threads.
 */
import { type Bench, defineBench, type Run } from "../harness/bench.ts";
import { compileReference } from "../harness/compile.ts";
import { count, names, type OptionsOf, optionalCounts, optionalNumber, yes } from "../harness/flags.ts";
import { type Contender, interleave } from "../harness/interleave.ts";
import { type Cell, measureCell } from "./cell.ts";
import { type CodecRun, measureCodec } from "./codec.ts";
import { type BgpSubject, createHerald, runHeraldSender } from "./herald.ts";
import { createBgpNetwork } from "./network.ts";
import { type BgpReport, createReport, limitMsOf, type OnWire } from "./report.ts";
import type { RouteTable } from "./routes.ts";
import { createSenders, type Sender, senderNames } from "./senders.ts";
import { runSpeaker, type SpeakerSetup } from "./speaker.ts";
import { formatReport } from "./text.ts";

/** What this bench runs of itself, each as a process of its own. */
type BgpPart = { readonly speaker: SpeakerSetup } | { readonly herald: RouteTable };

const SETS = [1, 1000] as const;
const CODEC_ROUTES = 1_000_000;
/** Short ones: many cost little and calm the figures. */
const CODEC_ROUNDS = 5;
const CHANGES = 100;
/** ExaBGP needs minutes for more. */
const SPARED_ROUTES = 1000;

const flags = {
  rounds: count("rounds", { usual: 3, most: 1000, help: "how often each is measured; ratios are taken inside a round" }),
  sizes: optionalCounts("sizes", {
    most: 4_000_000,
    help: "routes, each with 1 and with 1,000 attribute sets (default 1000,100000; with --full also 1000000)",
  }),
  senders: names("senders", {
    known: senderNames,
    usual: senderNames,
    what: "sender",
    help: `of ${senderNames.join(", ")}; exabgp only up to 1,000 routes without --full`,
  }),
  limitSeconds: optionalNumber("limit", {
    most: 3600,
    help: 'for loading, for telling and for withdrawing (default 20; with --full 120); what takes longer is "> S s"',
  }),
  full: yes("full", { help: "also 1M routes, exabgp at every size" }),
};

export type BgpOptions = OptionsOf<typeof flags>;

export function bgpBenchFor(subject: BgpSubject): Bench {
  return defineBench({
    summary: "time, CPU and memory to tell 1k to 1M routes, beside bird, frr, gobgp, openbgpd and exabgp",
    network: "some",
    flags,
    brief: { rounds: "3" },
    estimateSeconds,
    measure,
    format: formatReport,
    async part(setup) {
      const part = setup as BgpPart;
      if ("speaker" in part) await runSpeaker(part.speaker);
      else await runHeraldSender(subject, part.herald);
    },
  });
}

/** A measurement of one sender takes about so long, with so many routes. */
function estimateSeconds(options: BgpOptions): number {
  const tables = tablesOf(options);
  return options.rounds * (5 + tables.reduce((sum, { routes }) => sum + options.senders.length * (6 + routes / 20_000), 0));
}

function tablesOf({ sizes, full }: BgpOptions): RouteTable[] {
  const wanted = sizes ?? (full ? [1000, 100_000, 1_000_000] : [1000, 100_000]);
  return wanted.flatMap((routes) => SETS.filter((sets) => sets === 1 || sets <= routes).map((sets) => ({ routes, sets })));
}

async function measure(options: BgpOptions, run: Run): Promise<BgpReport> {
  const receiver = run.withoutNetwork === null ? compileReference("bgp-receiver.c") : null;
  const problem = receiver?.ok === false ? `the receiver cannot be compiled: ${receiver.reason}` : run.withoutNetwork;
  if (problem !== null) run.skip("only encoding and diffing are measured", problem);
  run.tell("Encoding and diffing 1,000,000 routes", 0);
  const codec = measureAllCodecs(options);
  return createReport(options, codec, receiver?.ok ? await measureOnWire(options, run, receiver.file) : null);
}

function measureAllCodecs({ rounds }: BgpOptions): CodecRun[] {
  return SETS.map((sets) => measureCodec({ routes: CODEC_ROUTES, sets }, rounds * CODEC_ROUNDS));
}

async function measureOnWire(options: BgpOptions, run: Run, receiver: string): Promise<OnWire> {
  createBgpNetwork();
  const { senders, notRun } = createSenders(options.senders, run.part, createHerald(run.part));
  const tables = tablesOf(options);
  const limitMs = limitMsOf(options);
  const contend =
    (table: RouteTable) =>
    (sender: Sender): Contender<Cell> => ({
      name: sender.name,
      measure: async () => [await measureCell(sender, table, receiver, { changes: CHANGES, limitMs })],
    });
  const cells: OnWire["cells"][number][] = [];
  for (const [at, table] of tables.entries()) {
    const able = senders.filter(({ name }) => options.full || name !== "exabgp" || table.routes <= SPARED_ROUTES);
    const tell = (what: string, share: number) =>
      run.tell(`${table.routes} routes, ${table.sets} attribute sets, ${what}`, (at + share) / tables.length);
    cells.push(...(await interleave(options.rounds, able.map(contend(table)), tell)));
  }
  return { cells, notRun };
}
