/**
 * Plain data as JSON with the bytes beside it, and back.
 *
 * `{"$": 0}` stands for the first of the bytes, `{"$": null}` for undefined in a list; a name that is dollar signs alone gets one more. The sender refuses
 * what would not arrive as it was sent; the receiver believes nothing, and leaves out the names through which a prototype could be reached.
 * Each property is read once, and the sender's objects are never handed on: a getter, a proxy or a `toJSON` ends here.
 */

import type { Plain } from "./channel.ts";

/** Of one message: 256 KB of JSON, and 256 KB of bytes in pieces of at most 64 KB. */
export const MAX_JSON_BYTES = 256 << 10;
export const MAX_PIECE_BYTES = 64 << 10;
export const MAX_PIECES_BYTES = 256 << 10;
export const MAX_PIECES = 1024;
/** Of lists and objects in each other. */
const MAX_DEPTH = 64;

const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
const DOLLARS = /^\$+$/;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
/** Of a real typed array; undefined of whatever pretends to be one. */
const brandOf = getterOf(typedArray, Symbol.toStringTag);
const byteLengthOf = getterOf(typedArray, "byteLength");

export interface Packed {
  readonly json: string;
  readonly pieces: readonly Uint8Array[];
}

/** Throws a TypeError that names the place, where something in `value` is not plain data or is too much of it. */
export function pack(value: unknown): Packed {
  const packing: Packing = { pieces: [], piecesBytes: 0, size: 0, path: [], above: [] };
  const json = JSON.stringify(packValue(value, packing, true));
  return { json, pieces: packing.pieces };
}

/** Throws where it is not what `pack` makes. */
export function unpack(json: string, pieces: readonly Uint8Array[]): Plain {
  return unpackValue(JSON.parse(json), [...pieces], 0);
}

interface Packing {
  readonly pieces: Uint8Array[];
  piecesBytes: number;
  /** How much JSON it will be at least: a value is one character and a comma, a string its quotes more. */
  size: number;
  readonly path: (string | number)[];
  /** The lists and objects that this one is in. */
  readonly above: object[];
}

function packValue(value: unknown, packing: Packing, isItem: boolean): unknown {
  packing.size += typeof value === "string" ? value.length + 2 : 2;
  if (packing.size > MAX_JSON_BYTES) throw refusal(packing, "more data", `at most ${MAX_JSON_BYTES} bytes of JSON in one message`);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw refusal(packing, String(value), "a finite number");
    case "undefined":
      return isItem ? { $: null } : undefined;
    case "object":
      return value === null ? null : packObject(value, packing);
    default:
      throw refusal(packing, `a ${typeof value}`, "plain data");
  }
}

function packObject(value: object, packing: Packing): unknown {
  if (brandOf(value) === "Uint8Array") return packBytes(value as Uint8Array, packing);
  if (packing.above.includes(value)) throw refusal(packing, "what it is in itself", "no cycles");
  if (packing.above.length >= MAX_DEPTH) throw refusal(packing, "more", `at most ${MAX_DEPTH} levels`);
  packing.above.push(value);
  const packed = Array.isArray(value) ? packList(value, packing) : packNamed(value, packing);
  packing.above.pop();
  return packed;
}

function packBytes(value: Uint8Array, packing: Packing): unknown {
  const byteLength = byteLengthOf(value) as number;
  packing.piecesBytes += byteLength;
  if (byteLength > MAX_PIECE_BYTES) throw refusal(packing, `${byteLength} bytes`, `at most ${MAX_PIECE_BYTES}`);
  if (packing.piecesBytes > MAX_PIECES_BYTES) throw refusal(packing, "more bytes", `at most ${MAX_PIECES_BYTES} in one message`);
  if (packing.pieces.length >= MAX_PIECES) throw refusal(packing, "another Uint8Array", `at most ${MAX_PIECES} in one message`);
  const copy = new Uint8Array(byteLength);
  copy.set(value); // by what it is, not by what properties it says that it has
  return { $: packing.pieces.push(copy) - 1 };
}

function packList(value: readonly unknown[], packing: Packing): unknown {
  const list: unknown[] = [];
  const { length } = value;
  for (let at = 0; at < length; at++) {
    packing.path.push(at);
    list.push(packValue(value[at], packing, true));
    packing.path.pop();
  }
  return list;
}

function packNamed(value: object, packing: Packing): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw refusal(packing, "an object of a class", "plain data");
  const named: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) {
    if (FORBIDDEN.has(name)) continue;
    packing.path.push(name);
    const part = packValue((value as Readonly<Record<string, unknown>>)[name], packing, false);
    packing.path.pop();
    if (part !== undefined) named[DOLLARS.test(name) ? `$${name}` : name] = part;
  }
  return named;
}

/** Takes what it gives out of `pieces`. */
function unpackValue(value: unknown, pieces: (Uint8Array | undefined)[], depth: number): Plain {
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError("Cannot read a number that is not finite");
  if (typeof value !== "object" || value === null) return value as Plain;
  if (depth > MAX_DEPTH) throw new TypeError(`Cannot read data of more than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => unpackValue(item, pieces, depth + 1));
  const named = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(named, "$")) return unpackMark(named["$"], pieces);
  const unpacked: Record<string, Plain> = {};
  for (const name of Object.keys(named)) {
    if (!FORBIDDEN.has(name)) unpacked[DOLLARS.test(name) ? name.slice(1) : name] = unpackValue(named[name], pieces, depth + 1);
  }
  return unpacked;
}

/** Each piece once: by marks of a few bytes each, a message would mean gigabytes to whoever writes it out. */
function unpackMark(mark: unknown, pieces: (Uint8Array | undefined)[]): Uint8Array | undefined {
  if (mark === null) return undefined;
  const piece = pieces[mark as number];
  if (piece === undefined || typeof mark !== "number") throw new TypeError("Cannot read bytes that are not there");
  pieces[mark] = undefined;
  return piece;
}

function getterOf(prototype: object, name: string | symbol): (value: object) => unknown {
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
  return (value) => Reflect.apply(getter, value, []);
}

function refusal({ path }: Packing, found: string, expected: string): TypeError {
  const place = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step.slice(0, 40)}`)).join("");
  return new TypeError(`Cannot send ${place.slice(0, 200) || "a value"}: found ${found}, expected ${expected}`);
}
