/**
 * BGP messages as objects: what the codec decodes from bytes and encodes into them, and what the session talks in.
 *
 * Fields have the RFCs' names in camelCase. Addresses are canonical text (`192.0.2.1`, `2001:db8::1`), prefixes `192.0.2.0/24` with
 * zero host bits, AS numbers plain numbers of up to 32 bits, communities `65000:1`, large communities `65000:1:2`, and whatever nobody
 * here understands is lower-case hex. Messages are plain data that JSON can print.
 */

/** A message of any type; `type` says which. */
export type Message = OpenMessage | UpdateMessage | NotificationMessage | KeepaliveMessage | RouteRefreshMessage;

/** An address family (RFC 4760): numbers of IANA's registries, so that unknown ones survive. */
export interface AfiSafi {
  /** 1: IPv4, 2: IPv6. */
  readonly afi: number;
  /** 1: unicast. */
  readonly safi: number;
}

/** RFC 4271 §4.2. */
export interface OpenMessage {
  readonly type: "open";
  readonly version: number;
  /** The two-octet field: AS_TRANS (23456) where the AS number has four; the real one is in capability `fourOctetAs`. */
  readonly myAutonomousSystem: number;
  /** Seconds. */
  readonly holdTime: number;
  /** As a dotted quad; four octets that need not be an address (RFC 6286). */
  readonly bgpIdentifier: string;
  /** In the order of the message, from all Capabilities parameters (RFC 5492), of either length format (RFC 9072). */
  readonly capabilities: readonly Capability[];
}

/** One capability; `name` says which, `unknown` keeps its code. */
export type Capability =
  /** Code 1, RFC 4760 §8. */
  | ({ readonly name: "multiprotocol" } & AfiSafi)
  /** Code 2, RFC 2918. */
  | { readonly name: "routeRefresh" }
  /** Code 5, RFC 8950 §4: NLRI of this family may come with a next hop of `nextHopAfi`. */
  | { readonly name: "extendedNextHop"; readonly families: readonly (AfiSafi & { readonly nextHopAfi: number })[] }
  /** Code 6, RFC 8654. */
  | { readonly name: "extendedMessage" }
  /** Code 64, RFC 4724 §3 and RFC 8538 §2. */
  | {
      readonly name: "gracefulRestart";
      /** R bit. */
      readonly restartState: boolean;
      /** N bit: NOTIFICATION messages are graceful, too. */
      readonly notification: boolean;
      /** Seconds, 0 to 4095. */
      readonly restartTime: number;
      /** `forwardingState` is the F bit. */
      readonly families: readonly (AfiSafi & { readonly forwardingState: boolean })[];
    }
  /** Code 65, RFC 6793. */
  | { readonly name: "fourOctetAs"; readonly asNumber: number }
  /** Code 70, RFC 7313. */
  | { readonly name: "enhancedRouteRefresh" }
  /** Any other code, or one of the above whose value does not fit it. `value` is hex. */
  | { readonly name: "unknown"; readonly code: number; readonly value: string };

/** RFC 4271 §4.3. Without anything in it, it is the End-of-RIB of IPv4 unicast (RFC 4724 §2). */
export interface UpdateMessage {
  readonly type: "update";
  /** Prefixes. */
  readonly withdrawnRoutes: readonly string[];
  readonly pathAttributes: PathAttributes;
  /** Prefixes. */
  readonly nlri: readonly string[];
}

/** Attributes that an UPDATE carries; absent ones are left out. */
export interface PathAttributes {
  readonly origin?: "igp" | "egp" | "incomplete";
  /** Empty: routes of the peer's own AS over iBGP. Four-octet numbers, whatever the session speaks. */
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
  /** Without prefixes, the End-of-RIB of that family. */
  readonly mpUnreachNlri?: AfiSafi & { readonly withdrawnRoutes: readonly string[] };
  /** Each eight octets of hex; `bandwidth:65000:125000000` for link bandwidth: AS number, bytes a second. */
  readonly extendedCommunities?: readonly string[];
  /** Seen only from peers with two-octet AS numbers, and there already merged into `asPath`. */
  readonly as4Path?: readonly AsPathSegment[];
  readonly as4Aggregator?: Aggregator;
  readonly largeCommunities?: readonly string[];
  /** `value` is hex. */
  readonly unknown?: readonly { readonly flags: number; readonly typeCode: number; readonly value: string }[];
}

/** RFC 4271 §4.3 and RFC 5065 §3. */
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
  /** Global, or the only one. */
  readonly nextHop: string;
  readonly linkLocalNextHop?: string;
  readonly nlri: readonly string[];
}

/** RFC 4271 §4.5. Names and words for the codes are in `session/notification-words.ts`. */
export interface NotificationMessage {
  readonly type: "notification";
  readonly errorCode: number;
  readonly errorSubcode: number;
  /** Hex. To be sent, leave it empty where one of the two below is given: they become the data. */
  readonly data: string;
  /** Of Cease/2 and Cease/4 (RFC 9003), read as UTF-8; absent where there is none, or it is not valid. */
  readonly shutdownCommunication?: string;
  /** Of Cease/9, Hard Reset (RFC 8538 §3): the NOTIFICATION that it wraps. */
  readonly hardReset?: {
    readonly errorCode: number;
    readonly errorSubcode: number;
    readonly data: string;
    readonly shutdownCommunication?: string;
  };
}

export interface KeepaliveMessage {
  readonly type: "keepalive";
}

/** RFC 2918 §3. */
export interface RouteRefreshMessage extends AfiSafi {
  readonly type: "routeRefresh";
  /** RFC 7313 §3.2: 0 asks, 1 begins and 2 ends a refresh. */
  readonly messageSubtype: number;
  /** Outbound route filters (RFC 5291), hex, where there are any. */
  readonly rest?: string;
}

/** How messages of a session are to be read and written; before it is negotiated, all false and empty. */
export interface MessageFormat {
  readonly fourOctetAs: boolean;
  /** Up to 65,535 octets instead of 4,096; never OPEN and KEEPALIVE. */
  readonly extendedMessage: boolean;
  /** Families whose next hop may be of the other one. */
  readonly extendedNextHop: readonly AfiSafi[];
  /** The peer is of our own AS: some attributes are for such peers only. */
  readonly isInternal: boolean;
}

/** What a receiver does about an error: RFC 7606 §2, mildest last. */
export type ErrorVerb = "resetSession" | "disableFamily" | "treatAsWithdraw" | "discardAttribute";

/** Something wrong in what was received. Without `resetSession` the session goes on. */
export interface MessageError {
  readonly verb: ErrorVerb;
  /** Of the NOTIFICATION that a reset sends; for the milder verbs the one that RFC 4271 would have sent. 0: none. */
  readonly errorCode: number;
  readonly errorSubcode: number;
  /** Hex. */
  readonly data: string;
  /** What is wrong, in words. */
  readonly reason: string;
  /** Of the attribute that it is about. */
  readonly typeCode?: number;
  /** With `disableFamily`: routes of this family are forgotten, and not listened to any more. */
  readonly family?: AfiSafi;
}

/**
 * One message out of a stream: `message` is there unless an error resets the session. An UPDATE that is to be treated as a withdrawal
 * still has its routes where it had them; a discarded attribute is gone.
 */
export interface DecodedMessage {
  readonly message?: Message;
  /** In the order found. */
  readonly errors: readonly MessageError[];
}
