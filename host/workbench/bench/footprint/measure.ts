/** One speaker of `herald bench footprint`: brought to rest, looked at, and taken down. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askControl } from "../../../cli/ask-control.ts";
import { measureEmptyNode } from "../harness/empty-node.ts";
import { PEERS, type Segment } from "./segment.ts";
import { pluginGrant, type Setting, writeSetting } from "./settings.ts";
import { type Done, type Held, measureDone, readHeld } from "./use.ts";
import type { WatchedProcess } from "./watched-process.ts";

export interface Footprint extends Held, Done {
  /** Of a Node that does nothing, at that time. */
  readonly emptyNodeBytes: number;
  /** BFD packets received each second. */
  readonly bfdPerSecond: number;
}

const SESSION_LIMIT_MS = 20_000;

export async function measureFootprint(
  segment: Segment,
  setting: Setting,
  times: { settleSeconds: number; idleSeconds: number },
): Promise<Footprint> {
  const directory = mkdtempSync("/run/herald-bench-");
  const processes: WatchedProcess[] = [];
  try {
    const { manifests, plugin } = writeSetting(directory, setting);
    const places = ["--lock", join(directory, "herald.lock"), "--cache", join(directory, "cache")];
    if (setting.hasPlugin) await segment.runHerald("plugin", "install", plugin, ...places);
    let isUp = (): void => {};
    const up = new Promise<void>((resolve) => (isUp = resolve));
    if (setting.hasBgp) processes.push(await segment.startRouter((line) => line.includes('"sessionUp"') && isUp()));
    const control = join(directory, "control");
    mkdirSync(control, { mode: 0o700 });
    const socket = join(control, "speaker.sock");
    const grants = setting.hasPlugin ? ["--plugin", plugin, pluginGrant, ...places] : [];
    const speaker = await segment.startSpeaker(manifests, "--control", socket, ...grants);
    processes.push(speaker);
    for (const peer of PEERS.slice(0, setting.peers)) processes.push(await segment.startPeer(peer, manifests));
    if (setting.hasBgp) await within(up, "No BGP session came up");
    await sleep(times.settleSeconds * 1000);
    const emptyNodeBytes = await measureEmptyNode();
    const heard = await countBfd(socket);
    const sinceMs = performance.now();
    const done = await measureDone(speaker.pid, times.idleSeconds);
    const bfdPerSecond = ((await countBfd(socket)) - heard) / ((performance.now() - sinceMs) / 1000);
    for (const one of processes) one.mustRun();
    return { ...readHeld(speaker.pid), ...done, emptyNodeBytes, bfdPerSecond };
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function within(promise: Promise<void>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot bench: ${what} within ${SESSION_LIMIT_MS / 1000} s`)), SESSION_LIMIT_MS);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function countBfd(control: string): Promise<number> {
  for await (const row of askControl({ control }, { ask: "status" })) {
    const { packets = {} } = row as { packets?: Readonly<Record<string, { received: number }>> };
    return packets["bfd"]?.received ?? 0;
  }
  return 0;
}
