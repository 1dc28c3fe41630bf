/** Peers beside each other, their profiles and the nodes: what no object can know by itself. */

import { type Labels, matchesAny, type NodeFact, type Problem } from "../../host/announcer.ts";
import type { BfdProfile } from "./bfd-profile.ts";
import { BGP_PEER, type Peer } from "./peer.ts";

/** Peers to talk to, and all that is wrong. */
export interface CheckedPeers {
  /** By name, in name order. */
  readonly accepted: ReadonlyMap<string, Peer>;
  readonly problems: readonly Problem[];
}

/**
 * Takes the peers in name order. One at the address of a peer before it, on a node that has both, is left out: the router would take the
 * two sessions for one. A profile that is not there costs BFD, not the session, so that deleting one takes no routes away.
 */
export function checkPeers(
  peers: Iterable<Peer>,
  profiles: ReadonlyMap<string, BfdProfile>,
  nodes: ReadonlyMap<string, NodeFact>,
): CheckedPeers {
  const accepted = new Map<string, Peer>();
  const problems: Problem[] = [];
  for (const peer of [...peers].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const twin = [...accepted.values()].find((other) => placeOf(other) === placeOf(peer) && shareNode(other, peer, nodes));
    if (twin === undefined) {
      const { bfdProfile, ...withoutBfd } = peer;
      const hasBfd = bfdProfile !== undefined && profiles.has(bfdProfile);
      accepted.set(peer.name, hasBfd ? peer : withoutBfd);
      problems.push(...objectToProfile(peer, profiles));
    } else problems.push(objectToTwin(peer, twin));
  }
  return { accepted, problems };
}

function objectToTwin({ name, at }: Peer, twin: Peer): Problem {
  const [field, text] = "link" in at ? ["interface", at.link] : ["peerAddress", at.address];
  return {
    object: `${BGP_PEER} ${name}`,
    path: `spec.${field}`,
    found: JSON.stringify(text),
    expected: `another on the nodes of ${BGP_PEER} ${twin.name}: peer ${text} already exists`,
  };
}

function objectToProfile(peer: Peer, profiles: ReadonlyMap<string, BfdProfile>): Problem[] {
  if (peer.bfdProfile === undefined) return [];
  const profile = profiles.get(peer.bfdProfile);
  const common = { object: `${BGP_PEER} ${peer.name}`, path: "spec.bfdProfile", found: JSON.stringify(peer.bfdProfile) };
  if (profile === undefined) return [{ ...common, expected: "the name of a BFDProfile that exists" }];
  if (!profile.echoMode || canEcho(peer)) return [];
  return [{ ...common, expected: "a profile without echoMode, which needs a neighbor with an IPv4 address" }];
}

/** The peers of a node. */
export function peersOf(peers: Iterable<Peer>, nodeLabels: Labels): Peer[] {
  return [...peers].filter(({ nodeSelectors }) => nodeSelectors.length === 0 || matchesAny(nodeSelectors, nodeLabels));
}

/**
 * BFD echo packets (RFC 5881 §6.4) come back over one hop of IPv4.
 * Deviation: MetalLB refuses echo where a pool has IPv6 addresses; what matters is the session's own address.
 */
export function canEcho({ at, multihop }: Peer): boolean {
  return "address" in at && at.family === 4 && !multihop;
}

function placeOf({ at, vrf = "" }: Peer): string {
  return `${"link" in at ? `link ${at.link}` : at.address} ${vrf}`;
}

function shareNode(a: Peer, b: Peer, nodes: ReadonlyMap<string, NodeFact>): boolean {
  // As long as no node is known, any may come.
  return nodes.size === 0 || [...nodes.values()].some(({ labels }) => peersOf([a, b], labels).length === 2);
}
