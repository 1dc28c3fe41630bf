/** BIRD 2: one protocol a neighbor, tables by `birdc`, which answers in text alone. */

import { readBirdRoutes } from "./bird-routes.ts";
import type { NeighborDescription, OriginatedRoute, Router, RouterDescription, SeenSession } from "./description.ts";
import { placeOf } from "./description.ts";
import type { Workplace } from "./workplace.ts";

const BGP_PORT = 179;

export async function startBird(workplace: Workplace, description: RouterDescription): Promise<Router> {
  const config = workplace.write("bird.conf", birdConfig(description));
  const control = workplace.path("bird.ctl");
  workplace.start(["bird", "-f", "-c", config, "-s", control, "-P", workplace.path("bird.pid")]);
  const ask = (...words: readonly string[]) => workplace.ask("birdc", "-s", control, ...words);
  await workplace.until(async () => (await ask("show", "status")).includes("Daemon is up"));
  const places = new Map(description.neighbors.map((neighbor, at) => [protocolName(at), placeOf(neighbor)]));
  const nameOf = (neighbor: string): string => {
    const [name] = [...places].find(([, place]) => place === neighbor) ?? [];
    if (name === undefined) throw new Error(`BIRD has no neighbor ${neighbor}`);
    return name;
  };
  const session = async (name: string) => readSession(await ask("show", "protocols", "all", name));
  return {
    name: "bird",
    async routes() {
      const routes = readBirdRoutes(await ask("show", "route", "all"));
      const isUp = new Map<string, boolean>();
      for (const name of new Set(routes.map(({ from }) => from))) isUp.set(name, (await session(name)).state === "established");
      // Nothing but a graceful restart keeps the routes of a session that is not up.
      return routes.map((route) => ({ ...route, from: places.get(route.from) ?? "", stale: !isUp.get(route.from) }));
    },
    session: async (neighbor) => session(nameOf(neighbor)),
    async detectionMs(neighbor) {
      const rows = (await ask("show", "bfd", "sessions")).split("\n").map((line) => line.trim().split(/ +/));
      const [, , , , , timeout] = rows.find(([address, , state]) => address === neighbor && state === "Up") ?? [];
      return timeout === undefined ? undefined : Number(timeout) * 1000;
    },
    refresh: async (neighbor) => void (await ask("reload", "in", nameOf(neighbor))),
    shutDown: async (neighbor) => void (await ask("disable", nameOf(neighbor))),
    ...workplace.life(),
  };
}

function protocolName(at: number): string {
  return `neighbor${at}`;
}

function birdConfig({ asNumber, routerId, port, neighbors, routes = [] }: RouterDescription): string {
  const bfd = neighbors.find((neighbor) => neighbor.bfd !== undefined)?.bfd;
  return [
    `router id ${routerId};`,
    "log stderr all;",
    "protocol device {}",
    // Next hops are resolved by the networks of the links.
    "protocol direct { ipv4; ipv6; }",
    ...(bfd === undefined
      ? []
      : [
          `protocol bfd { interface "*" { interval ${bfd.intervalMs} ms; multiplier ${bfd.multiplier}; };`,
          `  multihop { interval ${bfd.intervalMs} ms; multiplier ${bfd.multiplier}; }; }`,
        ]),
    ...([4, 6] as const).map((family) => ownRoutes(family, routes)),
    ...neighbors.map((neighbor, at) => bgpProtocol(protocolName(at), asNumber, port ?? BGP_PORT, neighbor)),
    "",
  ].join("\n");
}

/** The routes, and the filter that gives them their attributes: BIRD forgets a MED that was there before the filter. */
function ownRoutes(family: 4 | 6, routes: readonly OriginatedRoute[]): string {
  const own = routes.filter(({ prefix }) => prefix.includes(":") === (family === 6));
  return [
    `protocol static { ipv${family}; ${own.map(({ prefix }) => `route ${prefix} blackhole; `).join("")}}`,
    `filter own${family} {`,
    "  if source != RTS_STATIC then reject;",
    ...own.map((route) => `  if net = ${route.prefix} then { ${attributesOf(route).join(" ")} }`),
    "  accept;",
    "}",
  ].join("\n");
}

function attributesOf({ med, communities = [], largeCommunities = [] }: OriginatedRoute): string[] {
  return [
    ...(med === undefined ? [] : [`bgp_med = ${med};`]),
    ...communities.map((text) => `bgp_community.add((${text.replaceAll(":", ",")}));`),
    ...largeCommunities.map((text) => `bgp_large_community.add((${text.replaceAll(":", ",")}));`),
  ];
}

function bgpProtocol(name: string, asNumber: number, port: number, neighbor: NeighborDescription): string {
  const { at, holdTimeSeconds, password } = neighbor;
  if ("link" in at) throw new Error("BIRD needs a neighbor's address");
  const channel = (family: 4 | 6): string => {
    const extended = family === 4 && neighbor.extendedNextHop === true ? "extended next hop on; " : "";
    return `  ipv${family} { import all; export filter own${family}; ${extended}};`;
  };
  return [
    `protocol bgp ${name} {`,
    `  local ${at.localAddress} port ${port} as ${asNumber};`,
    `  neighbor ${at.address} port ${neighbor.port ?? BGP_PORT} as ${neighbor.asNumber};`,
    neighbor.multihop === true ? "  multihop;" : "  direct;",
    "  enable extended messages on;",
    "  connect delay time 1;",
    "  error wait time 1, 2;",
    `  passive ${neighbor.passive === true ? "on" : "off"};`,
    `  ttl security ${neighbor.ttlSecurity === true ? "on" : "off"};`,
    `  graceful restart ${neighbor.gracefulRestart === true ? "aware" : "off"};`,
    ...(holdTimeSeconds === undefined ? [] : [`  hold time ${holdTimeSeconds};`]),
    ...(password === undefined ? [] : [`  password "${password}";`]),
    ...(neighbor.bfd === undefined ? [] : [`  bfd ${neighbor.gracefulRestart === true ? "graceful" : "on"};`]),
    ...neighbor.families.map(channel),
    "}",
  ].join("\n");
}

/** `show protocols all NAME`: what belongs to a heading is indented further than it. */
function readSession(text: string): SeenSession {
  const state = /^ {2}BGP state: +(\S+)/m.exec(text)?.[1] ?? "";
  const identifier = /^ {4}Neighbor ID: +(\S+)/m.exec(text)?.[1];
  const capabilities = /^ {4}Neighbor capabilities\n((?: {6,}.*\n)*)/m.exec(text)?.[1] ?? "";
  return {
    state: state.toLowerCase(),
    capabilities: [...capabilities.matchAll(/^ {6}(\S.*)$/gm)].map(([, line = ""]) => line),
    ...(identifier && { identifier }),
  };
}
