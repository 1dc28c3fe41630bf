/**
 * The client of `herald bench manifests`: a station on the speaker's segment, a process of its own, one thread that reads every frame as it comes.
 *
 * It takes one task a line on standard input and prints what came of it: ask for VIPs until they answer, or edit a manifest and wait until the
 * new VIP is announced. Times are of CLOCK_MONOTONIC, which is one clock for all processes and network namespaces.
 */
import { createInterface } from "node:readline";
import { ArpStation, monotonicMs, type StationSetup } from "../answers/arp-station.ts";
import { editedName, joinDocuments, serviceDocument, ways, writeDocuments } from "./files.ts";

/** Ask for `vips` VIPs from `firstVip` on until all have answered. */
export interface AskTask {
  readonly firstVip: number;
  readonly vips: number;
  readonly timeoutMs: number;
}

/** When the first answer came, when the first and the last VIP had answered, and when all had; null: not in time. */
export interface AskResult {
  readonly firstMs: number | null;
  readonly endsMs: number | null;
  readonly allMs: number | null;
  readonly answered: number;
  /** Frames that are neither a right reply nor an announcement. */
  readonly wrong: number;
}

/** Change the address that a Service asks for, `edits` times, each time to one that was never used before. */
export interface EditTask {
  readonly file: string;
  /** Of the file, at most. */
  readonly bytes: number;
  /** The file's Services ask for the VIPs from this one on; edits use those behind. */
  readonly firstVip: number;
  readonly edits: number;
}

export interface Edit {
  readonly way: keyof typeof ways;
  /** From the return of the call that made the change to the first announcement read here; null: none came. */
  readonly tookMs: number | null;
}

/** Addresses of the pool. */
const MOST_VIPS = 0x10000;
/** Requests between two looks at what came back. */
const ASK_BATCH = 128;
const EDIT_TIMEOUT_MS = 2000;
const PAUSE_MS = { least: 30, most: 50 };

/** VIPs that are asked for, and when they answered. */
class Asked {
  readonly open: Set<number>;
  wrong = 0;
  readonly #vips: number;
  readonly #ends: readonly number[];
  #others: Iterator<number>;
  #firstMs: number | null = null;
  #endsMs: number | null = null;
  #allMs: number | null = null;

  constructor(firstVip: number, vips: number) {
    this.open = new Set(Array.from({ length: vips }, (_, at) => firstVip + at));
    this.#vips = vips;
    this.#ends = [firstVip, firstVip + vips - 1];
    this.#others = this.open.values();
  }

  get isDone(): boolean {
    return this.open.size === 0;
  }

  /** What to ask for now, at most a batch; less: nothing more before somebody had time to answer. */
  next(): number[] {
    const vips = this.#ends.filter((vip) => this.open.has(vip));
    while (this.#firstMs !== null && vips.length < ASK_BATCH) {
      const { value, done } = this.#others.next();
      if (done === true) {
        this.#others = this.open.values();
        break;
      }
      vips.push(value);
    }
    return vips;
  }

  note(nowMs: number): void {
    if (this.open.size < this.#vips) this.#firstMs ??= nowMs;
    if (!this.#ends.some((vip) => this.open.has(vip))) this.#endsMs ??= nowMs;
    if (this.isDone) this.#allMs ??= nowMs;
  }

  result(): AskResult {
    const answered = this.#vips - this.open.size;
    return { firstMs: this.#firstMs, endsMs: this.#endsMs, allMs: this.#allMs, answered, wrong: this.wrong };
  }
}

class Client {
  readonly #station: ArpStation;

  constructor(setup: StationSetup) {
    this.#station = new ArpStation(setup, MOST_VIPS);
  }

  /** Asks for the first and the last VIP every millisecond, and for all others as soon as one has answered. */
  ask({ firstVip, vips, timeoutMs }: AskTask): AskResult {
    this.#station.receive(0, () => {}); // what a speaker before this one has sent
    const asked = new Asked(firstVip, vips);
    const deadlineMs = monotonicMs() + timeoutMs;
    for (let nowMs = 0; !asked.isDone && nowMs < deadlineMs; ) {
      const some = asked.next();
      for (const vip of some) this.#station.ask(vip);
      this.#station.receive(some.length < ASK_BATCH ? 1 : 0, (slot, length) => {
        if (this.#station.isRight(slot, length)) asked.open.delete(this.#station.vip(slot));
        else if (!this.#station.isAnnouncement(slot, length)) asked.wrong++;
      });
      nowMs = monotonicMs();
      asked.note(nowMs);
    }
    return asked.result();
  }

  edit({ file, bytes, firstVip, edits }: EditTask): Edit[] {
    const documents = writeDocuments(bytes, firstVip);
    return Array.from({ length: edits }, (_, count) => {
      const at = (count * 7) % documents.length;
      const vip = firstVip + documents.length + count;
      documents[at] = serviceDocument(editedName(at), vip);
      const way = count % 2 === 0 ? "in place" : "by rename";
      const tookMs = this.#timeEdit(vip, (saved) => ways[way](file, joinDocuments(documents), saved));
      this.#pause(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
      return { way, tookMs };
    });
  }

  #timeEdit(vip: number, edit: (saved: () => void) => void): number | null {
    let sinceMs = 0;
    edit(() => (sinceMs = monotonicMs()));
    let isHeard = false;
    for (let tookMs = 0; tookMs < EDIT_TIMEOUT_MS; ) {
      this.#station.receive(EDIT_TIMEOUT_MS - tookMs, (slot, length) => {
        isHeard ||= this.#station.vip(slot) === vip && this.#station.isAnnouncement(slot, length);
      });
      tookMs = monotonicMs() - sinceMs;
      if (isHeard) return tookMs;
    }
    return null;
  }

  /** Reads on meanwhile: announcements are repeated, and those must not lie in front of the one that is timed next. */
  #pause(forMs: number): void {
    const untilMs = monotonicMs() + forMs;
    for (let leftMs = forMs; leftMs > 0; leftMs = untilMs - monotonicMs()) this.#station.receive(leftMs, () => {});
  }
}

/** Serves tasks from standard input until it ends. */
export async function runClient(setup: StationSetup): Promise<void> {
  const client = new Client(setup);
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    const task = JSON.parse(line) as { readonly ask: AskTask } | { readonly edit: EditTask };
    const result = "ask" in task ? client.ask(task.ask) : client.edit(task.edit);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}
