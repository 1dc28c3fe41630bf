/** The watcher of `herald bench soak`, on the router's host: it reads every ARP frame, and the speaker's metrics as Prometheus would. */
import { createInterface } from "node:readline";
import { vipAddress } from "../answers/arp-frames.ts";
import { ArpStation, type StationSetup } from "../answers/arp-station.ts";

export interface WatcherSetup extends StationSetup {
  /** Address and port. */
  readonly metrics: string;
}

/** Since the look before. */
export interface Seen {
  /** VIPs announced that were not announced in the minute before. */
  readonly announced: readonly string[];
  /** Of the speaker's JavaScript; null: it did not answer. */
  readonly heapUsedBytes: number | null;
  readonly heapTotalBytes: number | null;
}

const VIPS = 0x10000;
const READ_MS = 50;
const REPEATED_MS = 60_000;
const SCRAPE_LIMIT_MS = 3000;

/** Prints `ready`, then answers each line of its input with what it has seen. */
export async function runWatcher(setup: WatcherSetup): Promise<void> {
  const station = new ArpStation(setup, VIPS);
  const heardMs = new Map<number, number>();
  const fresh = new Set<number>();
  const read = (): void => {
    const nowMs = performance.now();
    station.receive(0, (slot, length) => {
      if (!station.isAnnouncement(slot, length)) return;
      const vip = station.vip(slot);
      if (nowMs - (heardMs.get(vip) ?? Number.NEGATIVE_INFINITY) > REPEATED_MS) fresh.add(vip);
      heardMs.set(vip, nowMs);
    });
  };
  const timer = setInterval(read, READ_MS);
  process.stdout.write("ready\n");
  for await (const _ of createInterface({ input: process.stdin })) {
    read();
    const announced = [...fresh].map(vipAddress);
    fresh.clear();
    process.stdout.write(`${JSON.stringify({ announced, ...(await scrape(setup.metrics)) } satisfies Seen)}\n`);
  }
  clearInterval(timer);
}

async function scrape(place: string): Promise<Omit<Seen, "announced">> {
  const answer = await fetch(`http://${place}/metrics`, { signal: AbortSignal.timeout(SCRAPE_LIMIT_MS) }).catch(() => undefined);
  const text = (await answer?.text().catch(() => "")) ?? "";
  const read = (name: string): number | null => {
    const [, value] = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text) ?? [];
    return value === undefined ? null : Number(value);
  };
  return { heapUsedBytes: read("nodejs_heap_size_used_bytes"), heapTotalBytes: read("nodejs_heap_size_total_bytes") };
}
