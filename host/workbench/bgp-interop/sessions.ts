/** Who talks to whom: a node with Herald on it, and each router several times, as each of its addresses is a peer of its own. */

import { type NeighborDescription, ROUTERS, type RouterDescription, type RouterName } from "../bgp-peers/routers.ts";

export const SESSIONS = ["plain", "internal", "signed", "restart", "passive", "collision", "bfd", "hold", "ipv6", "bfd-restart"] as const;
export type SessionName = (typeof SESSIONS)[number];

/** Four octets. */
export const NODE_AS = 4_200_000_001;
export const NODE = "node";
export const PASSWORD = "correct-horse";
/** The one link of each host. */
export const LINK = "eth0";
export const HOLD_SECONDS = 60;
export const SHORT_HOLD_SECONDS = 3;
export const BFD = { intervalMs: 100, multiplier: 3 };

export function asOf(router: RouterName): number {
  return 64512 + ROUTERS.indexOf(router);
}

/** The node's end. */
export function nodeAddress(session: SessionName): string {
  return session === "ipv6" ? "2001:db8::10" : `192.0.2.${10 + SESSIONS.indexOf(session)}`;
}

export function routerAddress(router: RouterName, session: SessionName): string {
  const at = ROUTERS.indexOf(router);
  return session === "ipv6" ? `2001:db8::${100 + at}` : `192.0.2.${100 + 10 * at + SESSIONS.indexOf(session)}`;
}

/** All addresses of a host, with the length of the link's prefix. */
export function addressesOf(host: RouterName | typeof NODE): string[] {
  const addresses = SESSIONS.map((session) => (host === NODE ? nodeAddress(session) : routerAddress(host, session)));
  return addresses.map((address) => `${address}/${address.includes(":") ? 64 : 24}`);
}

export function sessionsOf(router: RouterName): SessionName[] {
  return SESSIONS.filter((session) => !isWatched(session) || hasBfd(router));
}

/** By BFD. */
export function isWatched(session: SessionName): boolean {
  return session === "bfd" || session === "bfd-restart";
}

export function keepsRoutes(session: SessionName): boolean {
  return session === "restart" || session === "bfd-restart";
}

export function hasBfd(router: RouterName): boolean {
  return router === "frr" || router === "bird";
}

/** Whether the router is to connect, and Herald to listen. */
export function routerConnects(router: RouterName, session: SessionName): boolean {
  // OpenBGPD takes no connections with MD5 on Linux.
  return session === "passive" || session === "collision" || (session === "signed" && router === "openbgpd");
}

export function describeRouter(router: RouterName): RouterDescription {
  const unnumbered: NeighborDescription = { at: { link: LINK }, asNumber: NODE_AS, families: [4, 6], extendedNextHop: true };
  return {
    asNumber: asOf(router),
    routerId: routerAddress(router, "plain"),
    neighbors: [...sessionsOf(router).map((session) => neighborOf(router, session)), ...(router === "frr" ? [unnumbered] : [])],
  };
}

function neighborOf(router: RouterName, session: SessionName): NeighborDescription {
  return {
    at: { address: nodeAddress(session), localAddress: routerAddress(router, session) },
    asNumber: session === "internal" ? asOf(router) : NODE_AS,
    families: [4, 6],
    holdTimeSeconds: session === "hold" ? SHORT_HOLD_SECONDS : HOLD_SECONDS,
    passive: !routerConnects(router, session),
    gracefulRestart: keepsRoutes(session),
    ...(session === "signed" ? { password: PASSWORD } : {}),
    ...(isWatched(session) ? { bfd: BFD } : {}),
    ...(session === "ipv6" && router !== "openbgpd" ? { extendedNextHop: true } : {}),
  };
}
