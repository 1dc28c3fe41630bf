/** `calm` of `herald bench failover`: nothing fails, and both cores are kept busy by others. Whoever takes over then is wrong. */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../answers/arp-station.ts";
import { Child } from "../harness/child.ts";
import type { Heard } from "./samples.ts";
import { LATE_MS, type Stage } from "./stage.ts";

export interface Calm {
  readonly nodes: number;
  readonly minutes: number;
  /** Processes that did nothing but keep a core busy. */
  readonly busy: number;
  readonly owner: string;
  /** Times that a node other than the owner began to answer or to announce. */
  readonly falseTakeOvers: number;
  readonly lost: number;
  readonly longestOutageMs: number;
  /** Of the cold client's questions: an owner that stood still and had to ask shows there alone. */
  readonly longestColdMs: number;
  readonly longestPauseMs: number;
  readonly loadAverage: number;
}

const START_LIMIT_MS = 40_000;
const LOOK_MS = 5000;

/** `startBusy`: the command line of a process that keeps one core busy for so long. */
export async function runCalm(stage: Stage, minutes: number, busy: number, startBusy: (ms: number) => readonly string[]): Promise<Calm> {
  const owner = await stage.untilSteady(START_LIMIT_MS);
  const untilMs = monotonicMs() + minutes * 60_000;
  const others = Array.from({ length: busy }, (_, at) => new Child(`busy process ${at}`, startBusy(minutes * 60_000)));
  let usurpers = new Set<string>();
  const total = { falseTakeOvers: 0, lost: 0, longestOutageMs: 0, longestColdMs: 0, longestPauseMs: 0, loadAverage: 0 };
  try {
    for (let fromMs = monotonicMs(); fromMs < untilMs; ) {
      await sleep(Math.min(LOOK_MS, untilMs - fromMs));
      const toMs = monotonicMs() - LATE_MS;
      stage.speakers.mustRun();
      const warm = await stage.warm(fromMs, toMs);
      const cold = await stage.cold(fromMs, toMs);
      const heard: Heard[] = [...cold.flatMap(({ answeredBy, announcedBy }) => [answeredBy, announcedBy])];
      const now = new Set(heard.flatMap((each) => Object.keys(each)).filter((name) => name !== owner));
      total.falseTakeOvers += [...now].filter((name) => !usurpers.has(name)).length;
      usurpers = now;
      for (const { lost, outageMs, pauseMs } of warm) {
        total.lost += lost;
        total.longestOutageMs = Math.max(total.longestOutageMs, outageMs);
        total.longestPauseMs = Math.max(total.longestPauseMs, pauseMs);
      }
      for (const { outageMs } of cold) total.longestColdMs = Math.max(total.longestColdMs, outageMs);
      total.loadAverage = Math.max(total.loadAverage, loadavg()[0] ?? 0);
      fromMs = toMs;
    }
  } finally {
    await Promise.all(others.map((child) => child.stop()));
  }
  return { nodes: stage.nodes.length, minutes, busy, owner, ...total };
}

/** In a process of its own. */
export function keepBusy(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}
