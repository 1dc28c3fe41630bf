/** Messages out of a stream of bytes, wherever it is cut. */

import type { Framer, MessageFormat } from "../../../contract/bgp.ts";
import { messageError } from "./errors.ts";
import { bgpModule, read } from "./record.ts";

export function createFramer(): Framer {
  let pieces: Uint8Array[] = [];
  let pending = 0;
  /** Bytes until the next message, or its header, may be whole: before that, there is nothing to look at. */
  let wanted = 0;
  let isOver = false;

  return {
    get pendingBytes() {
      return pending;
    },
    push(piece, format = {}) {
      if (isOver) return { messages: [] };
      pieces.push(piece);
      pending += piece.length;
      if (pending < wanted) return { messages: [] };
      const stream = pieces.length === 1 ? piece : Buffer.concat(pieces);
      const { messages, rest } = split(stream, format);
      const status = frameStatus();
      isOver = status !== 0;
      pieces = isOver ? [] : [rest];
      pending = isOver ? 0 : rest.length;
      wanted = read("FRAME_WANTED");
      return isOver ? { messages, error: messageError(status) } : { messages };
    },
  };
}

/** As many messages as are whole. The module takes no more at once than fits its memory. */
function split(stream: Uint8Array, format: MessageFormat): { messages: Uint8Array[]; rest: Uint8Array } {
  const messages: Uint8Array[] = [];
  let taken = 0;
  for (;;) {
    const count = frame(stream.subarray(taken, taken + bgpModule().value("IN_BYTES")), format);
    if (count === 0) return { messages, rest: stream.subarray(taken) };
    for (const length of extents(count)) {
      messages.push(stream.subarray(taken, taken + length));
      taken += length;
    }
  }
}

function frame(bytes: Uint8Array, format: MessageFormat): number {
  const at = putInput(bytes);
  return bgpModule().call("frame", at, bytes.length, longestOf(format));
}

/** Copies bytes flush with the end of the module's memory, so that a read past them traps; answers with where they begin. */
export function putInput(bytes: Uint8Array): number {
  const { memory, value } = bgpModule();
  const at = value("IN") + value("IN_BYTES") - bytes.length;
  memory.set(bytes, at);
  return at;
}

/** The longest message that a session allows. */
export function longestOf({ extendedMessage = false }: MessageFormat): number {
  return bgpModule().value(extendedMessage ? "MESSAGE_EXTENDED_MAX" : "MESSAGE_MAX");
}

function extents(count: number): number[] {
  const { view, value } = bgpModule();
  return Array.from({ length: count }, (_, index) => view.getUint32(value("EXTENTS") + index * 4, true));
}

function frameStatus(): number {
  const { view, value } = bgpModule();
  return view.getInt32(value("FRAME_STATUS"), true);
}
