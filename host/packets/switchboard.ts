/**
 * Memory that main and packet worker share: whether the worker has started, and two heartbeats.
 *
 * Each side beats every two seconds and watches the other's beat. A worker whose main is silent for five beats answers for
 * nothing (main may have lost its VIPs without being able to say so); a main whose worker is silent ends the process, since
 * it announces what it cannot answer for. Beats are counted, not timed, so a pause of the whole machine is no silence.
 */

const MAIN_BEAT = 0;
const WORKER_BEAT = 1;
const STARTED = 2;
const CELLS = 3;

export const BEAT_INTERVAL_MS = 2000;
const SILENT_BEATS = 5;

export class Switchboard {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(buffer = new SharedArrayBuffer(CELLS * 4)) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer);
  }

  markStarted(): void {
    Atomics.store(this.#cells, STARTED, 1);
    Atomics.notify(this.#cells, STARTED);
  }

  /** Blocks until the worker has started, or the time is over. */
  waitForStart(limitMs: number): void {
    Atomics.wait(this.#cells, STARTED, 0, limitMs);
  }

  /** How often the worker's heart has beaten. */
  get workerBeats(): number {
    return Atomics.load(this.#cells, WORKER_BEAT);
  }

  /** Beats for `side` and tells whether the other has been silent too long; to be called every BEAT_INTERVAL_MS. */
  heart(side: "main" | "worker"): () => { isOtherSilent: boolean } {
    const [own, other] = side === "main" ? [MAIN_BEAT, WORKER_BEAT] : [WORKER_BEAT, MAIN_BEAT];
    let last = Atomics.load(this.#cells, other);
    let missed = 0;
    return () => {
      Atomics.add(this.#cells, own, 1);
      const now = Atomics.load(this.#cells, other);
      missed = now === last ? missed + 1 : 0;
      last = now;
      return { isOtherSilent: missed >= SILENT_BEATS };
    };
  }
}
