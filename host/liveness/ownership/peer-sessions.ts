/** The BFD sessions with other nodes, as rows of the packet program: what it tells of them, and how this node says that it leaves. */

import { type LoadedProgram, ROW_BYTES, STATE_BYTES } from "../../packets/program.ts";
import { Row, RowState } from "../../packets/row-layout.ts";
import type { SessionView } from "./peer.ts";

/** RFC 5880 §4.1 "State (Sta)". */
const UP = 3;
const ADMIN_DOWN = 0;
/** Of the byte that a state is told in; a higher bit says that echoes come back. */
const STATE_BITS = 3;
/** Of a row (`session-row.ts`). */
const DISCRIMINATOR_AT = 32;

interface Told {
  readonly row: number;
  readonly isUp: boolean;
  readonly isRemoteAdminDown: boolean;
}

export class PeerSessions {
  #peers: ReadonlySet<number> = new Set();
  readonly #put: (record: Uint8Array) => void;
  /** As main wants them. */
  readonly #records = new Map<number, Uint8Array>();
  readonly #told = new Map<number, Told>();
  /** Discriminators of those that say AdminDown. */
  readonly #leaving = new Set<number>();
  #isLeaving = false;

  /** `put` hands a record to the packet program. */
  constructor(put: (record: Uint8Array) => void) {
    this.#put = put;
  }

  /** Notes what main wants of sessions; gives what they are to be now. */
  take(rows: Uint8Array): Uint8Array {
    const now = rows.slice();
    for (let at = 0; at < rows.length; at += ROW_BYTES) {
      const record = rows.slice(at, at + ROW_BYTES);
      const discriminator = discriminatorOf(record);
      this.#records.set(discriminator, record);
      if (this.#mustLeave(discriminator)) {
        now[at + Row.state] = RowState.draining;
        this.#leaving.add(discriminator);
      } else this.#leaving.delete(discriminator);
    }
    return now;
  }

  forget(rows: Uint8Array): void {
    for (let at = 0; at < rows.length; at += ROW_BYTES) {
      const discriminator = discriminatorOf(rows.subarray(at, at + ROW_BYTES));
      this.#records.delete(discriminator);
      this.#leaving.delete(discriminator);
    }
  }

  /** Says AdminDown to all other nodes, or becomes as main wants them again. */
  leave(isLeaving: boolean): void {
    if (this.#isLeaving === isLeaving) return;
    this.#isLeaving = isLeaving;
    this.#follow();
  }

  /** Discriminators of the sessions with other nodes; all others are left alone. */
  setPeers(peers: ReadonlySet<number>): void {
    this.#peers = peers;
    this.#follow();
  }

  /** One that lingers, needed by nobody any more, does not take its word back. */
  #mustLeave(discriminator: number): boolean {
    return this.#isLeaving && (this.#peers.has(discriminator) || this.#leaving.has(discriminator));
  }

  /** Puts those sessions that say something else than they are to say. */
  #follow(): void {
    for (const [discriminator, record] of this.#records)
      if (this.#leaving.has(discriminator) !== this.#mustLeave(discriminator)) this.#put(this.take(record));
  }

  /** `states` of all rows, as `PacketProgram.takeStates` gives them. */
  read(states: Uint8Array): void {
    const view = new DataView(states.buffer, states.byteOffset, states.length);
    this.#told.clear();
    for (let at = 0; at < states.length; at += STATE_BYTES) {
      const discriminator = view.getUint32(at, true);
      if (discriminator === 0) continue;
      const isUp = (view.getUint8(at + 4) & STATE_BITS) === UP;
      const isRemoteAdminDown = (view.getUint8(at + 6) & STATE_BITS) === ADMIN_DOWN;
      this.#told.set(discriminator, { row: at / STATE_BYTES, isUp, isRemoteAdminDown });
    }
  }

  find(discriminator: number, program: LoadedProgram | undefined): SessionView | undefined {
    const told = this.#told.get(discriminator);
    return told && { isUp: told.isUp, isRemoteAdminDown: told.isRemoteAdminDown, heardMs: program?.hearing.peerHeardMs(told.row) };
  }
}

function discriminatorOf(record: Uint8Array): number {
  return new DataView(record.buffer, record.byteOffset).getUint32(DISCRIMINATOR_AT, true);
}
