/**
 * BGPPeers and Nodes → what a router on the other side has to know: itself, and a neighbor for each node.
 *
 * Peers that can be one router are taken for one: the same AS number, and no node twice. So the IPv4 and the IPv6 peer of a router come out
 * together, and two routers of one AS number apart.
 */

import { type NodeFact, parseAddress } from "../../../host/announcer.ts";
import type { BfdProfile } from "../bfd-profile.ts";
import { peersOf } from "../check-peers.ts";
import type { Peer } from "../peer.ts";
import { sessionConfigOf } from "../peer-session.ts";

export interface RouterPlan {
  /** Names of the BGPPeers. */
  readonly peers: readonly string[];
  /** Undefined: any that is not ours. */
  readonly asNumber: number | undefined;
  /** An address of the router; undefined where only links are known. */
  readonly address: string | undefined;
  readonly neighbors: readonly NeighborPlan[];
}

export interface NeighborPlan {
  readonly node: string;
  /** The BGPPeer. */
  readonly peer: string;
  /** The node's address, and the router's; undefined: unnumbered, by a link that only the router's owner knows. */
  readonly at: { readonly address: string; readonly routerAddress: string } | undefined;
  /** The node's. */
  readonly asNumber: number;
  readonly isInternal: boolean;
  /** Of the router, where it takes connections. */
  readonly routerPort: number;
  /** Of the node, where that takes connections. */
  readonly nodePort: number | undefined;
  /** The node does not connect: the router has to. */
  readonly nodeIsPassive: boolean;
  readonly families: readonly (4 | 6)[];
  /** IPv4 routes may have IPv6 next hops (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** Null: it is in a Secret. */
  readonly password: string | null | undefined;
  readonly holdTimeSeconds: number;
  readonly keepaliveSeconds: number;
  readonly multihop: boolean;
  readonly ttlSecurityHops: number | undefined;
  readonly gracefulRestart: boolean;
  readonly bfd: BfdProfile | undefined;
}

export interface RouterPlans {
  readonly routers: readonly RouterPlan[];
  /** Why a neighbor is not there. */
  readonly problems: readonly string[];
}

const IPV6_AFI = 2;

/** Peers in name order; nodes in theirs. */
export function planRouters(
  peers: readonly Peer[],
  profiles: ReadonlyMap<string, BfdProfile>,
  nodes: ReadonlyMap<string, NodeFact>,
): RouterPlans {
  const routers: RouterPlan[] = [];
  const problems: string[] = [];
  for (const peer of peers) {
    const selected = [...nodes.values()].filter(({ labels }) => peersOf([peer], labels).length > 0);
    if (selected.length === 0) problems.push(`BGPPeer ${peer.name}: found no node that it selects, expected a Node among the manifests`);
    const neighbors = selected.flatMap((node) => neighborOf(peer, profiles, node) ?? []);
    const missed = selected.filter(({ name }) => !neighbors.some((neighbor) => neighbor.node === name));
    const family = familyOf(peer);
    problems.push(...missed.map(({ name }) => `Node ${name}: found no address of IPv${family}, expected one for BGPPeer ${peer.name}`));
    if (neighbors.length > 0) join(routers, planOf(peer, neighbors));
  }
  return { routers, problems };
}

function planOf({ name, peerAs, myAs, localAs, at }: Peer, neighbors: readonly NeighborPlan[]): RouterPlan {
  const sameAs = localAs ?? myAs;
  const asNumber = typeof peerAs === "number" ? peerAs : peerAs === "internal" ? sameAs : undefined;
  return { peers: [name], asNumber, address: "address" in at ? at.address : undefined, neighbors };
}

function join(routers: RouterPlan[], plan: RouterPlan): void {
  const at = routers.findIndex((router) => router.asNumber === plan.asNumber && !shareNeighbor(router, plan));
  const router = routers[at];
  if (router === undefined) routers.push(plan);
  else {
    const peers = [...router.peers, ...plan.peers];
    routers[at] = { ...router, peers, address: router.address ?? plan.address, neighbors: [...router.neighbors, ...plan.neighbors] };
  }
}

/** A link of the router is not known by name, so any may be the same. */
function shareNeighbor(a: RouterPlan, b: RouterPlan): boolean {
  const addresses = (plan: RouterPlan) => plan.neighbors.map(({ at, node }) => at?.address ?? `a link to ${node}`);
  const known = new Set(addresses(a));
  return addresses(b).some((address) => known.has(address));
}

function neighborOf(peer: Peer, profiles: ReadonlyMap<string, BfdProfile>, node: NodeFact): NeighborPlan | undefined {
  const { at, password, bfdProfile = "" } = peer;
  const address = peer.sourceAddress ?? node.addresses.find((text) => parseAddress(text)?.family === familyOf(peer));
  if ("address" in at && address === undefined) return undefined;
  const { families, extendedNextHop } = sessionConfigOf(peer, "0.0.0.0");
  const asNumber = peer.localAs ?? peer.myAs;
  return {
    node: node.name,
    peer: peer.name,
    at: "address" in at ? { address: address ?? "", routerAddress: at.address } : undefined,
    asNumber,
    isInternal: peer.peerAs === "internal" || peer.peerAs === asNumber,
    routerPort: peer.port,
    nodePort: peer.listenPort,
    nodeIsPassive: peer.passive,
    families: families.map(({ afi }) => (afi === IPV6_AFI ? 6 : 4)),
    extendedNextHop: extendedNextHop.length > 0,
    password: password === undefined ? undefined : "text" in password ? password.text : null,
    holdTimeSeconds: peer.holdTimeSeconds,
    keepaliveSeconds: peer.keepaliveSeconds,
    multihop: peer.multihop,
    ttlSecurityHops: peer.ttlSecurityHops,
    gracefulRestart: peer.gracefulRestart,
    bfd: profiles.get(bfdProfile),
  };
}

function familyOf({ at }: Peer): 4 | 6 {
  return "address" in at ? at.family : 6;
}
