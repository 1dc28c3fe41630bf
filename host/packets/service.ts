/**
 * What the main thread asks of the packet engine, wherever it runs: in the packet worker (`packet-worker.ts`) or in this thread on
 * the in-memory wire (`local-service.ts`).
 */

import type { Close } from "../announcer.ts";
import type { GroupReport } from "../liveness/ownership/ownership.ts";
import type { PeerSpec } from "../liveness/ownership/peer.ts";
import type { Membership } from "../liveness/ownership/world.ts";
import type { DatagramOptions } from "./datagram-options.ts";
import type { FrameMatch } from "./filter.ts";
import type { SendRules } from "./guarded/rules.ts";
import type { HeardClaim } from "./hearing.ts";
import type { RawEvent, RowCounters } from "./program.ts";
import type { ProgramStatistics } from "./program-counts.ts";
import type { WireLink } from "./wire.ts";

/** How the packet worker sleeps (`drivers.ts`): in poll(2), or in its event loop, as it also does where the first is not to be had. */
export type Driver = "poll" | "event-loop";

export interface PacketService {
  readonly wire: "kernel" | "memory";
  /** Why it does nothing any more; undefined: it works. */
  readonly problem: string | undefined;
  /** Counts up every BEAT_INTERVAL_MS while its thread turns; undefined: it has none of its own. */
  readonly beats?: number;
  /** `match`: the frames that it gets; undefined for a program of datagrams only. */
  addProgram(name: string, module: WebAssembly.Module, match: FrameMatch | undefined, seed: readonly [number, number]): Promise<void>;
  /** Closes its ports and forgets its rows. A program that is not loaded is fine. */
  removeProgram(name: string): Promise<void>;
  /** The program's links from now on, whole set; gives those that could not be opened. */
  attach(name: string, links: readonly WireLink[]): Promise<{ link: string; error: string }[]>;
  /**
   * Binds the program's datagram port 1 to 255, and gives its UDP port. What is bound to the same already stays as it is, else it
   * is closed first.
   */
  openDatagrams(name: string, port: number, options: DatagramOptions): Promise<number>;
  /** A port that is not open is fine. */
  closeDatagrams(name: string, port: number): Promise<void>;
  /** `memberships`: of each row that has a succession; the ownership machine keeps their states. */
  put(
    name: string,
    rows: Uint8Array,
    memberships?: readonly (Membership | undefined)[],
  ): Promise<{ ids: Int32Array; refused: { at: number; reason: string }[] }>;
  /** `moved`: a byte a row, 1 where another node has it now, so that one with a succession goes when that is heard. */
  remove(name: string, rows: Uint8Array, moved?: Uint8Array): Promise<void>;
  /** The other nodes from now on, whole set; `intervalMs`: at which this one speaks to them. */
  setPeers(peers: readonly PeerSpec[], intervalMs: number): Promise<void>;
  /** Rows of stations that are asked to know whether anybody is heard; whole set of the program. */
  setWitnesses(name: string, rows: Uint8Array): Promise<void>;
  /** Sends a probe for a row with a succession that is on standby; false where there is none. `row`: its family and address count. */
  ask(name: string, row: Uint8Array): Promise<boolean>;
  /** The station that was last heard to use the address of a row with a succession. */
  claimOf(name: string, row: Uint8Array): Promise<HeardClaim | undefined>;
  /** That member does not answer for the group, whatever its session says: its heirs may take over. */
  depose(group: string, node: string): Promise<void>;
  /** Hands over every group and takes none, or is as others again; what comes of it is told by reports. */
  leave(isLeaving: boolean): Promise<void>;
  statistics(): Promise<Record<string, ProgramStatistics>>;
  counters(name: string, ids: Int32Array): Promise<RowCounters[]>;
  onEvent(call: (program: string, event: RawEvent) => void): Close;
  /** Calls back after each turn in which a row's state has changed, with those of all the program's rows, STATE_BYTES each. */
  onStates(call: (program: string, states: Uint8Array) => void): Close;
  /** Calls back after each turn in which the standing of VIP groups has changed. */
  onReports(call: (reports: readonly GroupReport[]) => void): Close;
  /** Calls back where a turn came at least 50 ms later than it was due, with how many. */
  onLate(call: (lateMs: number) => void): Close;
  /** Closes every port. Nothing is answered afterwards. */
  stop(): Promise<void>;
}

/**
 * The service for programs of plugins that are not built in. Each is behind a guard: it sends nothing before it has rules, and claims no
 * address that is not assigned to it. Their rows have no succession: they are what they are put as.
 */
export interface GuardedService extends PacketService {
  /** What the program may send from now on. Rejects where there are more rules than there is room for. */
  setRules(name: string, rules: SendRules): Promise<void>;
  /** `rows`: whole rows, of which family and address count; they are the program's to claim from now on, or are not any more. */
  assign(name: string, rows: Uint8Array, isAssigned: boolean): Promise<void>;
  /** Calls back where a program failed so often that it was put out, or went with its worker: it answers for nothing any more. */
  onProgramLost(call: (program: string, reason: string) => void): Close;
}

/** The engine's methods that may be called by message. */
export type Method = Exclude<
  keyof GuardedService,
  "wire" | "problem" | "beats" | "onEvent" | "onStates" | "onReports" | "onLate" | "onProgramLost" | "stop"
>;
