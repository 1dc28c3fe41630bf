/**
 * A pipe that takes no more than its share of the host's thread: a process that has done next to nothing can write faster than any host reads. What was read took time;
 * when it was more than a moment, as much time goes by before more is read. The kernel's buffer fills up, and the process waits.
 */

import type { ByteStream } from "./wire.ts";

/** Of reading in a row, what other time has not made up for. */
const MOMENT_MS = 10;
/** To what is measured here comes what methods do later. */
const WAIT_FACTOR = 2;
/** Also where it took long because the host itself was stopped: the watchdog waits for what is not read. */
const LONGEST_WAIT_MS = 200;

export class FairStream implements ByteStream {
  readonly #stream: ByteStream;
  #busyMs = 0;
  #lastMs = 0;
  /** By whoever reads: it has too much to write. */
  #isPaused = false;
  #isWaiting = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  get writableLength(): number {
    return this.#stream.writableLength;
  }

  write(bytes: Uint8Array): unknown {
    return this.#stream.write(bytes);
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isWaiting) this.#stream.resume();
  }

  on(event: "data" | "drain", call: (chunk: Uint8Array) => void): void {
    if (event === "data") this.#stream.on("data", (chunk) => this.#read(chunk, call));
    else this.#stream.on("drain", call as () => void);
  }

  #read(chunk: Uint8Array, call: (chunk: Uint8Array) => void): void {
    const startMs = performance.now();
    call(chunk);
    const endMs = performance.now();
    this.#busyMs = Math.max(0, this.#busyMs - (startMs - this.#lastMs)) + (endMs - startMs) * WAIT_FACTOR;
    this.#lastMs = endMs;
    if (this.#busyMs < MOMENT_MS || this.#isWaiting) return;
    this.#isWaiting = true;
    this.#stream.pause();
    setTimeout(
      () => {
        this.#isWaiting = false;
        if (!this.#isPaused) this.#stream.resume();
      },
      Math.min(this.#busyMs, LONGEST_WAIT_MS),
    );
  }
}
