/** `herald bench cluster`: one new Service at a time, from the write to its address on record and to its announcement on the switch. */
import { setTimeout as sleep } from "node:timers/promises";
import { vipAddress } from "../answers/arp-frames.ts";
import { monotonicMs } from "../answers/arp-station.ts";
import type { Child } from "../harness/child.ts";
import { SERVICES_PATH } from "./fill.ts";
import type { Heard } from "./listener.ts";
import { newName, newService } from "./objects.ts";
import type { ClusterStage } from "./stage.ts";
import type { ServiceWatch } from "./watch.ts";

/** Milliseconds from the start of the write. */
export interface NewService {
  /** Until the API server answered. */
  readonly writtenMs: number;
  /** Until a watch of our own told its address. */
  readonly statusMs: number;
  /** Until the first announcement was heard. */
  readonly announcedMs: number;
}

const LIMIT_MS = 30_000;
const PAUSE_MS = { least: 50, most: 150 };

export async function measureLatency(
  { server }: ClusterStage,
  { watch, listener }: { readonly watch: ServiceWatch; readonly listener: Child },
  count: number,
): Promise<NewService[]> {
  const measured: NewService[] = [];
  for (let at = 0; at < count; at++) {
    await sleep(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
    const startedMs = monotonicMs();
    await server.admin.request("POST", SERVICES_PATH, newService(at));
    const writtenMs = monotonicMs() - startedMs;
    const seen = await watch.untilSeen(newName(at), LIMIT_MS);
    const { vip, atMs } = JSON.parse(await listener.next(LIMIT_MS)) as Heard;
    if (vipAddress(vip) !== seen.ip) throw new Error(`Cannot bench: ${seen.ip} is on record, and ${vipAddress(vip)} was announced`);
    measured.push({ writtenMs, statusMs: seen.atMs - startedMs, announcedMs: atMs - startedMs });
  }
  return measured;
}
