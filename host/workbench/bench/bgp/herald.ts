/** Herald as a sender: a process with the plugin as a speaker starts it, fed with announcements as the reconciler feeds it. */
import { createInterface } from "node:readline";
import type { Announcement, PluginDefinition } from "../../../announcer.ts";
import { createLog } from "../../../observe/log.ts";
import { createMetrics } from "../../../observe/metrics.ts";
import { memoryFrames } from "../../../packets/frame-socket.ts";
import { memoryLinks } from "../../../packets/links.ts";
import { localService } from "../../../packets/local-service.ts";
import { memoryWire } from "../../../packets/memory-wire.ts";
import { startPlugin } from "../../../sandbox/start-plugin.ts";
import { Child } from "../harness/child.ts";
import { at, PREFIX_LENGTH, type Station, stations } from "./network.ts";
import { addressOf, COMMUNITY_AS, type RouteTable, tagOf } from "./routes.ts";
import { ask, HERALD, type Sender, started } from "./senders.ts";
import type { Answer, Order } from "./speaker.ts";

/** The built-in plugin for BGP, as `plugins/bgp/bench.ts` describes it; the workbench may not know plugins. */
export interface BgpSubject {
  readonly definition: PluginDefinition;
  config(own: Station, peer: Station, port: number): unknown;
  announcementsOf(community: string): (vip: string) => Announcement;
}

const BGP_PORT = 179;
const START_MS = 10_000;
/** Announcements in one `apply` while routes are loaded. */
const BATCH = 10_000;

export function createHerald(part: (setup: { readonly herald: RouteTable }) => readonly string[]): Sender {
  return {
    name: HERALD,
    async start(table, limitMs) {
      const child = new Child(HERALD, at("sender", ...part({ herald: table })));
      const stop = () => child.stop();
      return started(stop, async () => {
        await child.next(START_MS + limitMs);
        return { child, order: (order) => ask(child, order, limitMs), stop };
      });
    },
  };
}

/** Prints `ready` when all routes are loaded, then answers orders until its input ends. */
export async function runHeraldSender({ definition, config, announcementsOf }: BgpSubject, table: RouteTable): Promise<void> {
  const { sender, receiver } = stations;
  const wire = memoryWire();
  const log = createLog({ level: "warn", format: "text", write: (line) => process.stderr.write(line) });
  const own = [{ address: sender.address, prefixLength: PREFIX_LENGTH }];
  const link = { index: 1, name: "eth0", mac: "02:00:00:00:00:02", up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false };
  const host = { node: "bench", packets: localService(wire), frames: memoryFrames(wire), log, metrics: createMetrics() };
  const links = memoryLinks([{ ...link, addresses: own }]);
  const { announcer } = await startPlugin(definition, config(sender, receiver, BGP_PORT), { ...host, links });
  const bySet = Array.from({ length: table.sets }, (_, set) => announcementsOf(`${COMMUNITY_AS}:${tagOf(set, table.sets)}`));
  const announcement = (route: number) => (bySet[route % table.sets] as (vip: string) => Announcement)(addressOf(route));
  const all = (from: number, until: number) => Array.from({ length: until - from }, (_, index) => announcement(from + index));
  for (let from = 0; from < table.routes; from += BATCH) {
    await announcer.apply({ added: all(from, Math.min(from + BATCH, table.routes)), changed: [], removed: [] });
  }
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order;
    const changed = typeof order === "object" ? [announcementsOf(`${COMMUNITY_AS}:${order.tag}`)(addressOf(order.route))] : [];
    const removed = order === "withdraw" ? all(0, table.routes) : [];
    const atNs = `${process.hrtime.bigint()}`;
    await announcer.apply({ added: [], changed, removed });
    process.stdout.write(`${JSON.stringify({ atNs } satisfies Answer)}\n`);
  }
  process.exit();
}
