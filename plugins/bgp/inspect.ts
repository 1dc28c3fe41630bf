/** What an operator may ask of the running plugin: `peers`, and `routes` as each peer was told them. */

import type { Peering } from "./peering/peering.ts";
import type { DesiredRoutes } from "./rib/desired-routes.ts";
import type { RouteAttributes } from "./rib/routes-plan.ts";
import type { Negotiated } from "./session/negotiate.ts";
import { describeNotification } from "./session/notification-words.ts";
import { establishedTalk, stateOf } from "./session/session.ts";

/** A session as it is now. */
export interface PeerRow {
  readonly name: string;
  readonly address?: string;
  readonly port: number;
  readonly state: string;
  readonly localAs: number;
  readonly peerAs: number | string;
  /** Seconds since it was established. */
  readonly uptimeSeconds?: number;
  readonly holdTimeSeconds?: number;
  readonly keepaliveSeconds?: number;
  /** What both sides can. */
  readonly capabilities?: readonly string[];
  readonly peerIdentifier?: string;
  readonly prefixes: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly bfd?: string;
  /** How the last connection ended, in words. */
  readonly lastError?: string;
  readonly lastErrorSecondsAgo?: number;
}

export interface RouteRow extends RouteAttributes {
  readonly peer: string;
  readonly prefix: string;
}

/** Undefined: nothing is known by that name. Routes are as many as there are, so they come one by one. */
export function inspect(what: string, peerings: readonly Peering[], routes: DesiredRoutes, nowMs: number): unknown {
  if (what === "peers") return peerings.map((peering) => peerRow(peering, nowMs));
  return what === "routes" ? routeRows(peerings, routes) : undefined;
}

function* routeRows(peerings: readonly Peering[], routes: DesiredRoutes): Generator<RouteRow> {
  for (const { peer, families } of peerings) {
    for (const { prefix, attributes } of routes.routesTo(peer.name)) {
      if (families.includes(prefix.includes(":") ? 6 : 4)) yield { peer: peer.name, prefix, ...attributes };
    }
  }
}

function peerRow({ peer, address, session, counts, told, bfd }: Peering, nowMs: number): PeerRow {
  const { lastEnding, config } = session;
  const { negotiated, establishedMs: since } = establishedTalk(session) ?? {};
  const notification = lastEnding?.received ?? lastEnding?.sent;
  const words = notification === undefined || lastEnding?.received !== undefined ? "" : `; sent ${describeNotification(notification)}`;
  return {
    name: peer.name,
    ...(address === undefined ? {} : { address }),
    port: peer.port,
    state: stateOf(session),
    localAs: config.localAs,
    peerAs: negotiated?.peerAs ?? config.peerAs,
    ...(since === undefined ? {} : { uptimeSeconds: seconds(nowMs - since) }),
    ...(negotiated === undefined
      ? {}
      : {
          holdTimeSeconds: negotiated.holdTimeMs / 1000,
          keepaliveSeconds: negotiated.keepaliveMs / 1000,
          capabilities: capabilitiesOf(negotiated),
          peerIdentifier: negotiated.peerIdentifier,
        }),
    prefixes: told,
    messagesReceived: counts.received.total,
    messagesSent: counts.sent.total,
    ...(bfd === undefined ? {} : { bfd: bfd.state }),
    ...(lastEnding === undefined
      ? {}
      : { lastError: `${lastEnding.reason}${words}`, lastErrorSecondsAgo: seconds(nowMs - lastEnding.atMs) }),
  };
}

function capabilitiesOf(negotiated: Negotiated): string[] {
  const { families, format, routeRefresh, enhancedRouteRefresh, gracefulRestart } = negotiated;
  const names: string[] = families.map(({ afi }) => (afi === 1 ? "IPv4" : "IPv6"));
  if (format.fourOctetAs) names.push("4-octet AS");
  if (format.extendedMessage) names.push("extended messages");
  if (format.extendedNextHop.length > 0) names.push("IPv4 over IPv6 next hops");
  if (routeRefresh) names.push("route refresh");
  if (enhancedRouteRefresh) names.push("enhanced route refresh");
  if (gracefulRestart !== undefined) names.push(gracefulRestart.notification ? "graceful restart with notifications" : "graceful restart");
  return names;
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
