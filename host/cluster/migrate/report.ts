/** What `herald migrate` finds out, as data: its `--json`. */

import type { ServiceKey } from "../../rules/vocabulary.ts";
import type { BgpMode } from "./installation.ts";

export interface Report {
  readonly metallb: {
    readonly namespace: string;
    /** Of its image; empty: not known. */
    readonly version: string;
    readonly bgpMode: BgpMode | "unknown";
    /** `null`: Services without a class. */
    readonly loadBalancerClass: string | null;
  };
  readonly addresses: {
    /** Services of that class with an address now, and their addresses. */
    readonly services: number;
    readonly addresses: number;
    readonly changes: readonly AddressChange[];
    /** Without an address now, and with Herald too. */
    readonly waiting: readonly { readonly service: ServiceKey; readonly reason: string }[];
    /** Without an address now, and with one from Herald. */
    readonly served: readonly { readonly service: ServiceKey; readonly addresses: readonly string[] }[];
  };
  readonly announcements: {
    /** Addresses that are announced at layer 2 now, and those of them whose node would be another. */
    readonly layer2: number;
    readonly moves: readonly Move[];
    /** Services that are announced by BGP now, with the nodes where that would change. */
    readonly bgp: number;
    readonly routes: readonly RouteChange[];
    /** Whose word for "now" it is: `record` of ServiceL2Status and ServiceBGPStatus, or MetalLB's `rule`. */
    readonly basis: "record" | "rule" | "none";
  };
  readonly differences: readonly Difference[];
  readonly steps: readonly Step[];
  readonly rollback: readonly Step[];
  /** What could not be looked at, and what that means. */
  readonly unknown: readonly string[];
}

export interface AddressChange {
  readonly service: ServiceKey;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly reason: string;
}

export interface Move {
  readonly vip: string;
  readonly service: ServiceKey;
  readonly before: string;
  /** `null`: nobody would announce it. */
  readonly after: string | null;
  readonly reason: string;
}

export interface RouteChange {
  readonly service: ServiceKey;
  readonly lost: readonly string[];
  readonly gained: readonly string[];
}

export interface Difference {
  /** `blocks`: something would be lost, so it is to be settled before. */
  readonly level: "blocks" | "differs" | "note";
  readonly about: string;
  /** `BGPPeer tor`, …; empty: all of it. */
  readonly objects: readonly string[];
  readonly metallb: string;
  readonly herald: string;
  /** What to do about it; absent: nothing. */
  readonly advice?: string;
}

export interface Step {
  readonly title: string;
  readonly why: string;
  /** For a shell. Words in capitals are to be filled in. */
  readonly commands: readonly string[];
}
