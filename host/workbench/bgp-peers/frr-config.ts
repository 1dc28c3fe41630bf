/** What FRR is told: each daemon knows its own words only. */

import { type NeighborDescription, type OriginatedRoute, placeOf, type RouterDescription } from "./description.ts";

export const BFD_PROFILE = "neighbors";

export function bfddConfig({ intervalMs, multiplier }: NonNullable<NeighborDescription["bfd"]>): string {
  return [
    "bfd",
    ` profile ${BFD_PROFILE}`,
    `  transmit-interval ${intervalMs}`,
    `  receive-interval ${intervalMs}`,
    `  detect-multiplier ${multiplier}`,
    " exit",
    "exit",
    "",
  ].join("\n");
}

export function bgpdConfig({ asNumber, routerId, neighbors, routes = [] }: RouterDescription): string {
  return [
    "frr defaults traditional",
    ...routes.flatMap(routeMap),
    `router bgp ${asNumber}`,
    ` bgp router-id ${routerId}`,
    " no bgp default ipv4-unicast",
    " no bgp ebgp-requires-policy",
    " no bgp network import-check",
    " bgp bestpath as-path multipath-relax",
    ...neighbors.flatMap(neighborLines),
    ...([4, 6] as const).flatMap((family) => familyLines(family, neighbors, routes)),
    "exit",
    "",
  ].join("\n");
}

function neighborLines(neighbor: NeighborDescription): string[] {
  const { asNumber, holdTimeSeconds, password, port } = neighbor;
  const isUnnumbered = "link" in neighbor.at;
  const options = [
    ...("link" in neighbor.at ? [] : [`update-source ${neighbor.at.localAddress}`]),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(password === undefined ? [] : [`password ${password}`]),
    ...(holdTimeSeconds === undefined ? [] : [`timers ${Math.floor(holdTimeSeconds / 3)} ${holdTimeSeconds}`]),
    "timers connect 1",
    ...(neighbor.passive === true ? ["passive"] : []),
    ...(neighbor.ttlSecurity === true ? ["ttl-security hops 1"] : []),
    ...(neighbor.multihop === true ? ["ebgp-multihop"] : []),
    neighbor.gracefulRestart === true ? "graceful-restart-helper" : "graceful-restart-disable",
    ...(neighbor.bfd === undefined ? [] : [`bfd profile ${BFD_PROFILE}`]),
    // It looks at the C bit only where it is told to.
    ...(neighbor.bfd !== undefined && neighbor.gracefulRestart === true ? ["bfd check-control-plane-failure"] : []),
    ...(neighbor.extendedNextHop === true ? ["capability extended-nexthop"] : []),
  ];
  const place = placeOf(neighbor);
  const first = isUnnumbered ? `interface v6only remote-as ${asNumber}` : `remote-as ${asNumber}`;
  return [first, ...options].map((option) => ` neighbor ${place} ${option}`);
}

function familyLines(family: 4 | 6, neighbors: readonly NeighborDescription[], routes: readonly OriginatedRoute[]): string[] {
  const own = routes.map((route, at) => ({ ...route, at })).filter(({ prefix }) => prefix.includes(":") === (family === 6));
  return [
    ` address-family ipv${family} unicast`,
    ...neighbors.filter(({ families }) => families.includes(family)).map((neighbor) => `  neighbor ${placeOf(neighbor)} activate`),
    ...own.map(({ prefix, at }) => `  network ${prefix} route-map ${mapName(at)}`),
    " exit-address-family",
  ];
}

function mapName(at: number): string {
  return `route${at}`;
}

function routeMap({ med, communities = [], largeCommunities = [] }: OriginatedRoute, at: number): string[] {
  return [
    `route-map ${mapName(at)} permit 10`,
    ...(med === undefined ? [] : [` set metric ${med}`]),
    ...(communities.length === 0 ? [] : [` set community ${communities.join(" ")}`]),
    ...(largeCommunities.length === 0 ? [] : [` set large-community ${largeCommunities.join(" ")}`]),
    "exit",
  ];
}
