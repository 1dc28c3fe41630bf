/** What a peer's configuration means for its session: what is said in OPEN, and how packets are sent. */

import type { Peer } from "./peer.ts";
import type { SessionConfig } from "./session/config.ts";
import { IPV4_UNICAST, IPV6_UNICAST } from "./session/negotiate.ts";

/** FRR's default. */
const RESTART_TIME_SECONDS = 120;
const MOST_HOPS = 255;

/** The session's part. `nodeIdentifier` is the BGP identifier where the peer has none of its own. */
export function sessionConfigOf(peer: Peer, nodeIdentifier: string): SessionConfig {
  const isUnnumbered = "link" in peer.at;
  const isIpv6 = isUnnumbered || ("family" in peer.at && peer.at.family === 6);
  const takesBoth = isUnnumbered || peer.dualStack;
  return {
    localAs: peer.localAs ?? peer.myAs,
    peerAs: peer.peerAs,
    localIdentifier: peer.routerId ?? nodeIdentifier,
    holdTimeSeconds: peer.holdTimeSeconds,
    keepaliveSeconds: peer.keepaliveSeconds,
    ...(peer.connectRetrySeconds === undefined ? {} : { connectRetrySeconds: peer.connectRetrySeconds }),
    delayOpenSeconds: peer.delayOpenSeconds,
    passive: peer.passive,
    families: takesBoth ? [IPV4_UNICAST, IPV6_UNICAST] : [isIpv6 ? IPV6_UNICAST : IPV4_UNICAST],
    // Where the session has no IPv4 address of its own, IPv4 routes may need to do without, too.
    extendedNextHop: takesBoth && isIpv6 ? [IPV4_UNICAST] : [],
    extendedMessage: true,
    enhancedRouteRefresh: true,
    ...(peer.gracefulRestart ? { gracefulRestart: { restartTimeSeconds: RESTART_TIME_SECONDS, notification: true } } : {}),
  };
}

/** TTL (hop limit) of what is sent, and the least of what is taken; absent: any. */
export function hopLimitsOf({ localAs, myAs, peerAs, multihop, ttlSecurityHops }: Peer): {
  readonly send: number;
  readonly least?: number;
} {
  // RFC 5082 §3: who sends 255 proves how near it is.
  if (ttlSecurityHops !== undefined) return { send: MOST_HOPS, least: MOST_HOPS + 1 - ttlSecurityHops };
  const isInternal = peerAs === "internal" || peerAs === (localAs ?? myAs);
  return { send: isInternal || multihop ? MOST_HOPS : 1 };
}
