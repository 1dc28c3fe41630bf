/** Bytes → JSON values, one a line, as a watch sends them. */

import { Buffer, type Buffer as Bytes } from "node:buffer";

/** No object is as large: etcd takes 1.5 MB. What goes on longer is no watch, and must not fill the memory. */
export const MAX_LINE_BYTES = 4 << 20;
const LINE_FEED = 10;

/** What came is not what a watch sends. */
export class LineFault extends Error {
  override readonly name = "LineFault";
}

export class JsonLines {
  #rest: Bytes[] = [];
  #restBytes = 0;

  /** The values of the lines that these bytes end; what is behind the last of them waits for more. Throws `LineFault`. */
  *read(chunk: Uint8Array): Generator<unknown> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      const text = this.#take(bytes.subarray(start, end));
      start = end + 1;
      if (text !== "") yield parse(text);
    }
    this.#keep(bytes.subarray(start));
  }

  #take(last: Bytes): string {
    if (this.#restBytes === 0) return last.toString("utf8");
    this.#keep(last);
    const text = Buffer.concat(this.#rest, this.#restBytes).toString("utf8");
    this.#rest = [];
    this.#restBytes = 0;
    return text;
  }

  #keep(part: Bytes): void {
    if (part.length === 0) return;
    this.#restBytes += part.length;
    if (this.#restBytes > MAX_LINE_BYTES) throw new LineFault(`found a line of more than ${MAX_LINE_BYTES} bytes`);
    this.#rest.push(part);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LineFault(`found ${JSON.stringify(text.slice(0, 60))}, expected an event as JSON`);
  }
}
