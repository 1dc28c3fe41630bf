/** One trial of `herald bench failover`: the owner is hit, another takes over, the fault is mended, and the owner has its VIPs back. */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../answers/arp-station.ts";
import { longestWaitMs } from "../harness/machine.ts";
import type { ColdWindow } from "./asker.ts";
import type { Case } from "./cases.ts";
import type { WarmWindow } from "./client.ts";
import { FAR, type Family } from "./network.ts";
import { ANSWER_LIMIT_MS } from "./samples.ts";
import { LATE_MS, type Stage } from "./stage.ts";

/** What became of one VIP. */
export interface VipTrial {
  readonly family: Family;
  /** From the fault until it is mended. */
  readonly warm: WarmWindow;
  readonly cold: ColdWindow;
  /** From then on until the owner has it back. */
  readonly warmAfter: WarmWindow;
  readonly coldAfter: ColdWindow;
  /** Of a partition: whom the station on the owner's side heard. */
  readonly far?: ColdWindow;
}

export interface Trial {
  readonly case: string;
  readonly nodes: number;
  readonly victim: string;
  /** Of the fault, by the wall clock, as logs have it. */
  readonly at: string;
  /** Who answered first in its place; null: nobody in time. */
  readonly tookOver: string | null;
  /** So long one thread of that node's speaker was ready to run, between fault and take-over, and had to wait for a CPU. */
  readonly waitedMs: number;
  /** From the fault, and from the end of it, to the moment that it was over by CLOCK_MONOTONIC. */
  readonly struckMs: number;
  readonly mendedMs: number;
  readonly backMs: number;
  readonly loadAverage: number;
  readonly vips: readonly VipTrial[];
}

export const TAKE_OVER_LIMIT_MS = 4000;
/** A start, three seconds in which sessions may come up, and the five that a returning node waits. */
const BACK_LIMIT_MS = 40_000;
const BEFORE_MS = 200;

export async function runTrial(stage: Stage, { name, target, lastsMs, strike, mend }: Case, families: readonly Family[]): Promise<Trial> {
  const victim = await stage.untilSteady(BACK_LIMIT_MS);
  const isPlanned = target === "connections";
  if (isPlanned) await stage.setConnecting(true);
  await sleep(BEFORE_MS);
  const at = new Date().toISOString();
  const before = stage.speakers.look();
  const struckMs = monotonicMs();
  await strike(stage, victim);
  if (target !== "nothing") await stage.untilTaken(victim, struckMs, TAKE_OVER_LIMIT_MS);
  const after = stage.speakers.look();
  await sleep(lastsMs);
  const mendedMs = monotonicMs();
  await mend(stage, victim);
  if (target === "nothing") await sleep(lastsMs); // what comes late is wrong too
  await stage.untilSteady(BACK_LIMIT_MS, victim);
  const backMs = monotonicMs();
  if (isPlanned) await stage.setConnecting(false);
  await sleep(isPlanned ? ANSWER_LIMIT_MS + LATE_MS : LATE_MS);
  const warm = await stage.warm(struckMs - BEFORE_MS, mendedMs);
  const cold = await stage.cold(struckMs - BEFORE_MS, mendedMs);
  const warmAfter = await stage.warm(mendedMs, backMs);
  const coldAfter = await stage.cold(mendedMs, backMs);
  const far = name === "partition" ? await stage.cold(struckMs, mendedMs, FAR) : [];
  await stage.setFarAsking(false);
  const vips = families.map((family, at) => ({
    family,
    ...({ warm: warm[at], cold: cold[at], warmAfter: warmAfter[at], coldAfter: coldAfter[at] } as Omit<VipTrial, "family" | "far">),
    ...(far[at] === undefined ? {} : { far: far[at] }),
  }));
  const tookOver = firstOther(cold, victim, struckMs);
  const waitedMs = longestWaitMs(before.get(tookOver ?? "") ?? new Map(), after.get(tookOver ?? "") ?? new Map());
  return {
    ...{ case: name, nodes: stage.nodes.length, at, victim, tookOver, waitedMs },
    ...{ struckMs, mendedMs, backMs, loadAverage: loadavg()[0] ?? 0, vips },
  };
}

function firstOther(windows: readonly ColdWindow[], victim: string, fromMs: number): string | null {
  const others = windows
    .flatMap(({ answeredBy }) => Object.entries(answeredBy))
    .filter(([name, { lastMs }]) => name !== victim && lastMs > fromMs);
  return others.sort(([, left], [, right]) => left.firstMs - right.firstMs)[0]?.[0] ?? null;
}
