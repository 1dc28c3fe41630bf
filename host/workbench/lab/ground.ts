/** What the lab stands on: hosts, speakers and a client, made of namespaces and processes or, where those are not allowed, of memory. */

import type { ServicePort } from "../../rules/vocabulary.ts";
import type { Addresses } from "./addresses.ts";
import type { Learned } from "./learned-routes.ts";
import type { RouterPlan } from "./router-plan.ts";

/** What the client is to reach. `port`: the first that it can ask; without one it only resolves the VIP. */
export interface Target {
  readonly vip: string;
  readonly port?: ServicePort;
  /** Address of the router that it is to be reached through; without one it is on the client's link. */
  readonly via?: string;
}

/** What became of a target. */
export interface Probe {
  /** What the client has in its neighbor table. */
  readonly mac: string | null;
  /** Every station that answered its requests, of ARP or NDP. */
  readonly answeredBy: readonly string[];
  /** Name of the node that took its connection. */
  readonly reached: string | null;
  /** Requests that it sent. */
  readonly requests: number;
  /** From its first request to the first answer; null where it had no need to ask. */
  readonly firstReplyMicros: number | null;
}

/** A speaker that ended by itself. */
export interface SpeakerEnd {
  readonly node: string;
  /** `SIGKILL`, `exit code 1`. */
  readonly how: string;
  /** The last lines of its log. */
  readonly log: readonly string[];
}

export interface GroundEvents {
  /** It will be started again. */
  onSpeakerEnd(end: SpeakerEnd): void;
  /** What some router has learned is another. */
  onRoutes(): void;
  /** The ground itself is lost: the client, a router or a node's listener ended. */
  onLost(error: Error): void;
  /** A line of a speaker's log, or a router's. */
  onLog(line: string): void;
}

export interface Ground {
  readonly wire: "kernel" | "memory";
  /** What the user may try with this very lab. */
  readonly hints: readonly string[];
  /** Makes the hosts be the client and these nodes. Speakers run only where `startSpeakers` was called before. */
  setAddresses(addresses: Addresses): Promise<void>;
  /** Makes the routers be these, among hosts with these addresses. In memory there are none. */
  setRouters(routers: readonly RouterPlan[], addresses: Addresses): Promise<void>;
  /** Of the router at this address; undefined: there is none. */
  learned(router: string): Learned | undefined;
  /** From now on a listener on each node answers at each VIP on these ports, and on no others. */
  setListeners(ports: ReadonlyMap<string, readonly ServicePort[]>): Promise<void>;
  startSpeakers(): Promise<void>;
  /** Of a node's interface; undefined where there is no such node. */
  mac(node: string): string | undefined;
  /** Lets the client reach the targets. `isFresh`: as one that has never heard of them. */
  probe(targets: readonly Target[], isFresh: boolean): Promise<readonly Probe[]>;
  close(): Promise<void>;
}
