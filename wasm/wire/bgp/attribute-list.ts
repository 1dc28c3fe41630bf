// The list of attributes that an UPDATE was decoded to, or is to be encoded from.
import { ATTRIBUTE_BYTES, ATTRIBUTES } from "./memory";
import { Status, Verb } from "./status";

// An entry.
export const ATTRIBUTE_CODE: u32 = 0; // u8; 0 where the bytes end before it
/** As on the wire. To encode: zero stands for what the table says; with the bit for it, the length takes two octets in any case. */
export const ATTRIBUTE_FLAGS: u32 = 1; // u8
export const ATTRIBUTE_VERB: u32 = 2; // u8: Verb
export const ATTRIBUTE_FORM: u32 = 3; // u8: FORM_BYTES or FORM_WORDS (capabilities.ts), or FORM_FIELD
export const ATTRIBUTE_STATUS: u32 = 4; // i32
export const ATTRIBUTE_VALUE: u32 = 8; // u32, address
export const ATTRIBUTE_VALUE_BYTES: u32 = 12; // u32
export const ATTRIBUTE_REPEATS: u32 = 16; // u32: how many more of its code were discarded
export const ATTRIBUTE_WIRE: u32 = 20; // u32, address of the whole attribute as it came; 0 where it is missing
export const ATTRIBUTE_WIRE_BYTES: u32 = 24; // u32

/** The value is not here: it stands in the field of prefixes of its attribute (reach.ts). */
export const FORM_FIELD: u32 = 2;

/** How many there are. */
export let attributeCount: u32 = 0;
/** A bit for each verb that an attribute of the list calls for. */
export let verbs: u32 = 0;
/** The entry with the strongest verb, the first of equals; zero: none. */
export let worst: usize = 0;

export function clearAttributes(): void {
  attributeCount = 0;
  verbs = 0;
  worst = 0;
}

export function attributeAt(index: u32): usize {
  return ATTRIBUTES + index * ATTRIBUTE_BYTES;
}

/** The entry of a code; zero: none. */
export function findAttribute(code: u32): usize {
  for (let index: u32 = 0; index < attributeCount; index++) if (load<u8>(attributeAt(index)) === code) return attributeAt(index);
  return 0;
}

/** Adds an entry for the `size` octets at `wire`, of which the first `header` come before the value; its value is bytes as on the wire. */
export function addAttribute(code: u32, flags: u32, wire: usize, size: u32, header: u32): usize {
  const entry = attributeAt(attributeCount++);
  store<u8>(entry, <u8>code, ATTRIBUTE_CODE);
  store<u8>(entry, <u8>flags, ATTRIBUTE_FLAGS);
  store<u16>(entry, 0, ATTRIBUTE_VERB);
  store<i32>(entry, Status.Ok, ATTRIBUTE_STATUS);
  store<u32>(entry, wire + header, ATTRIBUTE_VALUE);
  store<u32>(entry, size - header, ATTRIBUTE_VALUE_BYTES);
  store<u32>(entry, 0, ATTRIBUTE_REPEATS);
  store<u32>(entry, wire, ATTRIBUTE_WIRE);
  store<u32>(entry, size, ATTRIBUTE_WIRE_BYTES);
  return entry;
}

/** Notes what is wrong with an entry; of several things the strongest stays. */
export function blame(entry: usize, status: Status, verb: Verb): void {
  verbs |= 1 << verb;
  if (<u32>verb <= <u32>load<u8>(entry, ATTRIBUTE_VERB)) return;
  store<u8>(entry, <u8>verb, ATTRIBUTE_VERB);
  store<i32>(entry, status, ATTRIBUTE_STATUS);
  if (worst === 0 || <u32>verb > <u32>load<u8>(worst, ATTRIBUTE_VERB)) worst = entry;
}

/** Notes another attribute of the same code, which is discarded: RFC 7606 §3 g). */
export function addRepeat(entry: usize): void {
  verbs |= 1 << Verb.DiscardAttribute;
  store<u32>(entry, load<u32>(entry, ATTRIBUTE_REPEATS) + 1, ATTRIBUTE_REPEATS);
}
