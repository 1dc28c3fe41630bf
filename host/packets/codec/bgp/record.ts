/**
 * The record of module `bgp`: fields by the names of its exported constants. What is read is copied, what is written stays until the next
 * call.
 */

import type { AfiSafi } from "../../../contract/bgp-messages.ts";
import { type WireModule, wireModule } from "../wire-module.ts";

let opened: WireModule | undefined;

export function bgpModule(): WireModule {
  opened ??= wireModule("bgp");
  return opened;
}

/** A function of nothing whose answer never changes; it is asked once, when the module is there. */
export function once<T>(ask: () => T): () => T {
  let answer: T | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** The u32 of a field; `at` is the beginning of the entry that it is an offset into. */
export function read(name: string, at = 0): number {
  const { view, value } = bgpModule();
  return view.getUint32(at + value(name), true);
}

export function write(name: string, number: number, at = 0): void {
  const { view, value } = bgpModule();
  view.setUint32(at + value(name), number, true);
}

/** The family of a multiprotocol attribute, also of a malformed one. */
export function readFamily(field: "UPDATE_REACH" | "UPDATE_UNREACH"): AfiSafi {
  const at = bgpModule().value(field);
  return { afi: read("FIELD_AFI", at), safi: read("FIELD_SAFI", at) };
}

/** A copy of the bytes whose address and length two fields hold. */
export function readBytes(name: string, at = 0): Uint8Array {
  const from = read(name, at);
  return bgpModule().memory.slice(from, from + read(`${name}_BYTES`, at));
}

/** The same as u32 words. */
export function readWords(name: string, at = 0): number[] {
  const { view } = bgpModule();
  const from = read(name, at);
  return Array.from({ length: read(`${name}_BYTES`, at) / 4 }, (_, index) => view.getUint32(from + index * 4, true));
}

/** Where a field and the one of its length lie: names are put together once, for a session may begin with thousands of encodings. */
function placeOf(name: string): { readonly at: number; readonly bytes: number } {
  let place = places.get(name);
  if (place === undefined) {
    const { value } = bgpModule();
    place = { at: value(name), bytes: value(`${name}_BYTES`) };
    places.set(name, place);
  }
  return place;
}

const places = new Map<string, { readonly at: number; readonly bytes: number }>();

/** Room for values of the record that is being written: a new one for each message. */
export class Values {
  #next = bgpModule().value("VALUES");
  readonly #end = this.#next + bgpModule().value("VALUES_BYTES");

  /** Copies bytes to where a field then says they are. Throws RangeError where there is no room for them. */
  putBytes(bytes: Uint8Array, name: string, at = 0): void {
    bgpModule().memory.set(bytes, this.#put(bytes.length, name, at));
  }

  putWords(words: readonly number[], name: string, at = 0): void {
    const { view } = bgpModule();
    const from = this.#put(words.length * 4, name, at);
    words.forEach((word, index) => void view.setUint32(from + index * 4, word, true));
  }

  /** Answers with where they go. */
  #put(length: number, name: string, at: number): number {
    const { view, value } = bgpModule();
    if (this.#next + length > this.#end) throw new RangeError(`Cannot encode values of more than ${value("VALUES_BYTES")} bytes`);
    const from = this.#next;
    const place = placeOf(name);
    view.setUint32(at + place.at, from, true);
    view.setUint32(at + place.bytes, length, true);
    this.#next += (length + 3) & ~3;
    return from;
  }
}
