/** One soak: a speaker under churn for so long, its memory meanwhile, and what of the changes arrived. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addresses, metricsPlace, ROUTER, type Segment, SPEAKER } from "../footprint/segment.ts";
import type { WatchedProcess } from "../footprint/watched-process.ts";
import { Child } from "../harness/child.ts";
import { percentile } from "../harness/statistics.ts";
import { Arrivals } from "./arrivals.ts";
import { Churn, type Kind } from "./churn.ts";
import { type MemorySample, readMemory } from "./samples.ts";
import type { Seen, WatcherSetup } from "./watcher.ts";

export interface SoakSetup {
  readonly segment: Segment;
  /** Empty, and for this run alone. */
  readonly directory: string;
  readonly seconds: number;
  readonly changesPerSecond: number;
  readonly watcher: (setup: WatcherSetup) => readonly string[];
  readonly random: () => number;
  readonly tell: (what: string, share: number) => void;
}

export interface SoakRun {
  readonly seconds: number;
  readonly samples: readonly MemorySample[];
  /** Changes made, by kind. */
  readonly changes: Readonly<Record<Kind, number>>;
  readonly arrivals: Arrivals["counts"];
  /** Routes that went again before they were told, on a machine that is too slow for so many changes. */
  readonly overtaken: number;
  /** Of routes, from the change to the router: half, 99 in 100, and all of them came within. Null: none came. */
  readonly waitMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** What never arrived, the first few of it. */
  readonly lost: readonly string[];
  /** Sessions that ended during the soak. */
  readonly sessionsLost: number;
  /** What was not as it should be; empty: a clean end. */
  readonly troubles: readonly string[];
}

const SAMPLES = 360;
const SAMPLE_SECONDS = { least: 0.2, most: 5 };
const SETTLE_LIMIT_MS = 20_000;
const KEPT_LOST = 10;
const LOOK_LIMIT_MS = 10_000;
/** Late by more, what is due is left out: nobody could make so many changes. */
const LATE_MS = 1000;

export async function soak(setup: SoakSetup): Promise<SoakRun> {
  const { segment, directory, changesPerSecond } = setup;
  const manifests = join(directory, "manifests");
  const control = join(directory, "control");
  for (const place of [manifests, control]) mkdirSync(place, { mode: 0o700 });
  const churn = new Churn(manifests, changesPerSecond, setup.random);
  const arrivals = new Arrivals();
  let sessionsLost = 0;
  let isUp = (): void => {};
  const up = new Promise<void>((resolve) => (isUp = resolve));
  const router = await segment.startRouter((line) => {
    const { event, prefix } = JSON.parse(line) as { event: string; prefix?: string };
    if (event === "sessionUp") isUp();
    if (event === "sessionDown") sessionsLost++;
    if (event === "learned" || event === "withdrawn") arrivals.hear(event, (prefix ?? "").replace(/\/\d+$/, ""), performance.now());
  });
  const watcher = new Child("the watcher", segment.network.on(ROUTER, ...setup.watcher(watcherSetup(segment))));
  let speaker: WatchedProcess | undefined;
  try {
    await watcher.next(LOOK_LIMIT_MS);
    const flags = ["--control", join(control, "speaker.sock"), "--metrics", metricsPlace];
    speaker = await segment.startSpeaker(manifests, ...flags);
    await Promise.race([up, sleep(SETTLE_LIMIT_MS)]);
    const run = await churnAndSample({ ...setup, churn, arrivals, watcher, speaker });
    const before = { sessionsLost, ended: speaker.ended };
    const troubles = [...troublesOf(before), ...(await stop(speaker))];
    return { ...run, ...conclude(arrivals), sessionsLost: before.sessionsLost, troubles };
  } finally {
    await speaker?.stop();
    await watcher.stop();
    await router.stop();
  }
}

function watcherSetup({ network }: Segment): WatcherSetup {
  return {
    stations: { generator: { mac: network.mac(ROUTER), address: addresses[ROUTER] }, responder: { mac: network.mac(SPEAKER) } },
    link: network.link(ROUTER),
    metrics: metricsPlace,
  };
}

interface Running extends Pick<SoakSetup, "seconds" | "changesPerSecond" | "tell"> {
  readonly churn: Churn;
  readonly arrivals: Arrivals;
  readonly watcher: Child;
  readonly speaker: WatchedProcess;
}

async function churnAndSample(running: Running): Promise<Pick<SoakRun, "seconds" | "samples" | "changes">> {
  const { churn, arrivals, speaker, seconds, changesPerSecond, tell } = running;
  const changes: Record<Kind, number> = { added: 0, moved: 0, edited: 0, removed: 0, "told anew": 0 };
  const samples: MemorySample[] = [];
  const startMs = performance.now();
  const sampleMs = Math.min(Math.max(seconds / SAMPLES, SAMPLE_SECONDS.least), SAMPLE_SECONDS.most) * 1000;
  let nextSampleMs = startMs;
  let sampling: Promise<void> | undefined;
  let failure: Error | undefined;
  let dueMs = startMs;
  for (let nowMs = startMs; nowMs < startMs + seconds * 1000 && speaker.ended === undefined; nowMs = performance.now()) {
    if (failure !== undefined) throw failure;
    if (nowMs - dueMs > LATE_MS) dueMs = nowMs;
    for (; dueMs <= nowMs; dueMs += 1000 / changesPerSecond) {
      const change = churn.change();
      changes[change.kind]++;
      expect(arrivals, change, performance.now());
    }
    if (nowMs >= nextSampleMs) {
      nextSampleMs = nowMs + sampleMs;
      // Beside the changes: those must not wait for it.
      sampling ??= takeSample(running, (nowMs - startMs) / 1000).then((sample) => {
        if (sample !== undefined) samples.push(sample);
        sampling = undefined;
      });
      sampling.catch((error: Error) => (failure ??= error));
      tell(`${samples.length} samples`, (nowMs - startMs) / (seconds * 1000));
    }
    await sleep(Math.max(Math.min(dueMs, nextSampleMs) - performance.now(), 0));
  }
  const ranSeconds = (performance.now() - startMs) / 1000;
  await sampling;
  for (const untilMs = performance.now() + SETTLE_LIMIT_MS; arrivals.open > 0 && performance.now() < untilMs; ) {
    if (speaker.ended !== undefined) break;
    await sleep(200);
    hear(arrivals, await look(running.watcher));
  }
  return { seconds: ranSeconds, samples, changes };
}

function expect(arrivals: Arrivals, { up, down }: ReturnType<Churn["change"]>, nowMs: number): void {
  for (const vip of up) {
    arrivals.expect("learned", vip, nowMs);
    if (vip.startsWith("10.")) arrivals.expect("announced", vip, nowMs);
  }
  for (const vip of down) arrivals.expect("withdrawn", vip, nowMs);
}

async function takeSample({ watcher, arrivals, speaker }: Running, atSeconds: number): Promise<MemorySample | undefined> {
  const seen = await look(watcher);
  hear(arrivals, seen);
  arrivals.forget(performance.now());
  const memory = readMemory(speaker.pid);
  if (memory === undefined) return undefined;
  return { atSeconds, ...memory, heapUsedBytes: seen.heapUsedBytes, heapTotalBytes: seen.heapTotalBytes };
}

async function look(watcher: Child): Promise<Seen> {
  watcher.send("look");
  return JSON.parse(await watcher.next(LOOK_LIMIT_MS)) as Seen;
}

function hear(arrivals: Arrivals, { announced }: Seen): void {
  for (const vip of announced) arrivals.hear("announced", vip, performance.now());
}

function troublesOf({ sessionsLost, ended }: { sessionsLost: number; ended: string | undefined }): string[] {
  return [
    ...(ended === undefined ? [] : [`The speaker ended during the soak: ${ended}`]),
    ...(sessionsLost === 0 ? [] : [`The router lost its session ${sessionsLost} times`]),
  ];
}

async function stop(speaker: WatchedProcess): Promise<string[]> {
  if (speaker.ended !== undefined) return [];
  const how = await speaker.stop();
  return how === "exit code 0" ? [] : [`The speaker did not stop as it was told to: ${how}`];
}

function conclude(arrivals: Arrivals): Pick<SoakRun, "arrivals" | "overtaken" | "waitMs" | "lost"> {
  const waits = arrivals.waitsMs;
  const at = (share: number) => percentile(waits, share);
  return {
    arrivals: arrivals.counts,
    overtaken: arrivals.overtaken,
    waitMs: waits.length === 0 ? null : { p50: at(0.5), p99: at(0.99), max: at(1) },
    lost: arrivals.lost.slice(0, KEPT_LOST),
  };
}
