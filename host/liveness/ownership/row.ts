/** A row with a succession, as the ownership machine keeps it: what the announcer wants, and in which state the packet program has it. */

import { AddressRow, Row, RowState } from "../../packets/row-layout.ts";

type State = keyof typeof RowState;

const ADDRESS_BYTES = 16;

/** Puts a record into the program's table; gives the row's id, or a negative number. */
export type PutRecord = (record: Uint8Array) => number;

export class OwnedRow {
  readonly program: string;
  readonly key: string;
  id = -1;
  readonly #put: PutRecord;
  #record: Uint8Array;
  #view: DataView;
  #refreshMs = 0;
  #asks = 0;
  #announcements = 0;

  /** `record`: 64 bytes; its state and its last two attributes are ours. */
  constructor(program: string, record: Uint8Array, put: PutRecord) {
    this.program = program;
    this.key = rowKey(program, record);
    this.#put = put;
    this.#record = record.slice();
    this.#view = new DataView(this.#record.buffer);
    this.#refreshMs = this.#view.getUint32(AddressRow.refreshMs, true);
    this.#record[Row.state] = RowState.standby;
  }

  /** What the announcer wants now, in the state that it has. Gives the row's id. */
  update(record: Uint8Array): number {
    const state = this.#record[Row.state] as number;
    const [asks, announcements] = [this.#asks, this.#announcements];
    this.#record = record.slice();
    this.#view = new DataView(this.#record.buffer);
    this.#refreshMs = this.#view.getUint32(AddressRow.refreshMs, true);
    this.#record[Row.state] = state;
    this.#view.setUint32(AddressRow.askSerial, asks, true);
    this.#view.setUint32(AddressRow.announceSerial, announcements, true);
    return this.#send();
  }

  /** As it was put last. */
  get record(): Uint8Array {
    return this.#record;
  }

  get links(): bigint {
    return this.#view.getBigUint64(Row.links, true);
  }

  get state(): State {
    const found = this.#record[Row.state];
    return found === RowState.active ? "active" : found === RowState.standby ? "standby" : "draining";
  }

  set state(state: State) {
    if (this.#record[Row.state] === RowState[state]) return;
    this.#record[Row.state] = RowState[state];
    this.#send();
  }

  /** Asks for the address on each of its links, once; for a row on standby. */
  ask(): void {
    this.#asks = (this.#asks + 1) >>> 0;
    this.#view.setUint32(AddressRow.askSerial, this.#asks, true);
    this.#send();
  }

  /** One round of announcements; for an active row. */
  announce(): void {
    this.#announcements = (this.#announcements + 1) >>> 0;
    this.#view.setUint32(AddressRow.announceSerial, this.#announcements, true);
    this.#send();
  }

  /** How often it announces itself at least while it is active; undefined: as the announcer wants. */
  repeat(everyMs: number | undefined): void {
    const wanted = everyMs === undefined ? this.#refreshMs : this.#refreshMs === 0 ? everyMs : Math.min(everyMs, this.#refreshMs);
    if (this.#view.getUint32(AddressRow.refreshMs, true) === wanted) return;
    this.#view.setUint32(AddressRow.refreshMs, wanted, true);
    this.#send();
  }

  #send(): number {
    this.id = this.#put(this.#record);
    return this.id;
  }
}

/** Of a record, or of the bytes of an address alone. */
export function rowKey(program: string, record: Uint8Array): string {
  const address = record.length === ADDRESS_BYTES ? record : record.subarray(Row.address, Row.address + ADDRESS_BYTES);
  return `${program} ${Buffer.from(address.buffer, address.byteOffset, ADDRESS_BYTES).toString("hex")}`;
}
