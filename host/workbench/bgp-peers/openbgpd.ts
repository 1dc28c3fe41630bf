/**
 * OpenBGPD: three processes, two of them jailed in an empty folder as a user of its own, so it needs a real root; asked by `bgpctl`. On
 * Linux it takes no connections with MD5: it has to make them.
 */

import { mkdirSync } from "node:fs";
import type { NeighborDescription, OriginatedRoute, Router, RouterDescription, SeenRoute, SeenSession } from "./description.ts";
import { WELL_KNOWN_COMMUNITIES } from "./description.ts";
import type { Workplace } from "./workplace.ts";

/** The home of its user, where Debian's package makes it jail itself. Here `/run` is the private network's own. */
const JAIL = "/run/openbgpd";
const BGP_PORT = 179;

export async function startOpenbgpd(workplace: Workplace, description: RouterDescription): Promise<Router> {
  const control = workplace.path("bgpd.sock");
  // It refuses a configuration that others may read.
  const config = workplace.write("bgpd.conf", openbgpdConfig(description, control), 0o600);
  mkdirSync(JAIL, { recursive: true });
  workplace.start(["bgpd", "-d", "-f", config]);
  const bgpctl = (...words: readonly string[]) => workplace.ask("bgpctl", "-s", control, "-j", ...words);
  const neighbors = async () => (JSON.parse(await bgpctl("show", "neighbor")) as { neighbors: readonly OpenbgpdNeighbor[] }).neighbors;
  await workplace.until(async () => (await neighbors()).length === description.neighbors.length);
  return {
    name: "openbgpd",
    routes: async () => readRoutes(await bgpctl("show", "rib", "detail")),
    session: async (neighbor) => readSession((await neighbors()).find(({ remote_addr }) => remote_addr === neighbor)),
    refresh: async (neighbor) => void (await bgpctl("neighbor", neighbor, "refresh")),
    shutDown: async (neighbor) => void (await bgpctl("neighbor", neighbor, "down")),
    detectionMs: async () => undefined,
    ...workplace.life(),
  };
}

function openbgpdConfig({ asNumber, routerId, port = BGP_PORT, neighbors, routes = [] }: RouterDescription, control: string): string {
  return [
    `AS ${asNumber}`,
    `router-id ${routerId}`,
    `listen on 0.0.0.0 port ${port}`,
    `listen on :: port ${port}`,
    `socket "${control}"`,
    "fib-update no",
    "connect-retry 1",
    ...routes.map(networkLine),
    ...neighbors.flatMap(neighborLines),
    "allow from any",
    "allow to any",
    "",
  ].join("\n");
}

function networkLine({ prefix, med, communities = [], largeCommunities = [] }: OriginatedRoute): string {
  const parts = [
    ...(med === undefined ? [] : [`metric ${med}`]),
    ...communities.map((text) => `community ${text}`),
    ...largeCommunities.map((text) => `large-community ${text}`),
  ];
  return `network ${prefix}${parts.length === 0 ? "" : ` set { ${parts.join(" ")} }`}`;
}

function neighborLines(neighbor: NeighborDescription): string[] {
  const { at, asNumber, families, holdTimeSeconds, password, port } = neighbor;
  if ("link" in at) throw new Error("OpenBGPD needs a neighbor's address");
  return [
    `neighbor ${at.address} {`,
    `  remote-as ${asNumber}`,
    `  local-address ${at.localAddress}`,
    ...(port === undefined ? [] : [`  port ${port}`]),
    ...(holdTimeSeconds === undefined ? [] : [`  holdtime ${holdTimeSeconds}`]),
    ...(password === undefined ? [] : [`  tcp md5sig password "${password}"`]),
    ...(neighbor.passive === true ? ["  passive"] : []),
    ...(neighbor.ttlSecurity === true ? ["  ttl-security yes"] : []),
    ...(neighbor.multihop === true ? ["  multihop 255"] : []),
    ...([4, 6] as const).map((family) => `  announce IPv${family} ${families.includes(family) ? "unicast" : "none"}`),
    "  announce enhanced refresh yes",
    `  announce restart ${neighbor.gracefulRestart === true ? "yes" : "no"}`,
    "}",
  ];
}

interface OpenbgpdRoute {
  readonly prefix: string;
  readonly aspath: string;
  readonly exit_nexthop: string;
  readonly neighbor: { readonly remote_addr: string };
  readonly source: string;
  readonly stale?: boolean;
  readonly metric: number;
  readonly localpref: number;
  readonly communities?: readonly string[];
  readonly large_communities?: readonly string[];
}

function readRoutes(json: string): SeenRoute[] {
  const { rib = [] } = JSON.parse(json) as { rib?: readonly OpenbgpdRoute[] };
  return rib
    .filter(({ source }) => source === "external" || source === "internal")
    .map((route) => ({
      prefix: route.prefix,
      from: route.neighbor.remote_addr,
      nextHops: [route.exit_nexthop],
      asPath: route.aspath.match(/\d+/g)?.map(Number) ?? [],
      localPref: route.localpref,
      med: route.metric,
      communities: route.communities?.map((name) => WELL_KNOWN_COMMUNITIES[name] ?? name) ?? [],
      largeCommunities: route.large_communities ?? [],
      stale: route.stale ?? false,
    }));
}

interface OpenbgpdNeighbor {
  readonly remote_addr: string;
  readonly state: string;
  readonly session?: { readonly remote?: { readonly capabilities?: Readonly<Record<string, unknown>> } };
}

function readSession(neighbor: OpenbgpdNeighbor | undefined): SeenSession {
  const capabilities = Object.entries(neighbor?.session?.remote?.capabilities ?? {});
  return {
    state: neighbor?.state.toLowerCase() ?? "",
    capabilities: capabilities.filter(([, value]) => value !== false).map(([name]) => name),
  };
}
