/** The lines of several plugins over one stream of bytes, and back-pressure: while much waits to be written, nothing is read. */

import { FrameReader, type Message } from "./frames.ts";
import { Line, type LineEnds } from "./line.ts";

/** What is needed of a pipe's end, which is a net.Socket. */
export interface ByteStream {
  write(bytes: Uint8Array): unknown;
  pause(): unknown;
  resume(): unknown;
  readonly writableLength: number;
  on(event: "data", call: (chunk: Uint8Array) => void): unknown;
  on(event: "drain", call: () => void): unknown;
}

const MAX_UNWRITTEN_BYTES = 1 << 20;

export class Wire {
  readonly #stream: ByteStream;
  readonly #onFault: (reason: string) => void;
  readonly #lines = new Map<number, Line>();
  /** Numbers are not used again: what comes late for a line that was closed is nobody's. */
  #highest = -1;
  #isDead = false;

  /** `onFault`, once: the other end broke the rules. Nothing is read or written any more. */
  constructor(stream: ByteStream, onFault: (reason: string) => void) {
    this.#stream = stream;
    this.#onFault = onFault;
    const reader = new FrameReader();
    stream.on("data", (chunk) => {
      if (this.#isDead) return;
      try {
        for (const message of reader.read(chunk)) this.#receive(message);
      } catch (error) {
        this.#fault((error as Error).message);
      }
      if (stream.writableLength > MAX_UNWRITTEN_BYTES) stream.pause();
    });
    stream.on("drain", () => stream.resume());
  }

  /** Opens a line; both ends do, by the same number, each higher than those before. */
  open(number: number, stacks: Pick<LineEnds, "stackOf" | "readStack"> = {}): Line {
    const line = new Line(number, {
      ...stacks,
      send: (frame) => {
        if (!this.#isDead) this.#stream.write(frame);
      },
      fault: (reason) => this.#fault(reason),
    });
    this.#lines.set(number, line);
    this.#highest = number;
    return line;
  }

  close(line: Line, reason: Error): void {
    this.#lines.delete(line.number);
    line.end(reason);
  }

  /** Ends every line. */
  end(reason: Error): void {
    this.#isDead = true;
    for (const line of this.#lines.values()) line.end(reason);
    this.#lines.clear();
  }

  #receive(message: Message): void {
    if (this.#isDead) return;
    if (message.line > this.#highest) this.#fault(`a message of line ${message.line}, which is not open`);
    else this.#lines.get(message.line)?.receive(message);
  }

  #fault(reason: string): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#onFault(reason);
  }
}
