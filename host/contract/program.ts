/** The power to run a packet program: WebAssembly that answers in the packet worker (`docs/packet-programs.md`). */

import type { Close, Refusal } from "../announcer.ts";
import type { Succession } from "../rules/vocabulary.ts";

/** A row of a packet program's table (`docs/packet-programs.md` "Rows"). */
export interface ProgramRow {
  readonly address: string;
  /** Link names, or `null` for every attached link. */
  readonly links: readonly string[] | null;
  readonly state: "active" | "standby" | "draining";
  /** With it the row is put on standby, and the host makes it active whenever this node owns the group (`liveness/ownership`). */
  readonly succession?: Succession;
  /** At most 32 bytes that the program understands. */
  readonly attributes?: Uint8Array;
}

export interface ProgramEvent {
  readonly kind: "conflict" | number;
  readonly address: string;
  readonly link: string;
  /** The other station. */
  readonly mac: string;
  /** Events of this address since the last one that nobody was told of. */
  readonly heldBack: number;
}

export interface DatagramBinding {
  /** An address of this machine; `0.0.0.0` or `::` for all of its family. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** TTL or hop limit of what is sent, where the program does not say. Default: the kernel's. */
  readonly hopLimit?: number;
  /** Only on this link, which must be there; to be bound again when it is replaced. */
  readonly link?: string;
  /** Others that allow it too may be bound to the same. */
  readonly reuse?: boolean;
}

export interface AttachOptions {
  /** Their cards let in everything: for drivers that drop requests for addresses which they do not know. */
  readonly promiscuous?: boolean;
}

/** The plugin's packet program, running in the packet worker. */
export interface Program {
  /**
   * Opens one frame port for each of these links and closes those not named; the whole set each time. Links may be missing or down:
   * they are opened when they come, and again when they change. Rejects where a link was not granted. For a program without frames it
   * opens nothing and needs no permission: these are the links that its datagrams come by and leave on.
   */
  attach(links: readonly string[], options?: AttachOptions): Promise<void>;
  /**
   * Binds datagram port 1 to 255 of the program to a UDP socket of the packet worker, and gives the socket's port. What was bound before is
   * closed, unless it is the same. From there a built-in program sends to whom it likes, and another one to whom `udp` was granted.
   */
  bind(datagramPort: number, options: DatagramBinding): Promise<number>;
  /** A datagram port that is not bound is fine. */
  unbind(datagramPort: number): Promise<void>;
  /** Resolves when the worker has them; gives the rows that the table refused. */
  put(rows: readonly ProgramRow[]): Promise<readonly Refusal[]>;
  /** Unknown addresses are fine. `moved`: another node announces them now, so a row that is active answers until it hears that, at most 2 s. */
  remove(addresses: readonly string[], moved?: ReadonlySet<string>): Promise<void>;
  onEvent(call: (event: ProgramEvent) => void): Close;
}
