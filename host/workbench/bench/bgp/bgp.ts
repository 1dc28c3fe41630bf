/**
 * `herald bench bgp`: how soon a router has all routes, beside others who tell them.
 *
 * One veth pair between two namespaces. At one end a receiver in C, which only counts; at the other one sender at a time, each with all
 * routes loaded before the receiver connects: Herald's plugin as a speaker runs it, fed by `apply`; bird, frr and gobgp, which have their
 * routes from a feeder by BGP; exabgp, which has them from a pipe; and a replay of the same bytes from memory, which shows that the
 * receiver is not the limit. A change and a withdrawal are timed from the order, by the same way in. Nobody is kept on a CPU: gobgp and
 * Herald have several threads.
 */
import type { CommandIo } from "../../../cli/command.ts";
import { enter, findWay, isInside, onLetGo } from "../../private-network.ts";
import type { Bench, BgpOptions, Self } from "../harness/bench.ts";
import { compileReference } from "../harness/compile.ts";
import { type Contender, interleave } from "../harness/interleave.ts";
import { type Cell, measureCell } from "./cell.ts";
import { type CodecRun, measureCodec } from "./codec.ts";
import { type BgpSubject, createHerald, runHeraldSender } from "./herald.ts";
import { createBgpNetwork } from "./network.ts";
import { type BgpReport, createReport, type OnWire } from "./report.ts";
import type { RouteTable } from "./routes.ts";
import { createSenders, type Sender } from "./senders.ts";
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
const NOT_ALLOWED = 3;
const INTERRUPTED = 130;

export function bgpBenchFor(subject: BgpSubject): Bench {
  return {
    run,
    async part(setup) {
      const part = setup as BgpPart;
      if ("speaker" in part) await runSpeaker(part.speaker);
      else await runHeraldSender(subject, part.herald);
    },
  };
}

async function run(options: BgpOptions, io: CommandIo, self: Self): Promise<number> {
  if (!isInside()) {
    const way = findWay();
    if (way.ok) return enter(way, self.all);
    return showCodec(options, io, `no private network can be made here: ${way.reason}`);
  }
  onLetGo(() => process.exit(INTERRUPTED));
  const receiver = compileReference("bgp-receiver.c");
  if (!receiver.ok) return showCodec(options, io, `the receiver cannot be compiled: ${receiver.reason}`);
  io.stderr.write("Encoding and diffing 1,000,000 routes\n");
  const codec = measureAllCodecs(options);
  show(createReport(options, codec, await measureOnWire(options, io, self, receiver.file)), options, io);
  return 0;
}

function showCodec(options: BgpOptions, io: CommandIo, reason: string): number {
  io.stderr.write(`herald bench bgp: only encoding and diffing are measured, since ${reason}\n`);
  show(createReport(options, measureAllCodecs(options), null), options, io);
  return NOT_ALLOWED;
}

function show(report: BgpReport, { json }: BgpOptions, io: CommandIo): void {
  io.stdout.write(json ? `${JSON.stringify(report)}\n` : formatReport(report));
}

function measureAllCodecs({ rounds }: BgpOptions): CodecRun[] {
  return SETS.map((sets) => measureCodec({ routes: CODEC_ROUTES, sets }, rounds * CODEC_ROUNDS));
}

async function measureOnWire(options: BgpOptions, io: CommandIo, self: Self, receiver: string): Promise<OnWire> {
  const part = (setup: BgpPart) => [process.execPath, ...process.execArgv, ...self.part, JSON.stringify(setup)];
  createBgpNetwork();
  const { senders, notRun } = createSenders(options.senders, part, createHerald(part));
  const tables = options.sizes.flatMap((routes) => SETS.filter((sets) => sets === 1 || sets <= routes).map((sets) => ({ routes, sets })));
  const contend =
    (table: RouteTable) =>
    (sender: Sender): Contender<Cell> => ({
      name: sender.name,
      measure: async () => [await measureCell(sender, table, receiver, { changes: CHANGES, limitMs: options.limitMs })],
    });
  const cells: OnWire["cells"][number][] = [];
  for (const table of tables) {
    const able = senders.filter(({ name }) => options.full || name !== "exabgp" || table.routes <= SPARED_ROUTES);
    const progress = (round: number, name: string) =>
      void io.stderr.write(`${table.routes} routes, ${table.sets} attribute sets, round ${round + 1}: ${name}\n`);
    cells.push(...(await interleave(options.rounds, able.map(contend(table)), progress)));
  }
  return { cells, notRun };
}
