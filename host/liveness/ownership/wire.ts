/** What the ownership machine needs of the engine beside it. */

import type { SessionView } from "./peer.ts";
import type { PutRecord } from "./row.ts";
import type { Heard } from "./world.ts";

export interface Wire {
  put(program: string): PutRecord;
  remove(program: string, record: Uint8Array): void;
  /** Of that discriminator; undefined: there is none yet. */
  session(discriminator: number): SessionView | undefined;
  /** Some of these links, a bit each, is attached to the program and up. */
  hasCarrier(program: string, links: bigint): boolean;
  /** The last claim of another station on a row; undefined: none ever. */
  claimOf(program: string, row: number): Heard | undefined;
  /** When another station was last heard by one of these links, ms; 0: never; undefined: the program does not tell. */
  heardMs(program: string, links: bigint): number | undefined;
}
