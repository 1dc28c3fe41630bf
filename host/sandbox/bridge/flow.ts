/**
 * Credits for what flows to a plugin: frames, datagrams, bytes of connections, events. What it has not taken yet lies in its memory and in
 * the channel; so much may be out of each stream, and so much of all of them. Beyond that a stream that may lose things loses them, and
 * one that may not makes its sender wait.
 *
 * The plugin's side tells what it has taken by and by. One that tells more than it got gains nothing: less than nothing is never out.
 */

/** Of one stream. */
const WINDOW_BYTES = 256 * 1024;
/** Of a plugin's streams together. */
const ALL_BYTES = 2 * 1024 * 1024;
/** Of a message beside its bytes. */
const MESSAGE_BYTES = 128;

/** What a message costs, on either side. */
export function costOf(bytes: Uint8Array | undefined): number {
  return MESSAGE_BYTES + (bytes?.length ?? 0);
}

interface Stream {
  out: number;
  /** Who waits until less is out. */
  waiting: (() => void)[];
}

export class Flow {
  readonly #streams = new Map<number, Stream>();
  #out = 0;

  /** Whether the stream may send this; if so, it counts as sent. */
  take(id: number, bytes: number): boolean {
    const stream = this.#stream(id);
    if (!this.#isOpen(stream)) return false;
    this.#add(stream, bytes);
    return true;
  }

  /** Counts it as sent in any case; a promise where the next should wait. */
  pour(id: number, bytes: number): Promise<void> | undefined {
    const stream = this.#stream(id);
    this.#add(stream, bytes);
    return this.#isOpen(stream) ? undefined : new Promise((resolve) => stream.waiting.push(resolve));
  }

  /** The plugin has taken so much. */
  taken(id: number, bytes: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#add(stream, -Math.min(Math.max(bytes, 0), stream.out));
    for (const other of this.#streams.values()) this.#release(other);
  }

  /** The stream has ended: what is out of it counts no more. */
  end(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#add(stream, -stream.out);
    this.#streams.delete(id);
    this.#release(stream);
  }

  #stream(id: number): Stream {
    let stream = this.#streams.get(id);
    if (stream === undefined) this.#streams.set(id, (stream = { out: 0, waiting: [] }));
    return stream;
  }

  #add(stream: Stream, bytes: number): void {
    stream.out += bytes;
    this.#out += bytes;
  }

  #isOpen({ out }: Stream): boolean {
    return out < WINDOW_BYTES && this.#out < ALL_BYTES;
  }

  #release(stream: Stream): void {
    if (stream.waiting.length > 0 && this.#isOpen(stream)) for (const resolve of stream.waiting.splice(0)) resolve();
  }
}
