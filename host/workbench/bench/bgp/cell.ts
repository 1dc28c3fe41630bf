/** One measurement of `herald bench bgp`: one sender, one table of routes, one session from Established to the last withdrawal. */
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../harness/child.ts";
import { readPeakBytes, readResidentBytes, since } from "../harness/machine.ts";
import { readTreeCpuTime, sumOverTree } from "../harness/process-tree.ts";
import { at, stations } from "./network.ts";
import { FIRST_CHANGED_TAG, type RouteTable } from "./routes.ts";
import type { RunningSender, Sender } from "./senders.ts";

export interface CellOptions {
  /** Single changes; fewer where they are slow. */
  readonly changes: number;
  /** Of each step: loading, telling, withdrawing. */
  readonly limitMs: number;
}

export interface Cell extends RouteTable {
  /** From Established to the last route, and of the sender's CPU until then. */
  readonly announceMs: number | null;
  readonly cpuMs: number | null;
  /** Of the receiver's CPU until then. */
  readonly receiverCpuMs: number | null;
  readonly messages: number | null;
  /** From each order to change one route to its arrival. */
  readonly changeMs: readonly number[];
  /** From the order to withdraw everything to the last withdrawal. */
  readonly withdrawMs: number | null;
  /** Resident with all routes loaded and nobody connected; the most until the last route was told. */
  readonly loadedBytes: number | null;
  readonly peakBytes: number | null;
  /** Why something is null. */
  readonly failure: string | null;
}

interface ReceiverEvent {
  readonly event: "established" | "full" | "change" | "empty" | "count";
  readonly atNs: number;
  readonly present: number;
  readonly foreign: number;
  readonly wrong: number;
  readonly messages: number;
  readonly cpuNs: number;
  readonly route?: number;
  readonly tag?: number;
}

const ESTABLISH_MS = 30_000;
/** All single changes together take at most this, but there are at least MIN_CHANGES. */
const CHANGES_MS = 5000;
const MIN_CHANGES = 20;
const CHANGE_MS = 5000;
/** Between two changes, so that none finds the other still under way; not a divisor of anybody's timer. */
const PAUSE_MS = 7;

export async function measureCell(sender: Sender, table: RouteTable, receiver: string, options: CellOptions): Promise<Cell> {
  const cell: { -readonly [Key in keyof Cell]: Cell[Key] } = { ...table, ...nothing };
  let running: RunningSender | undefined;
  try {
    running = await sender.start(table, options.limitMs);
    await measureSession(running, cell, receiver, options);
  } catch (error) {
    cell.failure = (error as Error).message;
  } finally {
    await running?.stop();
  }
  return cell;
}

const nothing = {
  announceMs: null,
  cpuMs: null,
  receiverCpuMs: null,
  messages: null,
  changeMs: [],
  withdrawMs: null,
  loadedBytes: null,
  peakBytes: null,
  failure: null,
} as const;

async function measureSession(
  running: RunningSender,
  cell: { -readonly [Key in keyof Cell]: Cell[Key] },
  file: string,
  { changes, limitMs }: CellOptions,
): Promise<void> {
  const { child, order } = running;
  const { receiver, sender } = stations;
  cell.loadedBytes = sumOverTree(child.pid, readResidentBytes);
  const before = readTreeCpuTime(child.pid);
  const words = [receiver.address, sender.address, 179, receiver.asNumber, cell.routes, cell.sets].map(String);
  const heard = new Child("the receiver", at("receiver", file, ...words));
  try {
    const established = await nextEvent(heard, "established", ESTABLISH_MS);
    const full = await nextEvent(heard, "full", limitMs);
    cell.cpuMs = since(before, readTreeCpuTime(child.pid)).runNs / 1e6;
    if (full.foreign > 0 || full.wrong > 0)
      throw new Error(`${full.foreign} prefixes were not asked for and ${full.wrong} had a wrong attribute set`);
    cell.announceMs = (full.atNs - established.atNs) / 1e6;
    cell.receiverCpuMs = (full.cpuNs - established.cpuNs) / 1e6;
    cell.messages = full.messages;
    cell.peakBytes = sumOverTree(child.pid, readPeakBytes);
    if (order === null) return;
    cell.changeMs = await measureChanges(heard, order, cell.routes, changes);
    const orderedNs = await order("withdraw");
    cell.withdrawMs = ((await nextEvent(heard, "empty", limitMs)).atNs - Number(orderedNs)) / 1e6;
  } finally {
    await heard.stop();
  }
}

async function measureChanges(heard: Child, order: NonNullable<RunningSender["order"]>, routes: number, count: number): Promise<number[]> {
  const measured: number[] = [];
  const startedMs = performance.now();
  for (let number = 0; number < count; number++) {
    if (number >= MIN_CHANGES && performance.now() - startedMs > CHANGES_MS) break;
    await sleep(PAUSE_MS);
    const wanted = { route: Math.floor(((number + 0.5) / count) * routes), tag: FIRST_CHANGED_TAG + number };
    const orderedNs = await order(wanted);
    const { route, tag, atNs } = await nextEvent(heard, "change", CHANGE_MS);
    if (route !== wanted.route || tag !== wanted.tag)
      throw new Error(`route ${route} came with tag ${tag} when ${JSON.stringify(wanted)} was changed`);
    measured.push((atNs - Number(orderedNs)) / 1e6);
  }
  return measured;
}

/** Throws where another comes first, or none within `limitMs`; then with how many routes are there. */
async function nextEvent(heard: Child, event: ReceiverEvent["event"], limitMs: number): Promise<ReceiverEvent> {
  const found = JSON.parse(await heard.next(limitMs)) as ReceiverEvent;
  if (found.event !== event) throw new Error(`the receiver saw "${found.event}" before "${event}"`);
  return found;
}
