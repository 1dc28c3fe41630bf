/**
 * MetalLB's BGP resources → config and advertisements: each object is read by itself, and then all are looked at together.
 *
 * A peer whose Secret is missing is left out until it is there, as nobody wants a session without the password that they asked for.
 */

import type { Problem, SecretFact, Translation, TranslationWorld } from "../../host/announcer.ts";
import { BGP_ADVERTISEMENT, type BgpAdvertisement, readBgpAdvertisement } from "./advertisement.ts";
import { BFD_PROFILE, type BfdProfile, readBfdProfile } from "./bfd-profile.ts";
import { checkAdvertisements } from "./check-advertisements.ts";
import { checkPeers, peersOf } from "./check-peers.ts";
import { COMMUNITY, type CommunityNames, collectAliases, readCommunity } from "./community.ts";
import type { BgpConfig } from "./config.ts";
import { BGP_PEER, type Peer, readPeer } from "./peer.ts";

const SECRET_TYPE = "kubernetes.io/basic-auth";

export const translation: Translation<BgpConfig> = {
  read: {
    [`metallb.io/v1beta1/${BGP_PEER}`]: readPeer,
    [`metallb.io/v1beta2/${BGP_PEER}`]: readPeer,
    [`metallb.io/v1beta1/${BGP_ADVERTISEMENT}`]: readBgpAdvertisement,
    [`metallb.io/v1beta1/${COMMUNITY}`]: readCommunity,
    [`metallb.io/v1beta1/${BFD_PROFILE}`]: readBfdProfile,
  },
  translate(world) {
    const { node, pools, nodes, before } = world;
    const { aliases, problems: aliasProblems } = collectAliases(objectsOf<CommunityNames>(world, COMMUNITY).values());
    const surroundings = { pools: [...pools.values()], nodes: [...nodes.values()], aliases, before };
    const advertisements = checkAdvertisements(objectsOf<BgpAdvertisement>(world, BGP_ADVERTISEMENT).values(), surroundings);
    const profiles = objectsOf<BfdProfile>(world, BFD_PROFILE);
    const all = objectsOf<Peer>(world, BGP_PEER);
    // As with MetalLB, what is wrong with a peer, its Secret, or two peers together, matters where they are.
    const peers = checkPeers(all.values(), profiles, node === undefined ? nodes : new Map([[node.name, node]]));
    const isNear = (peer: Peer | undefined) => node === undefined || peer === undefined || peersOf([peer], node.labels).length > 0;
    const near = [...peers.accepted.values()].filter(isNear);
    const peerProblems = peers.problems.filter(({ object }) => isNear(all.get(object.slice(`${BGP_PEER} `.length))));
    const secretProblems = near.flatMap((peer) => objectToSecret(peer, world.secrets) ?? []);
    const usable = near.filter((peer) => objectToSecret(peer, world.secrets) === undefined);
    return {
      config: configOf(usable, profiles, node?.addresses ?? []),
      advertisements: advertisements.accepted,
      problems: [...aliasProblems, ...advertisements.problems, ...peerProblems, ...secretProblems],
    };
  },
};

/** The readers are those above. */
function objectsOf<T>(world: TranslationWorld, kind: string): ReadonlyMap<string, T> {
  return world.objects(kind) as ReadonlyMap<string, T>;
}

function configOf(peers: readonly Peer[], profiles: ReadonlyMap<string, BfdProfile>, nodeAddresses: readonly string[]): BgpConfig {
  const named = new Set(peers.map(({ bfdProfile }) => bfdProfile));
  return { peers, profiles: [...profiles.values()].filter(({ name }) => named.has(name)), nodeAddresses };
}

function objectToSecret({ name, password }: Peer, secrets: ReadonlyMap<string, SecretFact>): Problem | undefined {
  if (password === undefined || !("secret" in password)) return undefined;
  const secret = secrets.get(password.secret);
  if (secret?.type === SECRET_TYPE && secret.hasPassword) return undefined;
  const named = JSON.stringify(password.secret);
  return {
    object: `${BGP_PEER} ${name}`,
    path: "spec.passwordSecret.name",
    found: secret === undefined ? `${named}, which is not there` : `${named} of type ${describe(secret)}`,
    expected: `a Secret of type ${SECRET_TYPE} with a password`,
  };
}

function describe({ type }: SecretFact): string {
  return type === SECRET_TYPE ? `${type} without a password` : type.slice(0, 80);
}
