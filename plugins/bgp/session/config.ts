/** What a session is told: the part of a peer's configuration that the two sides talk about, and the pace of its timers. */

import type { AfiSafi } from "../messages.ts";

export interface SessionConfig {
  /** The one that the peer knows us by, which need not be the node's own. */
  readonly localAs: number;
  /** `internal`: the same as ours; `external`: any other; `any`: whoever comes. */
  readonly peerAs: number | "internal" | "external" | "any";
  /** BGP Identifier as a dotted quad, not 0.0.0.0. */
  readonly localIdentifier: string;
  /** 0: neither hold timer nor keepalives; else 3 to 65535. */
  readonly holdTimeSeconds: number;
  /** At most; a third of the hold time that was agreed on caps it. */
  readonly keepaliveSeconds: number;
  /** Wait between attempts; without it the wait grows from 1 s to 120 s. */
  readonly connectRetrySeconds?: number;
  /** Wait for the peer's OPEN that long before sending ours (RFC 4271 §8.1.1 DelayOpen). 0: do not. */
  readonly delayOpenSeconds: number;
  /** Never connect, only be connected to. */
  readonly passive: boolean;
  /** At least one. */
  readonly families: readonly AfiSafi[];
  /** Families that may have a next hop of IPv6 although they are IPv4 (RFC 8950). */
  readonly extendedNextHop: readonly AfiSafi[];
  /** RFC 8654. */
  readonly extendedMessage: boolean;
  /** RFC 7313. */
  readonly enhancedRouteRefresh: boolean;
  /** Absent: no graceful restart. */
  readonly gracefulRestart?: {
    /** How long the peer should keep our routes, at most 4095. */
    readonly restartTimeSeconds: number;
    /** Also after a NOTIFICATION (RFC 8538). */
    readonly notification: boolean;
  };
}
