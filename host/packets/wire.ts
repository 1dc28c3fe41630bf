/**
 * What the packet engine needs of a network: the kernel's packet and UDP sockets (`kernel-wire.ts`), or memory (`memory-wire.ts`).
 */

import type { DatagramOptions } from "./datagram-options.ts";
import type { Instruction } from "./filter.ts";
import type { LinkTable } from "./link-table.ts";
import type { LoadedProgram } from "./program.ts";

/** What a link lets in beside what is for this machine. */
export type Reception = "all-multicast" | "promiscuous";

/** A link as the engine opens it: its id in row masks, and what finds it in the kernel. */
export interface WireLink {
  readonly id: number;
  readonly name: string;
  readonly index: number;
  readonly mac: string;
  readonly up: boolean;
  /** False: known to the program by name alone, no frames of it are. Default true. */
  readonly frames?: boolean;
  /** Default: what its card lets in by itself. */
  readonly reception?: Reception;
}

/** How a program's frames come from one link. */
export interface Receiver {
  /** Fills the program's receive slots and their lengths, without waiting; gives how many frames. */
  receive(): number;
  close(): void;
}

/** One program's frames on one link. */
export interface FramePort extends Receiver {
  /** For a driver that sleeps on it; absent on the in-memory wire. */
  readonly fd?: number;
  /** Sends the program's slots `from` up to, not including, `to`; gives how many the network took. */
  send(from: number, to: number): number;
  /** Frames lost in the kernel's queue since the last call. */
  takeDrops(): number;
}

/** A port, and whether it is asked in the next turn. */
export interface Source {
  /** Undefined while the link is down or gone: nothing can be received or sent. */
  port: FramePort | undefined;
  /** Something may be waiting. */
  isReady: boolean;
}

/** One program's datagrams of one UDP socket, as frames of a link; descriptors are filled whole, and say what is sent to whom. */
export interface DatagramPort extends FramePort {
  readonly udpPort: number;
}

/** `port` is the program's name for it, 1 to 255; `links` are those that it has attached at any time. */
export interface DatagramRequest {
  readonly program: LoadedProgram;
  readonly port: number;
  readonly options: DatagramOptions;
  readonly links: LinkTable;
}

export interface Wire {
  readonly kind: "kernel" | "memory";
  /** Throws one clear line where the port cannot be opened. `onReadable`: frames are waiting. */
  open(program: LoadedProgram, link: WireLink, etherType: number, filter: readonly Instruction[], onReadable: () => void): FramePort;
  /** As `open`, for datagrams. */
  openDatagrams(request: DatagramRequest, onReadable: () => void): DatagramPort;
}
