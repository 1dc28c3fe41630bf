/**
 * The client of `herald bench manifests`: a station on the speaker's segment, a process of its own, one thread that reads every frame as it comes.
 *
 * It takes one task a line on standard input and prints what came of it: ask for VIPs until they answer, or edit a manifest and wait until the
 * new VIP is announced. Times are of CLOCK_MONOTONIC, which is one clock for all processes and network namespaces.
 */
import { createInterface } from "node:readline";
import { frameFilter } from "../../packets/filter.ts";
import { MessageVector } from "../../packets/layout.ts";
import { libc } from "../../packets/libc.ts";
import { MSG_DONTWAIT, SO_RCVBUFFORCE, SOL_SOCKET } from "../../packets/socket-numbers.ts";
import { openPacketSocket, setIntOption } from "../../packets/sockets.ts";
import { FIRST_VIP, FRAME_STRIDE, ReplyCheck, type Stations, TARGET_ADDRESS, writeRequest } from "./arp-frames.ts";
import { editedName, joinDocuments, serviceDocument, ways, writeDocuments } from "./manifest-files.ts";

export interface ClientSetup {
  readonly stations: Stations;
  readonly link: { readonly name: string; readonly index: number };
}

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

const ARP = 0x0806;
const RECEIVE_BATCH = 128;
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;
const POLLIN = 1;
/** Addresses of the pool. */
const MOST_VIPS = 0x10000;
/** Requests between two looks at what came back. */
const ASK_BATCH = 128;
const EDIT_TIMEOUT_MS = 2000;
const PAUSE_MS = { least: 30, most: 50 };

/** Milliseconds on the clock that all processes share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

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
  readonly #libc = libc();
  readonly #fd: number;
  readonly #rx: MessageVector;
  readonly #check: ReplyCheck;
  readonly #request: Uint8Array;
  readonly #pollfd: Uint16Array;

  constructor({ stations, link }: ClientSetup) {
    const received = new Uint8Array(new ArrayBuffer(RECEIVE_BATCH * FRAME_STRIDE));
    this.#rx = new MessageVector(this.#libc, { memory: received, base: 0, slotBytes: FRAME_STRIDE, count: RECEIVE_BATCH });
    this.#check = new ReplyCheck(stations, MOST_VIPS, received);
    this.#request = writeRequest(stations, 0);
    this.#fd = openPacketSocket(this.#libc, link, ARP, frameFilter({ etherType: ARP }));
    setIntOption(this.#libc, this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
    this.#pollfd = Uint16Array.of(this.#fd & 0xffff, this.#fd >>> 16, POLLIN, 0);
  }

  /** Asks for the first and the last VIP every millisecond, and for all others as soon as one has answered. */
  ask({ firstVip, vips, timeoutMs }: AskTask): AskResult {
    this.#receive(0, () => {}); // what a speaker before this one has sent
    const asked = new Asked(firstVip, vips);
    const deadlineMs = monotonicMs() + timeoutMs;
    for (let nowMs = 0; !asked.isDone && nowMs < deadlineMs; ) {
      const some = asked.next();
      for (const vip of some) this.#ask(vip);
      this.#receive(some.length < ASK_BATCH ? 1 : 0, (slot, length) => {
        if (this.#check.isRight(slot, length)) asked.open.delete(this.#check.vip(slot));
        else if (!this.#check.isAnnouncement(slot, length)) asked.wrong++;
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
      this.#receive(EDIT_TIMEOUT_MS - tookMs, (slot, length) => {
        isHeard ||= this.#check.vip(slot) === vip && this.#check.isAnnouncement(slot, length);
      });
      tookMs = monotonicMs() - sinceMs;
      if (isHeard) return tookMs;
    }
    return null;
  }

  /** Reads on meanwhile: announcements are repeated, and those must not lie in front of the one that is timed next. */
  #pause(forMs: number): void {
    const untilMs = monotonicMs() + forMs;
    for (let leftMs = forMs; leftMs > 0; leftMs = untilMs - monotonicMs()) this.#receive(leftMs, () => {});
  }

  #ask(vip: number): void {
    new DataView(this.#request.buffer, this.#request.byteOffset).setUint32(TARGET_ADDRESS, FIRST_VIP + vip);
    this.#libc.send(this.#fd, this.#request, this.#request.length, MSG_DONTWAIT);
  }

  /** Reads what is there, or what comes within `waitMs`. */
  #receive(waitMs: number, take: (slot: number, length: number) => void): void {
    if (waitMs > 0) this.#libc.poll(this.#libc.address(this.#pollfd), 1, Math.ceil(waitMs));
    for (let count = RECEIVE_BATCH; count === RECEIVE_BATCH; ) {
      count = Math.max(this.#libc.recvmmsg(this.#fd, this.#rx.address, RECEIVE_BATCH, MSG_DONTWAIT, 0), 0);
      for (let slot = 0; slot < count; slot++) take(slot, this.#rx.length(slot));
    }
  }
}

/** Serves tasks from standard input until it ends. */
export async function runClient(setup: ClientSetup): Promise<void> {
  const client = new Client(setup);
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    const task = JSON.parse(line) as { readonly ask: AskTask } | { readonly edit: EditTask };
    const result = "ask" in task ? client.ask(task.ask) : client.edit(task.edit);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}
