/** For tests in a private network: the plugin as the host starts it, and a looking glass for a router, both on one loopback link. */

import type { Announcement, Announcer, Close } from "../../host/announcer.ts";
import { createMetrics } from "../../host/observe/metrics.ts";
import { bgp as codec } from "../../host/packets/codec/bgp.ts";
import { memoryFrames } from "../../host/packets/frame-socket.ts";
import { memoryLinks } from "../../host/packets/links.ts";
import { localService } from "../../host/packets/local-service.ts";
import { memoryWire } from "../../host/packets/memory-wire.ts";
import { Opened } from "../../host/sandbox/opened.ts";
import { Grants } from "../../host/sandbox/permissions/grants.ts";
import { createClock } from "../../host/sandbox/powers/clock.ts";
import { createNet } from "../../host/sandbox/powers/tcp.ts";
import { startPlugin } from "../../host/sandbox/start-plugin.ts";
import { run } from "../../host/workbench/private-network.ts";
import { testLink } from "../../host/workbench/testing/links.ts";
import { recordedLog } from "../../host/workbench/testing/log.ts";
import type { RouteTerms } from "./advertisement.ts";
import type { GlassEvent } from "./looking-glass/events.ts";
import { LookingGlass } from "./looking-glass/looking-glass.ts";
import type { Peer } from "./peer.ts";
import plugin from "./plugin.ts";

export const ROUTER = "192.0.2.254";
export const NODE = "192.0.2.1";
export const ROUTER_AS = 64512;
export const NODE_AS = 65001;

/** Gives the loopback link the addresses of both. */
export function addAddresses(): void {
  for (const address of [NODE, ROUTER]) run("ip", "address", "replace", `${address}/24`, "dev", "lo");
}

/** A peer at the looking glass. */
export function peerAt(port: number, parts: Partial<Peer> = {}): Peer {
  return {
    name: "router",
    myAs: NODE_AS,
    peerAs: ROUTER_AS,
    at: { address: ROUTER, family: 4 },
    sourceAddress: NODE,
    port,
    nodeSelectors: [],
    gracefulRestart: false,
    multihop: false,
    dualStack: false,
    passive: false,
    delayOpenSeconds: 0,
    holdTimeSeconds: 90,
    keepaliveSeconds: 30,
    ...parts,
  };
}

export const terms = (parts: Partial<RouteTerms> = {}): RouteTerms => ({
  aggregationLength: 32,
  aggregationLengthV6: 128,
  communities: [],
  largeCommunities: [],
  peers: [],
  prepend: 0,
  weighted: false,
  ...parts,
});

export function announce(vip: string, parts: Partial<RouteTerms> = {}): Announcement {
  const family = vip.includes(":") ? 6 : 4;
  return { vip, family, links: null, services: [`default/${vip}`], attributes: { ad: terms(parts) } };
}

/** A looking glass, and all that it has said. */
export async function openRouter(asNumber = ROUTER_AS, port = 0) {
  const opened = new Opened("router");
  const events: GlassEvent[] = [];
  const grants = new Grants("router", [{ kind: "listen", host: "*:*" }]);
  const options = { asNumber, identifier: "192.0.2.254", holdTimeSeconds: 90 };
  const glass = new LookingGlass(options, {
    net: createNet(grants, opened),
    clock: createClock(opened),
    codec,
    tell: (event) => void events.push(event),
  });
  const bound = await glass.listen(ROUTER, port);
  return {
    port: bound,
    glass,
    events,
    /** `198.51.100.1/32 127.0.0.1 65001`: prefix, next hop and AS path of each route. */
    routes: (): string[] =>
      glass
        .routes()
        .map(({ prefix, nextHop = "", attributes: { asPath = [] } }) =>
          [prefix, nextHop, ...asPath.flatMap(({ asNumbers }) => asNumbers)].join(" "),
        ),
    async close(): Promise<void> {
      await glass.close();
      opened.end();
    },
  };
}

export interface Node {
  readonly announcer: Announcer;
  readonly said: readonly string[];
  inspect<T>(what: string): T;
  /** As after kill -9: sockets close, and nothing is said. */
  readonly crash: Close;
  stop(why: "leave" | "replace"): Promise<void>;
}

/** The plugin with these peers; it has had its first `apply`, of these announcements. */
export async function startNode(peers: readonly Peer[], announcements: readonly Announcement[] = []): Promise<Node> {
  const wire = memoryWire();
  const { log, lines } = recordedLog();
  const host = { node: "a", packets: localService(wire), frames: memoryFrames(wire), log, metrics: createMetrics() };
  const links = memoryLinks([testLink("eth0")]);
  const running = await startPlugin(plugin, { peers, profiles: [], nodeAddresses: [] }, { ...host, links });
  await running.announcer.apply({ added: announcements, changed: [], removed: [] });
  return {
    announcer: running.announcer,
    get said() {
      return lines.map(({ message }) => message);
    },
    inspect: <T>(what: string) => running.announcer.inspect?.(what) as T,
    crash: () => void running.close(),
    async stop(why) {
      await running.announcer.stop(why);
      await running.close();
    },
  };
}
