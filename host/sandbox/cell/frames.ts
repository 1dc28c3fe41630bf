/**
 * Messages as they go over the pipe. A frame is its length, and what has that length; numbers are little-endian:
 *
 *   u32 length | u8 type | u16 line | u32 length of the JSON | JSON | for each piece of bytes: u32 length | bytes
 *
 * A reader allocates what a frame says that it has, once that is known to be within its limit, and takes it in whatever parts it comes.
 */

import type { Plain } from "./channel.ts";
import { MAX_JSON_BYTES, MAX_PIECE_BYTES, MAX_PIECES, MAX_PIECES_BYTES, pack, unpack } from "./plain.ts";

/** What a message is; its value follows in brackets. */
export const TYPES = {
  /** [id, method, arguments] */
  call: 1,
  /** [id, value] */
  answer: 2,
  /** [id, what is known of the error] */
  failure: 3,
  /** [method, arguments] */
  tell: 4,
  /** [how many bytes of calls and tells have been dealt with] */
  handled: 5,
} as const;
export type MessageType = (typeof TYPES)[keyof typeof TYPES];

export interface Message {
  readonly type: MessageType;
  /** Which plugin's; 0 is the guard's own. */
  readonly line: number;
  readonly value: Plain;
  /** Of the whole frame. */
  readonly bytes: number;
}

const LENGTH_BYTES = 4;
/** Type, line and the length of the JSON. */
const HEAD_BYTES = 7;
const MAX_FRAME_BYTES = HEAD_BYTES + MAX_JSON_BYTES + MAX_PIECES_BYTES + MAX_PIECES * LENGTH_BYTES;
const KNOWN: ReadonlySet<number> = new Set(Object.values(TYPES));
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Throws a TypeError where the value is not plain data, or too much of it. */
export function encodeFrame(type: MessageType, line: number, value: unknown): Uint8Array {
  const { json, pieces } = pack(value);
  const text = encoder.encode(json);
  if (text.length > MAX_JSON_BYTES)
    throw new TypeError(`Cannot send a message of ${text.length} bytes of JSON: expected at most ${MAX_JSON_BYTES}`);
  const piecesBytes = pieces.reduce((sum, piece) => sum + LENGTH_BYTES + piece.length, 0);
  const frame = new Uint8Array(LENGTH_BYTES + HEAD_BYTES + text.length + piecesBytes);
  const view = new DataView(frame.buffer);
  view.setUint32(0, frame.length - LENGTH_BYTES, true);
  view.setUint8(4, type);
  view.setUint16(5, line, true);
  view.setUint32(7, text.length, true);
  let at = LENGTH_BYTES + HEAD_BYTES;
  frame.set(text, at);
  at += text.length;
  for (const piece of pieces) {
    view.setUint32(at, piece.length, true);
    frame.set(piece, at + LENGTH_BYTES);
    at += LENGTH_BYTES + piece.length;
  }
  return frame;
}

export class FrameReader {
  readonly #length = new Uint8Array(LENGTH_BYTES);
  #into: Uint8Array = this.#length;
  #filled = 0;

  /** The messages that are complete now. Throws at what is no frame: nothing after it can be read. */
  *read(chunk: Uint8Array): Generator<Message> {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + this.#into.length - this.#filled);
      this.#into.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#into.length) return;
      const full = this.#into;
      this.#filled = 0;
      this.#into = this.#length;
      if (full === this.#length) this.#into = new Uint8Array(frameLength(full));
      else yield decodeFrame(full);
    }
  }
}

function frameLength(field: Uint8Array): number {
  const length = viewOf(field).getUint32(0, true);
  if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes, expected at most ${MAX_FRAME_BYTES}`);
  if (length < HEAD_BYTES) throw new Error(`a frame of ${length} bytes, expected at least ${HEAD_BYTES}`);
  return length;
}

function decodeFrame(frame: Uint8Array): Message {
  const view = viewOf(frame);
  const type = view.getUint8(0);
  if (!KNOWN.has(type)) throw new Error(`a frame of the unknown type ${type}`);
  const jsonEnd = HEAD_BYTES + view.getUint32(3, true);
  if (jsonEnd > Math.min(frame.length, HEAD_BYTES + MAX_JSON_BYTES))
    throw new Error(`JSON of ${jsonEnd - HEAD_BYTES} bytes in a frame of ${frame.length}`);
  const pieces = [...cutPieces(frame, jsonEnd)];
  try {
    const value = unpack(decoder.decode(frame.subarray(HEAD_BYTES, jsonEnd)), pieces);
    return { type: type as MessageType, line: view.getUint16(1, true), value, bytes: LENGTH_BYTES + frame.length };
  } catch (cause) {
    throw new Error("a frame whose JSON cannot be read", { cause });
  }
}

function* cutPieces(frame: Uint8Array, start: number): Generator<Uint8Array> {
  const view = viewOf(frame);
  for (let at = start; at < frame.length; ) {
    const length = at + LENGTH_BYTES > frame.length ? -1 : view.getUint32(at, true);
    const end = at + LENGTH_BYTES + length;
    if (length < 0 || length > MAX_PIECE_BYTES || end > frame.length) throw new Error("bytes that do not fit into their frame");
    yield frame.slice(at + LENGTH_BYTES, end);
    at = end;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
