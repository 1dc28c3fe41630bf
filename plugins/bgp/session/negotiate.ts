/** OPEN messages: ours, what is wrong with the peer's, and what the two agree on. */

import type { AfiSafi, Capability, MessageError, MessageFormat, OpenMessage } from "../messages.ts";
import { AS_TRANS, twoOctetAs } from "./as-number.ts";
import type { SessionConfig } from "./config.ts";
import { ErrorCode, OpenError } from "./notification-words.ts";

/** What both sides hold to while the session lives. */
export interface Negotiated {
  readonly localAs: number;
  readonly peerAs: number;
  readonly isInternal: boolean;
  readonly peerIdentifier: string;
  /** 0: no hold timer, no keepalives. */
  readonly holdTimeMs: number;
  readonly keepaliveMs: number;
  /** Of both. */
  readonly families: readonly AfiSafi[];
  readonly format: MessageFormat;
  readonly routeRefresh: boolean;
  readonly enhancedRouteRefresh: boolean;
  /** Where both have it. */
  readonly gracefulRestart?: {
    /** The peer has just restarted (its R bit). */
    readonly peerRestarted: boolean;
    readonly peerRestartTimeSeconds: number;
    /** Both N bits: a NOTIFICATION other than a hard reset keeps routes. */
    readonly notification: boolean;
    /** Of the peer; `forwardingState` is its F bit. */
    readonly families: readonly (AfiSafi & { readonly forwardingState: boolean })[];
  };
}

export const IPV4_UNICAST: AfiSafi = { afi: 1, safi: 1 };
export const IPV6_UNICAST: AfiSafi = { afi: 2, safi: 1 };

const VERSION = 4;

/** Our OPEN. `isRestarting` is the R bit (RFC 4724 §3). */
export function makeOpen(config: SessionConfig, isRestarting: boolean): OpenMessage {
  const { localAs, localIdentifier, holdTimeSeconds } = config;
  return {
    type: "open",
    version: VERSION,
    myAutonomousSystem: twoOctetAs(localAs),
    holdTime: holdTimeSeconds,
    bgpIdentifier: localIdentifier,
    capabilities: capabilitiesOf(config, isRestarting),
  };
}

/** What of the peer's OPEN we cannot live with, worst first; undefined: nothing. */
export function objectToOpen(config: SessionConfig, open: OpenMessage): MessageError | undefined {
  const { version, holdTime, bgpIdentifier } = open;
  // The data is the largest version that we support, RFC 4271 §6.2.
  if (version !== VERSION) return refuse(OpenError.unsupportedVersion, `Peer speaks BGP version ${version}, expected 4`, "0004");
  const peerAs = peerAsOf(open);
  const wanted = objectToAs(config, peerAs);
  if (wanted !== undefined) return refuse(OpenError.badPeerAs, `Peer is AS ${peerAs}, expected ${wanted}`);
  // RFC 6286 §2.2: only zero is wrong by itself; equal ones may meet where the AS differs.
  if (bgpIdentifier === "0.0.0.0") return refuse(OpenError.badBgpIdentifier, "Peer has BGP identifier 0.0.0.0, expected another");
  if (bgpIdentifier === config.localIdentifier && peerAs === config.localAs) {
    return refuse(OpenError.badBgpIdentifier, `Peer has our own BGP identifier ${bgpIdentifier} and AS ${peerAs}, expected another`);
  }
  if (holdTime === 1 || holdTime === 2) {
    return refuse(OpenError.unacceptableHoldTime, `Peer wants a hold time of ${holdTime} s, expected 0 or at least 3 s`);
  }
  if (common(config.families, familiesOf(open)).length > 0) return undefined;
  const texts = (families: readonly AfiSafi[]) => families.map(({ afi, safi }) => `${afi}/${safi}`).join(", ");
  const reason = `Peer speaks of address families ${texts(familiesOf(open))} only, expected one of ${texts(config.families)}`;
  // The data is the capabilities that are missing, RFC 5492 §5.
  return refuse(OpenError.unsupportedCapability, reason, config.families.map(multiprotocolHex).join(""));
}

/** What follows from both OPENs. The peer's must have passed `objectToOpen`. */
export function negotiate(config: SessionConfig, open: OpenMessage): Negotiated {
  const { localAs, gracefulRestart: ours } = config;
  const peerAs = peerAsOf(open);
  const holdTimeMs = Math.min(config.holdTimeSeconds, open.holdTime) * 1000;
  const nextHops = find(open, "extendedNextHop")?.families.filter(({ nextHopAfi }) => nextHopAfi === IPV6_UNICAST.afi) ?? [];
  const theirs = find(open, "gracefulRestart");
  return {
    localAs,
    peerAs,
    isInternal: peerAs === localAs,
    peerIdentifier: open.bgpIdentifier,
    holdTimeMs,
    keepaliveMs: holdTimeMs === 0 ? 0 : Math.min(config.keepaliveSeconds * 1000 || holdTimeMs / 3, holdTimeMs / 3),
    families: common(config.families, familiesOf(open)),
    format: {
      fourOctetAs: find(open, "fourOctetAs") !== undefined,
      extendedMessage: config.extendedMessage && find(open, "extendedMessage") !== undefined,
      extendedNextHop: common(config.extendedNextHop, nextHops),
      isInternal: peerAs === localAs,
    },
    routeRefresh: find(open, "routeRefresh") !== undefined,
    enhancedRouteRefresh: config.enhancedRouteRefresh && find(open, "enhancedRouteRefresh") !== undefined,
    ...(ours !== undefined && theirs !== undefined
      ? {
          gracefulRestart: {
            peerRestarted: theirs.restartState,
            peerRestartTimeSeconds: theirs.restartTime,
            notification: ours.notification && theirs.notification,
            families: theirs.families,
          },
        }
      : {}),
  };
}

/** RFC 6793 §4.1: the capability's, where there is one. */
function peerAsOf(open: OpenMessage): number {
  return find(open, "fourOctetAs")?.asNumber ?? open.myAutonomousSystem;
}

export function sameFamily(a: AfiSafi, b: AfiSafi): boolean {
  return a.afi === b.afi && a.safi === b.safi;
}

function capabilitiesOf(config: SessionConfig, isRestarting: boolean): Capability[] {
  const { localAs, families, extendedNextHop, extendedMessage, enhancedRouteRefresh, gracefulRestart } = config;
  const capabilities: Capability[] = families.map(({ afi, safi }) => ({ name: "multiprotocol", afi, safi }));
  capabilities.push({ name: "routeRefresh" });
  if (enhancedRouteRefresh) capabilities.push({ name: "enhancedRouteRefresh" });
  if (extendedNextHop.length > 0) {
    const nextHops = extendedNextHop.map(({ afi, safi }) => ({ afi, safi, nextHopAfi: IPV6_UNICAST.afi }));
    capabilities.push({ name: "extendedNextHop", families: nextHops });
  }
  if (extendedMessage) capabilities.push({ name: "extendedMessage" });
  capabilities.push({ name: "fourOctetAs", asNumber: localAs });
  if (gracefulRestart !== undefined) {
    capabilities.push({
      name: "gracefulRestart",
      restartState: isRestarting,
      notification: gracefulRestart.notification,
      restartTime: gracefulRestart.restartTimeSeconds,
      // Forwarding is the kernel's, and goes on without us.
      families: families.map(({ afi, safi }) => ({ afi, safi, forwardingState: true })),
    });
  }
  return capabilities;
}

/** What was wanted instead; undefined: it is the right one. */
function objectToAs({ localAs, peerAs: wanted }: SessionConfig, found: number): string | undefined {
  // RFC 7607 §2: nobody is AS 0. AS_TRANS stands for numbers that it cannot say.
  if (found === 0 || found === AS_TRANS) return "the AS number of the peer";
  if (wanted === "any") return undefined;
  if (wanted === "internal") return found === localAs ? undefined : `our own, ${localAs}`;
  if (wanted === "external") return found === localAs ? "another than our own" : undefined;
  return found === wanted ? undefined : String(wanted);
}

function refuse(errorSubcode: number, reason: string, data = ""): MessageError {
  return { verb: "resetSession", errorCode: ErrorCode.open, errorSubcode, data, reason };
}

function find<Name extends Capability["name"]>(open: OpenMessage, name: Name): Extract<Capability, { name: Name }> | undefined {
  return open.capabilities.find((capability): capability is Extract<Capability, { name: Name }> => capability.name === name);
}

/** RFC 4760 §8: who says nothing speaks IPv4 unicast. */
function familiesOf(open: OpenMessage): readonly AfiSafi[] {
  const families = open.capabilities.filter((capability) => capability.name === "multiprotocol");
  return families.length > 0 ? families.map(({ afi, safi }) => ({ afi, safi })) : [IPV4_UNICAST];
}

function common(ours: readonly AfiSafi[], theirs: readonly AfiSafi[]): readonly AfiSafi[] {
  return ours.filter((family) => theirs.some((other) => sameFamily(family, other)));
}

/** RFC 4760 §8: code 1, length 4, AFI, a reserved octet, SAFI. */
function multiprotocolHex({ afi, safi }: AfiSafi): string {
  return `0104${afi.toString(16).padStart(4, "0")}00${safi.toString(16).padStart(2, "0")}`;
}
