/** What a router is to be, and what it says of itself, in words that are none of its own. */

export interface RouterDescription {
  readonly asNumber: number;
  /** BGP identifier. */
  readonly routerId: string;
  /** Where it listens, on all addresses. Default: 179. */
  readonly port?: number;
  readonly neighbors: readonly NeighborDescription[];
  /** What it announces to all. */
  readonly routes?: readonly OriginatedRoute[];
}

export interface NeighborDescription {
  /** `localAddress` is the router's own; on a link (unnumbered) it is FRR alone that can. */
  readonly at: { readonly address: string; readonly localAddress: string } | { readonly link: string };
  readonly asNumber: number;
  /** Default: 179. */
  readonly port?: number;
  readonly families: readonly (4 | 6)[];
  /** TCP MD5 (RFC 2385). */
  readonly password?: string;
  /** Default: the router's. */
  readonly holdTimeSeconds?: number;
  /** Never connects, only takes connections. */
  readonly passive?: boolean;
  /** GTSM (RFC 5082), one hop. */
  readonly ttlSecurity?: boolean;
  readonly multihop?: boolean;
  /** Keeps the neighbor's routes while that restarts (RFC 4724), for as long as the neighbor says. */
  readonly gracefulRestart?: boolean;
  /**
   * RFC 5880, each way; BIRD and FRR only. With graceful restart, BFD that ends with the neighbor's control plane takes no routes (RFC 5882
   * §4.3.2).
   */
  readonly bfd?: { readonly intervalMs: number; readonly multiplier: number };
  /** IPv4 routes with IPv6 next hops (RFC 8950); not OpenBGPD. */
  readonly extendedNextHop?: boolean;
}

export interface OriginatedRoute {
  readonly prefix: string;
  readonly med?: number;
  /** `65000:1` */
  readonly communities?: readonly string[];
  /** `65000:1:2` */
  readonly largeCommunities?: readonly string[];
}

/** A route of a neighbor in a router's own table. */
export interface SeenRoute {
  readonly prefix: string;
  /** The address, or link, of the neighbor that it came from. */
  readonly from: string;
  /** A global address, a link-local one, or both. */
  readonly nextHops: readonly string[];
  readonly asPath: readonly number[];
  readonly localPref?: number;
  readonly med?: number;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  /** Octets a second (draft-ietf-idr-link-bandwidth); the only extended community that is read. */
  readonly linkBandwidth?: number;
  /** Kept for a neighbor that is restarting. */
  readonly stale: boolean;
}

export interface SeenSession {
  /** Of RFC 4271 §8.2.2, in lower case: `established`. */
  readonly state: string;
  /** What the neighbor has said that it can, in the router's own words. Empty where there is no session. */
  readonly capabilities: readonly string[];
  /** BGP identifier of the neighbor; of FRR and BIRD. */
  readonly identifier?: string;
}

export const ROUTERS = ["frr", "bird", "gobgpd", "openbgpd", "exabgp"] as const;
export type RouterName = (typeof ROUTERS)[number];

/** A router that runs. `neighbor` is an address, or a link, of its description. Methods reject where it does not answer. */
export interface Router {
  readonly name: RouterName;
  /** Those of neighbors, of both families; from the router's own table. */
  routes(): Promise<readonly SeenRoute[]>;
  session(neighbor: string): Promise<SeenSession>;
  /** Silence after which BFD takes a neighbor for dead; undefined: it does not watch it now. */
  detectionMs(neighbor: string): Promise<number | undefined>;
  /** Ends BFD with all neighbors, saying AdminDown, or lets it begin again; FRR only. */
  suspendBfd?(isSuspended: boolean): Promise<void>;
  /** Asks a neighbor to send its routes again (RFC 2918). */
  refresh(neighbor: string): Promise<void>;
  /** Closes a session with a NOTIFICATION; ExaBGP connects again at once. */
  shutDown(neighbor: string): Promise<void>;
  /** Stops it like a power cut that may end, and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** What it has printed, for the message of a test that fails. */
  log(): string;
  /** As an operator stops it. Ends when it has, and its folder is gone; a second time does nothing. */
  stop(): Promise<void>;
  /** Without a word to anybody. */
  kill(): Promise<void>;
}

/** By the routers' names for them (RFC 8326 §3): communities are told as two numbers. */
export const WELL_KNOWN_COMMUNITIES: Readonly<Record<string, string>> = { gracefulShutdown: "65535:0", GRACEFUL_SHUTDOWN: "65535:0" };

/** The neighbor's name in the router's own configuration and answers. */
export function placeOf({ at }: NeighborDescription): string {
  return "link" in at ? at.link : at.address;
}
