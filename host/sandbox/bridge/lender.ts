/** The host's half of what all powers share: whom they are lent from, what is open, and how what a plugin tells is read. */

import type { Context } from "../../announcer.ts";
import type { Channel, Methods, Plain } from "../cell/channel.ts";
import { costOf, Flow } from "./flow.ts";
import { Handles } from "./handles.ts";
import { inParts, joined } from "./parts.ts";
import { messageOf, type Reader } from "./read.ts";
import { Updates } from "./updates.ts";

type Method = Methods[string];
type ReadersOf<Args extends readonly unknown[]> = { readonly [At in keyof Args]: Reader<Args[At]> };

/** For the plugin's side to take a state, which is before the plugin itself looks at it. */
const HEAR_TIMEOUT_MS = 5000;
/** Of long bodies that are on their way to the host. */
const MOST_PARCEL_BYTES = 4 * 1024 * 1024;
/** What a piece takes beside its bytes, at least. */
const PIECE_COST_BYTES = 512;

export class Lender {
  readonly context: Context;
  readonly channel: Channel;
  readonly handles = new Handles();
  readonly flow = new Flow();
  readonly #lists = new Map<number, Updates<readonly Plain[]>>();
  readonly #faults = new Map<string, number>();
  readonly #parcels = new Map<number, Uint8Array[]>();
  #parcelBytes = 0;

  constructor(context: Context, channel: Channel) {
    this.context = context;
    this.channel = channel;
  }

  /** A method that is called: what it throws goes back. Its arguments are read before anything is done. */
  called<Args extends readonly unknown[]>(readers: ReadersOf<Args>, run: (...args: Args) => unknown): Method {
    return (...args) => run(...readAll(readers, args));
  }

  /** A method that is told: nobody hears what it throws but the log. */
  told<Args extends readonly unknown[]>(what: string, readers: ReadersOf<Args>, run: (...args: Args) => void): Method {
    return (...args) => {
      try {
        run(...readAll(readers, args));
      } catch (error) {
        this.complain(`Refused ${what}`, messageOf(error));
      }
    };
  }

  /** Says something once in the log, and again when it has come ten, a hundred times… */
  complain(what: string, error?: string): void {
    const times = (this.#faults.get(what) ?? 0) + 1;
    this.#faults.set(what, times);
    if (!/^10*$/.test(String(times))) return;
    this.context.log.warn(what, { ...(error === undefined ? {} : { error }), ...(times === 1 ? {} : { times }) });
  }

  /** Tells what may be lost, to whom a number belongs. */
  sprinkle(id: number, what: string, args: readonly Plain[], bytes?: Uint8Array): void {
    if (this.flow.take(id, costOf(bytes))) this.#hear(id, what, args);
    else this.complain(`Lost a ${what}: the plugin is too slow`);
  }

  /** Tells what must arrive; a promise where the next should wait. */
  pour(id: number, what: string, bytes: Uint8Array): Promise<void> | undefined {
    const wait = this.flow.pour(id, costOf(bytes));
    this.#hear(id, what, [bytes]);
    return wait;
  }

  /** The plugin wants no more of a number. */
  close(id: number): void {
    this.handles.close(id);
    this.flow.end(id);
    this.#lists.delete(id);
  }

  /** The last word about a number. */
  closed(id: number, ...args: readonly Plain[]): void {
    this.flow.end(id);
    this.#hear(id, "closed", args);
  }

  /** What tells a state of something that is watched. */
  updates<State>(id: number, what: string, most: number, toPlain: (state: State) => Plain): (state: State) => void {
    const updates = new Updates<State>(most, async (state) => this.channel.call("hear", [id, what, toPlain(state)], HEAR_TIMEOUT_MS));
    return (state) => updates.push(state);
  }

  /** The same of a list, of which only the last matters; in parts. */
  lists(id: number, what: string): (rows: readonly Plain[]) => void {
    const updates = new Updates<readonly Plain[]>(1, (rows) => this.sendList(id, what, rows));
    this.#lists.set(id, updates);
    return (rows) => updates.push(rows);
  }

  /** When the lists that were told are there, so that what comes next finds them. */
  async listsHeard(): Promise<void> {
    for (const list of this.#lists.values()) await list.heard();
  }

  async sendList(id: number, what: string, rows: readonly Plain[]): Promise<void> {
    for (const [part, isLast] of inParts(rows)) await this.channel.call("hear", [id, what, part, isLast], HEAR_TIMEOUT_MS);
  }

  /** A piece of what is too long for one message. */
  keepPiece(id: number, piece: Uint8Array): void {
    const cost = PIECE_COST_BYTES + piece.length;
    if (this.#parcelBytes + cost > MOST_PARCEL_BYTES) throw new Error(`more than ${MOST_PARCEL_BYTES} bytes wait`);
    const pieces = this.#parcels.get(id) ?? [];
    this.#parcels.set(id, pieces);
    pieces.push(piece);
    this.#parcelBytes += cost;
  }

  /** What was sent in pieces before. */
  whole(id: number): Uint8Array {
    const pieces = this.#parcels.get(id) ?? [];
    const bytes = joined(pieces);
    this.#parcels.delete(id);
    this.#parcelBytes -= bytes.length + pieces.length * PIECE_COST_BYTES;
    return bytes;
  }

  #hear(id: number, what: string, args: readonly Plain[]): void {
    this.channel.tell("hear", [id, what, ...args]);
  }
}

function readAll<Args extends readonly unknown[]>(readers: ReadersOf<Args>, args: readonly Plain[]): Args {
  return readers.map((read, at) => read(args[at], `argument ${at + 1}`)) as unknown as Args;
}
