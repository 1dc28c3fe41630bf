/** Who tells routes in `herald bench bgp`. Each starts afresh for every measurement, and has all routes before the receiver connects. */
import { mkdtempSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { findTool } from "../../testing/requirements.ts";
import { Child } from "../harness/child.ts";
import { since } from "../harness/machine.ts";
import { readTreeCpuTime } from "../harness/process-tree.ts";
import { exabgpLines, prepareExabgp } from "./exabgp.ts";
import { at, stations } from "./network.ts";
import { type Router, routers } from "./routers.ts";
import type { RouteTable } from "./routes.ts";
import type { Answer, Order, SpeakerSetup } from "./speaker.ts";

export interface RunningSender {
  readonly child: Child;
  /** Null: it can do no more than tell its routes. Resolves with when the order was given, on the clock of the receiver. */
  readonly order: ((order: Order) => Promise<bigint>) | null;
  stop(): Promise<void>;
}

export interface Sender {
  readonly name: string;
  /** Throws where it has not taken all routes after `limitMs`. */
  start(table: RouteTable, limitMs: number): Promise<RunningSender>;
}

export interface NotRun {
  readonly name: string;
  readonly reason: string;
}

/** Command line of this program's own parts. */
export type PartCommand = (setup: { readonly speaker: SpeakerSetup }) => readonly string[];

export const REPLAY = "replay";
export const HERALD = "herald";
const EXABGP = "exabgp";
/** As a user writes them, in the order of tables. */
export const senderNames = [HERALD, ...routers.map(({ name }) => name), EXABGP, REPLAY] as const;

/** A sender that has used less than this of a CPU over a stretch has nothing left to do. */
const IDLE_SHARE = 0.02;
const IDLE_MS = 500;
const START_MS = 10_000;

export function createSenders(
  wanted: readonly string[],
  part: PartCommand,
  herald: Sender | undefined,
): { senders: Sender[]; notRun: NotRun[] } {
  const senders: Sender[] = [];
  const notRun: NotRun[] = [];
  const add = (sender: Sender, debianPackage?: string, file?: string) => {
    if (!wanted.includes(sender.name)) return;
    if (debianPackage === undefined || file !== undefined) senders.push(sender);
    else notRun.push({ name: sender.name, reason: `not installed (apt-get install ${debianPackage})` });
  };
  if (herald !== undefined) add(herald);
  for (const router of routers) add(createRouter(router, part), router.debianPackage, router.find());
  add({ name: EXABGP, start: startExabgp }, EXABGP, findTool(EXABGP));
  add(createReplay(part));
  return { senders, notRun };
}

function createRouter({ name, prepare }: Router, part: PartCommand): Sender {
  return {
    name,
    async start(table, limitMs) {
      const child = new Child(name, at("sender", ...prepare(mkdtempSync("/run/herald-bench-"))));
      const speaker: SpeakerSetup = { ...table, to: stations.sender.address, ...stations.feeder };
      const feeder = new Child(`the feeder of ${name}`, at("receiver", ...part({ speaker })));
      const stop = async () => void (await Promise.all([feeder.stop(), child.stop()]));
      return started(stop, async () => {
        await feeder.next(START_MS + limitMs);
        const order = async (what: Order) => ask(feeder, what, limitMs);
        await order("announce");
        await untilIdle(child, limitMs);
        return { child, order, stop };
      });
    },
  };
}

async function startExabgp(table: RouteTable, limitMs: number): Promise<RunningSender> {
  const { command, teller } = prepareExabgp(mkdtempSync("/run/herald-bench-"));
  const child = new Child(EXABGP, at("sender", ...command));
  const pipe = new Child(`the pipe of ${EXABGP}`, teller);
  const stop = async () => {
    await child.stop();
    pipe.send(""); // nobody reads: that ends the relay
    await pipe.stop();
  };
  return started(stop, async () => {
    const order = async (what: Order) => {
      const lines = [...exabgpLines(what, table)];
      const atNs = process.hrtime.bigint();
      for (const line of lines) pipe.send(line);
      return atNs;
    };
    await untilIdle(child, START_MS);
    await order("announce");
    await untilIdle(child, limitMs);
    return { child, order, stop };
  });
}

/** The bytes of all UPDATEs, written from memory: what no sender can be faster than. */
function createReplay(part: PartCommand): Sender {
  return {
    name: REPLAY,
    async start(table, limitMs) {
      const child = new Child(REPLAY, at("sender", ...part({ speaker: { ...table, to: null, ...stations.sender } })));
      const stop = () => child.stop();
      return started(stop, async () => {
        await child.next(START_MS + limitMs);
        return { child, order: null, stop };
      });
    },
  };
}

/** What `prepare` gives; where it fails, `stop` has been called. */
export async function started(stop: () => Promise<void>, prepare: () => Promise<RunningSender>): Promise<RunningSender> {
  try {
    return await prepare();
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function ask(child: Child, order: Order, limitMs: number): Promise<bigint> {
  child.send(JSON.stringify(order));
  return BigInt((JSON.parse(await child.next(limitMs)) as Answer).atNs);
}

async function untilIdle(child: Child, limitMs: number): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    const before = readTreeCpuTime(child.pid);
    const startedMs = performance.now();
    await sleep(IDLE_MS);
    child.mustRun();
    const { runNs } = since(before, readTreeCpuTime(child.pid));
    if (runNs / 1e6 < (performance.now() - startedMs) * IDLE_SHARE) return;
    if (performance.now() > deadlineMs) throw new Error(`it has not taken its routes after ${limitMs / 1000} s`);
  }
}
