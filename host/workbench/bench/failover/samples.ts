/**
 * What a client of `herald bench failover` sent, and who answered: kept for the last minutes, and told of any window of them.
 *
 * An outage is the time between the last answered send and the next answered one, by when they were sent: so neither a slow answer nor a
 * client that reads late makes it longer. What the client itself did not send on time is told beside it.
 */

/** Who was heard, how often, and when first and last. */
export type Heard = Readonly<Record<string, { readonly count: number; readonly firstMs: number; readonly lastMs: number }>>;

/** Times are of CLOCK_MONOTONIC, in milliseconds. */
export interface Window {
  readonly sent: number;
  readonly lost: number;
  /** Longest time without an answered send; until the end of the window where none came any more. */
  readonly outageMs: number;
  /** Longest time between two sends: an outage of that length may be the client's own. */
  readonly pauseMs: number;
  /** Longest time from a send to its answer. */
  readonly slowestMs: number;
  /** By when the answers came. */
  readonly answeredBy: Heard;
}

const SLOTS = 1 << 16;
/** What comes later was lost to its user: a kernel sends a lost SYN again after 1 s (RFC 6298 §2), and keeps what waits for a neighbor. */
export const ANSWER_LIMIT_MS = 900;

export class Samples {
  readonly #sentMs = new Float64Array(SLOTS);
  /** From the send to the first answer; infinite where there is none. */
  readonly #tookMs = new Float32Array(SLOTS);
  readonly #heard = new HeardLog();
  #next = 0;

  /** Gives the number that its answer is to carry. */
  send(nowMs: number): number {
    const at = this.#next % SLOTS;
    this.#sentMs[at] = nowMs;
    this.#tookMs[at] = Number.POSITIVE_INFINITY;
    return this.#next++;
  }

  get last(): number {
    return this.#next - 1;
  }

  answer(number: number, by: string, nowMs: number): void {
    if (number >= this.#next || number < this.#next - SLOTS || number < 0) return;
    const at = number % SLOTS;
    this.#tookMs[at] = Math.min(this.#tookMs[at] as number, nowMs - (this.#sentMs[at] as number));
    this.#heard.note(by, nowMs);
  }

  window(fromMs: number, toMs: number): Window {
    let [sent, lost, outageMs, pauseMs, slowestMs] = [0, 0, 0, 0, 0];
    let answeredMs = fromMs;
    let beforeMs: number | null = null;
    for (let number = Math.max(this.#next - SLOTS, 0); number < this.#next; number++) {
      const sentMs = this.#sentMs[number % SLOTS] as number;
      if (sentMs < fromMs) continue;
      if (sentMs > toMs) break;
      sent++;
      pauseMs = Math.max(pauseMs, sentMs - (beforeMs ?? sentMs));
      beforeMs = sentMs;
      const tookMs = this.#tookMs[number % SLOTS] as number;
      if (tookMs > ANSWER_LIMIT_MS) lost++;
      else {
        slowestMs = Math.max(slowestMs, tookMs);
        outageMs = Math.max(outageMs, sentMs - answeredMs);
        answeredMs = sentMs;
      }
    }
    // What was sent last may have been answered: only what is lost makes the end of the window an outage.
    if (lost > 0) outageMs = Math.max(outageMs, (beforeMs ?? toMs) - answeredMs);
    return { sent, lost, outageMs, pauseMs, slowestMs, answeredBy: this.#heard.window(fromMs, toMs) };
  }
}

/** Names and times, the oldest forgotten first. */
export class HeardLog {
  readonly #names: string[] = [];
  readonly #by = new Uint16Array(SLOTS);
  readonly #atMs = new Float64Array(SLOTS);
  #next = 0;

  note(name: string, nowMs: number): void {
    if (!this.#names.includes(name)) this.#names.push(name);
    this.#by[this.#next % SLOTS] = this.#names.indexOf(name);
    this.#atMs[this.#next++ % SLOTS] = nowMs;
  }

  window(fromMs: number, toMs: number): Heard {
    const heard: Record<string, { count: number; firstMs: number; lastMs: number }> = {};
    for (let at = Math.max(this.#next - SLOTS, 0); at < this.#next; at++) {
      const atMs = this.#atMs[at % SLOTS] as number;
      if (atMs < fromMs || atMs > toMs) continue;
      const name = this.#names[this.#by[at % SLOTS] as number] as string;
      heard[name] ??= { count: 0, firstMs: atMs, lastMs: atMs };
      heard[name].count++;
      heard[name].lastMs = atMs;
    }
    return heard;
  }
}
