/** FRR: zebra for links and next hops, bgpd, and bfdd where it is needed; asked by `vtysh`. */

import type { Router, RouterDescription, SeenRoute, SeenSession } from "./description.ts";
import { placeOf, WELL_KNOWN_COMMUNITIES } from "./description.ts";
import { BFD_PROFILE, bfddConfig, bgpdConfig } from "./frr-config.ts";
import { frrDaemons } from "./frr-daemons.ts";
import type { Workplace } from "./workplace.ts";

export async function startFrr(workplace: Workplace, description: RouterDescription): Promise<Router> {
  const { asNumber, neighbors, port } = description;
  const { start, vtysh } = await frrDaemons(workplace);
  const bfd = neighbors.find((neighbor) => neighbor.bfd !== undefined)?.bfd;
  await start("zebra", "");
  if (bfd !== undefined) await start("bfdd", bfddConfig(bfd), "--bfdctl", workplace.path("bfdd.sock"));
  await start("bgpd", bgpdConfig(description), ...(port === undefined ? [] : ["-p", String(port)]));
  return {
    name: "frr",
    async routes() {
      const tables = await Promise.all(["ipv4", "ipv6"].map((family) => vtysh(`show bgp ${family} unicast json detail`)));
      return tables.flatMap(readRoutes);
    },
    session: async (neighbor) => readSession(neighbor, await vtysh(`show bgp neighbors ${neighbor} json`)),
    async detectionMs(neighbor) {
      const peers = JSON.parse(await vtysh("show bfd peers json")) as readonly FrrBfdPeer[];
      const found = peers.find(({ peer, status }) => peer === neighbor && status === "up");
      return found === undefined
        ? undefined
        : Math.max(found["receive-interval"], found["remote-transmit-interval"]) * found["remote-detect-multiplier"];
    },
    async refresh(neighbor) {
      const families = neighbors.find((one) => placeOf(one) === neighbor)?.families ?? [];
      for (const family of families) await vtysh(`clear bgp ipv${family} unicast ${neighbor} soft in`);
    },
    async suspendBfd(isSuspended) {
      await vtysh("configure terminal", "bfd", `profile ${BFD_PROFILE}`, isSuspended ? "shutdown" : "no shutdown");
    },
    async shutDown(neighbor) {
      await vtysh("configure terminal", `router bgp ${asNumber}`, `neighbor ${neighbor} shutdown`);
    },
    ...workplace.life(),
  };
}

interface FrrBfdPeer {
  readonly peer: string;
  readonly status: string;
  readonly "receive-interval": number;
  readonly "remote-transmit-interval": number;
  readonly "remote-detect-multiplier": number;
}

interface FrrNeighbor {
  readonly bgpState?: string;
  readonly remoteRouterId?: string;
  readonly neighborCapabilities?: Readonly<Record<string, unknown>>;
}

interface FrrPath {
  readonly aspath: { readonly segments: readonly { readonly list: readonly number[] }[] };
  readonly metric?: number;
  readonly med?: number;
  readonly locPrf?: number;
  readonly stale?: boolean;
  readonly community?: { readonly list?: readonly string[] };
  readonly largeCommunity?: { readonly list?: readonly string[] };
  readonly extendedCommunity?: { readonly string: string };
  readonly nexthops: readonly { readonly ip: string }[];
  readonly peer: { readonly peerId: string; readonly interface?: string };
}

/** `routes` of a prefix has an entry about the prefix first, then one for each way. */
function readRoutes(json: string): SeenRoute[] {
  const { routes = {} } = JSON.parse(json) as { routes?: Readonly<Record<string, readonly (FrrPath | object)[]>> };
  return Object.entries(routes).flatMap(([prefix, entries]) =>
    entries.filter((entry): entry is FrrPath => "nexthops" in entry && isLearned(entry as FrrPath)).map((path) => routeOf(prefix, path)),
  );
}

/** Its own routes come from a peer without an address. */
function isLearned({ peer }: FrrPath): boolean {
  return peer.peerId !== "0.0.0.0" && peer.peerId !== "::";
}

function routeOf(prefix: string, path: FrrPath): SeenRoute {
  const med = path.med ?? path.metric;
  return {
    prefix,
    from: path.peer.interface ?? path.peer.peerId,
    nextHops: path.nexthops.map(({ ip }) => ip),
    asPath: path.aspath.segments.flatMap(({ list }) => list),
    ...(path.locPrf === undefined ? {} : { localPref: path.locPrf }),
    ...(med === undefined ? {} : { med }),
    communities: path.community?.list?.map((name) => WELL_KNOWN_COMMUNITIES[name] ?? name) ?? [],
    largeCommunities: path.largeCommunity?.list ?? [],
    ...linkBandwidth(path.extendedCommunity?.string),
    stale: path.stale ?? false,
  };
}

/** `LB:65001:375000000 (3.000 Gbps)`. */
function linkBandwidth(text = ""): { linkBandwidth?: number } {
  const [, octets] = /LB:\d+:(\d+)/.exec(text) ?? [];
  return octets === undefined ? {} : { linkBandwidth: Number(octets) };
}

function readSession(neighbor: string, json: string): SeenSession {
  const all = JSON.parse(json) as Readonly<Record<string, FrrNeighbor>>;
  const { bgpState = "", remoteRouterId, neighborCapabilities = {} } = all[neighbor] ?? {};
  const said = Object.entries(neighborCapabilities).filter(([, value]) => /received/i.test(JSON.stringify(value)));
  return { state: bgpState.toLowerCase(), capabilities: said.map(([name]) => name), ...(remoteRouterId && { identifier: remoteRouterId }) };
}
