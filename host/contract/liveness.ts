/** The power to learn quickly whether a neighbor lives: BFD sessions (RFC 5880), kept by the host in the packet worker. */

import type { Close } from "../announcer.ts";

export interface LivenessTarget {
  /** The neighbor; a link-local one with its link, `fe80::1%eth0`. */
  readonly address: string;
  /** Ours; default: the kernel's choice. */
  readonly localAddress?: string;
  /** Only by this link, or VRF. */
  readonly device?: string;
  /** RFC 5883: over any number of hops. Default: one hop, RFC 5881. */
  readonly multihop?: boolean;
}

/** Of several watches of one neighbor, the session has the quickest timers asked for. */
export interface LivenessProfile {
  /** The least time between packets that we can take. */
  readonly receiveIntervalMs: number;
  /** The least time between packets that we want to send. */
  readonly transmitIntervalMs: number;
  /** Packets missed that make a Down. */
  readonly detectMultiplier: number;
  /** RFC 5880 §6.4: the neighbor's kernel sends packets of ours back. One hop of IPv4 only. */
  readonly echoMode?: boolean;
  readonly echoIntervalMs?: number;
  /** Wait for the neighbor's first packet (RFC 5880 §6.1). */
  readonly passiveMode?: boolean;
  /** Of packets over several hops; default 254. */
  readonly minimumTtl?: number;
}

export interface LivenessReport {
  readonly state: "adminDown" | "down" | "init" | "up";
  /** The neighbor itself says AdminDown: no news about the path (RFC 5882 §3.2). */
  readonly isPeerAdminDown: boolean;
  /** Why it is down, in words (RFC 5880 §4.1 "Diagnostic"). */
  readonly reason: string;
}

export interface Liveness {
  /** Calls back at once and at every change. Closing tells the neighbor AdminDown, unless others watch it too. */
  watch(target: LivenessTarget, profile: LivenessProfile, call: (report: LivenessReport) => void): Close;
}
