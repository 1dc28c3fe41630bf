import type { PacketBytes } from "./packet-input.ts";

/** An object to print, or a sentence on standard error that makes the exit code 1. */
export type Shown = object | { readonly problem: string };

/** Of one protocol and one file. */
export interface Decoder {
  take(packet: PacketBytes): Iterable<Shown>;
}
