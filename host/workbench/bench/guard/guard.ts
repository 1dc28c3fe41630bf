/**
 * `herald bench guard`: what it costs that nobody trusts a packet program. One thread, no kernel.
 *
 * The ARP program answers requests for random VIPs three ways, in turns: as it is, with fuel in it, and with fuel behind a guard, which copies
 * each frame in and out and looks at it. Beside that the guard alone looks at frames that may leave, with as many addresses assigned.
 */
import { Guard } from "../../../packets/guarded/guard.ts";
import { GuardedProgram } from "../../../packets/guarded/guarded-program.ts";
import type { SendRules } from "../../../packets/guarded/rules.ts";
import { PacketProgram, ROW_BYTES } from "../../../packets/program.ts";
import { loadModule, loadWithFuel } from "../../../packets/wasm.ts";
import { packRows } from "../../../sandbox/program/program-rows.ts";
import { arpFrame } from "../../testing/program-station.ts";
import { arpFamily, vipAddress } from "../answers/arp-frames.ts";
import { prepareProgram, WARM_UP_ROUNDS } from "../answers/program.ts";
import { defineBench, type Run } from "../harness/bench.ts";
import type { CommonReport } from "../harness/figures.ts";
import { count, type OptionsOf } from "../harness/flags.ts";
import { interleave, ratio } from "../harness/interleave.ts";
import { describeMachine } from "../harness/machine.ts";
import { figuresFrom, less } from "../harness/measured-figures.ts";
import { summarize } from "../harness/statistics.ts";
import { type Column, formatInterval, formatNumber, formatTable } from "../harness/table.ts";

interface GuardRun {
  readonly nsPerFrame: number;
}

export interface GuardReport extends CommonReport {
  readonly bench: "guard";
  readonly options: GuardOptions;
  readonly ways: readonly { readonly name: string; readonly ns: ReturnType<typeof summarize>; readonly timesPlain: number | undefined }[];
}

const PLAIN = "arp";
const FRAMES = 100_000;
const STRETCHES = 9;
const PAUSE_MS = 150;
/** As the built-in program has. */
const PAGES = 256;

const flags = {
  rounds: count("rounds", { usual: 5, most: 1000, help: "how often each way is measured" }),
  vips: count("vips", { usual: 1000, most: 65_536, help: "addresses answered for" }),
};

export type GuardOptions = OptionsOf<typeof flags>;

export const guard = defineBench({
  summary: "what it costs that nobody trusts a packet program: fuel, and a guard that looks at each frame",
  network: "none",
  flags,
  estimateSeconds: ({ rounds }) => (rounds + WARM_UP_ROUNDS) * 4 * STRETCHES * 0.012 + 2,
  measure,
  format,
});

async function measure(options: GuardOptions, run: Run): Promise<GuardReport> {
  const { vips, rounds } = options;
  const plain = prepareProgram(arpFamily, new PacketProgram(PLAIN, loadModule(PLAIN)), { vips, stretches: STRETCHES });
  const fuelled = prepareFuelled(vips);
  const guarded = prepareGuarded(vips);
  const alone = prepareGuard(vips);
  const ways = { [PLAIN]: plain, "arp with fuel": fuelled, "arp with fuel, guarded": guarded, "the guard alone": alone };
  const contenders = Object.entries(ways).map(([name, measure]) => ({ name, measure: async () => [{ nsPerFrame: measure() }] }));
  await interleave(WARM_UP_ROUNDS, contenders);
  const measured = await interleave<GuardRun>(rounds, contenders, run.tell);
  return {
    bench: "guard",
    machine: describeMachine(),
    options,
    ways: contenders.map(({ name }) => ({
      name,
      ns: summarize(measured.filter(({ contender }) => contender === name).map(({ nsPerFrame }) => nsPerFrame)),
      timesPlain: ratio(measured, [name, PLAIN], ({ nsPerFrame }) => nsPerFrame)?.median,
    })),
    figures: figuresFrom(measured, ({ contender }) => contender, [less("A frame", "ns", ({ nsPerFrame }) => nsPerFrame)]),
    targets: [],
    notes: [],
  };
}

/** Its fuel is set once for all, which no host would do. */
function prepareFuelled(vips: number): () => number {
  const program = new PacketProgram("arp", loadWithFuel("arp", { mostPages: PAGES }));
  const refill = (): void => void (program.fuel = 2 ** 31 - 1);
  refill();
  return prepareProgram(arpFamily, program, { vips, stretches: STRETCHES, rest: refill });
}

function prepareGuarded(vips: number): () => number {
  const program = new GuardedProgram("arp", loadWithFuel("arp", { mostPages: PAGES }));
  program.guard.setRules(RULES);
  assign(program.guard, vips);
  // One that takes too many steps is left alone for a while.
  const pause = new Int32Array(new SharedArrayBuffer(4));
  return prepareProgram(arpFamily, program, { vips, stretches: STRETCHES, rest: () => void Atomics.wait(pause, 0, 0, PAUSE_MS) });
}

/** Replies from random VIPs, each laid where it is looked at, as it would be copied there. */
function prepareGuard(vips: number): () => number {
  const alone = new Guard();
  alone.setRules(RULES);
  alone.setLink(0, arpFamily.stations.responder.mac);
  assign(alone, vips);
  const { mac } = arpFamily.stations.responder;
  const frames = Array.from({ length: Math.min(vips, 1000) }, () => {
    const senderAddress = vipAddress(Math.floor(Math.random() * vips));
    return arpFrame({ source: mac, senderMac: mac, operation: 2, senderAddress, targetAddress: "10.63.255.254" });
  });
  for (const [at, frame] of frames.entries()) alone.memory.set(frame, alone.area + at * 64);
  return () => {
    const startedMs = performance.now();
    for (let frame = 0; frame < FRAMES; frame++) {
      const drop = alone.checkFrame(alone.area + (frame % frames.length) * 64, 42, 0);
      if (drop !== 0) throw new Error(`Cannot measure the guard: it refused a frame for ${alone.dropNames[drop]}`);
    }
    return ((performance.now() - startedMs) * 1e6) / FRAMES;
  };
}

const RULES: SendRules = { frames: [{ isDenial: false, links: 1n, etherType: 0x0806 }], hosts: [] };

function assign(to: Guard, vips: number): void {
  const rows = packRows(
    Array.from({ length: vips }, (_, vip) => ({ address: vipAddress(vip), links: null, state: "active" }) as const),
    () => 0,
  );
  for (let at = 0; at < rows.length; at += ROW_BYTES)
    if (!to.assign(rows.subarray(at, at + ROW_BYTES)))
      throw new Error(`Cannot measure the guard with ${vips} VIPs: it has no room for them`);
}

function format({ machine, options: { vips }, ways }: GuardReport): string {
  const columns: Column<GuardReport["ways"][number]>[] = [
    { heading: "", isText: true, cell: ({ name }) => name },
    { heading: "ns a frame", cell: ({ ns }) => formatNumber(ns.median) },
    { heading: "90 %", cell: ({ ns }) => formatInterval(ns) },
    { heading: "times arp", cell: ({ timesPlain }) => (timesPlain === undefined ? null : formatNumber(timesPlain)) },
  ];
  return `${machine.cpu}, ${machine.kernel}, Node ${machine.node}; ${vips} VIPs\n\n${formatTable(columns, ways)}\n`;
}
