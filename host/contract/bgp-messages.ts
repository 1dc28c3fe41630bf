/**
 * BGP messages as objects: what bytes are decoded to, and what is encoded.
 *
 * Fields have the RFCs' names in camelCase. Addresses are canonical text (`192.0.2.1`, `2001:db8::1`), prefixes `192.0.2.0/24` with zero
 * host bits, AS numbers plain numbers of up to 32 bits, communities `65000:1`, large communities `65000:1:2`; what nobody here understands
 * is lower-case hex.
 */

export type Message = OpenMessage | UpdateMessage | NotificationMessage | KeepaliveMessage | RouteRefreshMessage;

/** An address family (RFC 4760), by the numbers of IANA's registries. */
export interface AfiSafi {
  readonly afi: number;
  readonly safi: number;
}

/** RFC 4271 §4.2. */
export interface OpenMessage {
  readonly type: "open";
  readonly version: number;
  /** The two-octet field: 23456 where the AS number has four octets; then it is in capability `fourOctetAs`. */
  readonly myAutonomousSystem: number;
  /** Seconds. */
  readonly holdTime: number;
  readonly bgpIdentifier: string;
  /** Of all Capabilities parameters, in order. */
  readonly capabilities: readonly Capability[];
}

export type Capability =
  | ({ readonly name: "multiprotocol" } & AfiSafi)
  | { readonly name: "routeRefresh" }
  | { readonly name: "extendedNextHop"; readonly families: readonly (AfiSafi & { readonly nextHopAfi: number })[] }
  | { readonly name: "extendedMessage" }
  | {
      readonly name: "gracefulRestart";
      readonly restartState: boolean;
      /** The N bit of RFC 8538. */
      readonly notification: boolean;
      /** Seconds, 0 to 4095. */
      readonly restartTime: number;
      readonly families: readonly (AfiSafi & { readonly forwardingState: boolean })[];
    }
  | { readonly name: "fourOctetAs"; readonly asNumber: number }
  | { readonly name: "enhancedRouteRefresh" }
  | { readonly name: "unknown"; readonly code: number; readonly value: string };

/** RFC 4271 §4.3. */
export interface UpdateMessage {
  readonly type: "update";
  readonly withdrawnRoutes: readonly string[];
  readonly pathAttributes: PathAttributes;
  readonly nlri: readonly string[];
}

/** Those that are there, and well-formed. */
export interface PathAttributes {
  readonly origin?: Origin;
  /** Four-octet numbers, whatever the session speaks. */
  readonly asPath?: readonly AsPathSegment[];
  readonly nextHop?: string;
  readonly multiExitDisc?: number;
  readonly localPref?: number;
  readonly atomicAggregate?: true;
  readonly aggregator?: Aggregator;
  readonly communities?: readonly string[];
  readonly originatorId?: string;
  readonly clusterList?: readonly string[];
  readonly mpReachNlri?: MpReachNlri;
  readonly mpUnreachNlri?: AfiSafi & { readonly withdrawnRoutes: readonly string[] };
  /** Eight octets of hex, or `bandwidth:65000:125000000` for a link bandwidth in bytes a second. */
  readonly extendedCommunities?: readonly string[];
  /** Only from peers of two-octet AS numbers; `asPath` and `aggregator` have it already. */
  readonly as4Path?: readonly AsPathSegment[];
  readonly as4Aggregator?: Aggregator;
  readonly largeCommunities?: readonly string[];
  /** Those that are not read here, and multiprotocol ones of families that are not. */
  readonly unknown?: readonly UnknownAttribute[];
}

export type Origin = "igp" | "egp" | "incomplete";

export interface UnknownAttribute {
  readonly flags: number;
  readonly typeCode: number;
  readonly value: string;
}

export interface AsPathSegment {
  readonly type: "sequence" | "set" | "confedSequence" | "confedSet";
  readonly asNumbers: readonly number[];
}

export interface Aggregator {
  readonly asNumber: number;
  readonly address: string;
}

/** RFC 4760 §3, RFC 2545 §3, RFC 8950 §3. */
export interface MpReachNlri extends AfiSafi {
  readonly nextHop: string;
  readonly linkLocalNextHop?: string;
  readonly nlri: readonly string[];
}

/** RFC 4271 §4.5. */
export interface NotificationMessage extends Notification {
  readonly type: "notification";
  /** Of Cease/9 (RFC 8538 §3): what it wraps. */
  readonly hardReset?: Notification;
}

export interface Notification {
  readonly errorCode: number;
  readonly errorSubcode: number;
  /** Not sent where a text or a Hard Reset is given, which become the data. */
  readonly data: string;
  /** Of Cease/2 and Cease/4 (RFC 9003), where it is UTF-8. */
  readonly shutdownCommunication?: string;
}

export interface KeepaliveMessage {
  readonly type: "keepalive";
}

/** RFC 2918 §3. */
export interface RouteRefreshMessage extends AfiSafi {
  readonly type: "routeRefresh";
  /** RFC 7313 §3.2: 0 asks, 1 begins and 2 ends a refresh. */
  readonly messageSubtype: number;
  /** Hex: outbound route filters (RFC 5291), where there are any. */
  readonly rest?: string;
}

/** What a session has agreed on. */
export interface MessageFormat {
  /** Default true: before OPEN there is no AS number that it matters for. */
  readonly fourOctetAs?: boolean;
  /** Up to 65,535 octets instead of 4,096. Default false. */
  readonly extendedMessage?: boolean;
  /** Families whose next hop may be of the other one. Default: whatever comes. */
  readonly extendedNextHop?: readonly AfiSafi[];
  /** The peer is of our own AS. Default: not known, and nothing is said of attributes that depend on it. */
  readonly isInternal?: boolean;
}

/** What a receiver does about an error: RFC 7606 §2. */
export type ErrorVerb = "resetSession" | "disableFamily" | "treatAsWithdraw" | "discardAttribute";

/** Something wrong in what was received. */
export interface MessageError {
  readonly verb: ErrorVerb;
  /** Of the NOTIFICATION that a reset sends; for milder verbs the one that RFC 4271 would have sent. 0: none. */
  readonly errorCode: number;
  readonly errorSubcode: number;
  readonly data: string;
  /** What is wrong, in words. */
  readonly reason: string;
  /** The rule of the codec by name, and where it stands; absent where it is the session's finding. */
  readonly status?: string;
  readonly source?: string;
  /** Of the attribute that it is about. */
  readonly typeCode?: number;
  /** With `disableFamily`: routes of this family are forgotten, and not listened to any more. */
  readonly family?: AfiSafi;
}

/**
 * One message: there unless an error resets the session. An UPDATE that is to be treated as a withdrawal still has its routes where it had
 * them; a discarded attribute is gone, and so are routes of a family that is to be disabled.
 */
export interface DecodedMessage {
  readonly message?: Message;
  readonly errors: readonly MessageError[];
}
