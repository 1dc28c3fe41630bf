/**
 * The load generator: a process that sends requests and reads the replies, in batches, from one thread that never sleeps.
 *
 * It takes one load a line on standard input and prints what came of it. Requests are templates in memory, so a flood costs two calls a batch;
 * what its own CPU spent is in each result, so that nobody takes its limit for the responder's.
 */
import { createInterface } from "node:readline";
import { MessageVector } from "../../../packets/layout.ts";
import { libc } from "../../../packets/libc.ts";
import { MSG_DONTWAIT, SO_RCVBUFFORCE, SOL_SOCKET } from "../../../packets/socket-numbers.ts";
import { openPacketSocket, setIntOption, takeKernelDrops } from "../../../packets/sockets.ts";
import { readCpuTime, since } from "../harness/machine.ts";
import { percentile } from "../harness/statistics.ts";
import { families } from "./families.ts";
import type { Family, Manner } from "./family.ts";
import { Pace } from "./pace.ts";
import { ReplyCheck } from "./reply-check.ts";
import { type Requests, writeRequests } from "./requests.ts";

export interface GeneratorSetup {
  readonly family: Family["name"];
  readonly link: { readonly name: string; readonly index: number };
  readonly vips: number;
}

export interface Load {
  /** Null: as many as it can. */
  readonly ratePerSecond: number | null;
  readonly seconds: number;
  /** Of right replies. */
  readonly manner?: Manner;
  /** How late replies may come after the last request; default 100. */
  readonly graceMs?: number;
}

export interface LoadResult {
  readonly requests: number;
  /** All that arrived, also those that this process was too slow to read. */
  readonly replies: number;
  /** Requests that the link did not take. */
  readonly unsent: number;
  /** Replies whose every field was looked at: all of a paced load, the first of a flood and then one in 1024. */
  readonly checked: number;
  readonly wrong: number;
  readonly elapsedNs: number;
  /** The generator's thread: on its CPU, waiting for it, and the part of the first inside `sendmmsg`. */
  readonly runNs: number;
  readonly waitNs: number;
  readonly sendNs: number;
  /** From before `sendmmsg` to after `recvmmsg`; null for a flood. */
  readonly latencyMicros: Latency | null;
}

export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

const BATCH = 64;
const RECEIVE_BATCH = 128;
const CHECK_ONE_IN = 1024;
const FLOOD_LIMIT_PER_SECOND = 2_000_000;
const GRACE_MS = 100;
const LONGEST_GRACE_MS = 5000;
/** Large, since a reply that this process loses is work that it cannot check. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

class Generator {
  readonly #libc = libc();
  readonly #family: Family;
  readonly #vips: number;
  readonly #fd: number;
  readonly #requests: Requests;
  readonly #tx: MessageVector;
  readonly #rx: MessageVector;
  readonly #received: Uint8Array;
  #check: ReplyCheck;
  /** When the oldest unanswered request for a VIP left, or 0: one at a time is timed, so a late reply is never taken for an early one. */
  readonly #sentAtMs: Float64Array;
  #next = 0;
  #isTimed = false;
  #latencies = new Float32Array(0);
  #timed = 0;
  #untilCheck = 0;
  #counts = { requests: 0, replies: 0, unsent: 0, checked: 0, wrong: 0 };

  constructor({ family: name, link, vips }: GeneratorSetup) {
    this.#family = families[name];
    this.#vips = vips;
    const { stations, strideBytes, requestBytes, asked, answers } = this.#family;
    this.#requests = writeRequests(this.#family, stations, vips, BATCH, Math.random);
    const count = this.#requests.order.length;
    this.#tx = new MessageVector(this.#libc, { memory: this.#requests.frames, base: 0, slotBytes: strideBytes, count });
    for (let slot = 0; slot < count; slot++) this.#tx.setLength(slot, requestBytes);
    this.#received = new Uint8Array(new ArrayBuffer(RECEIVE_BATCH * strideBytes));
    this.#rx = new MessageVector(this.#libc, { memory: this.#received, base: 0, slotBytes: strideBytes, count: RECEIVE_BATCH });
    this.#check = this.#checkFor({});
    this.#sentAtMs = new Float64Array(vips);
    this.#fd = openPacketSocket(this.#libc, link, asked.etherType, answers);
    setIntOption(this.#libc, this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
  }

  run({ ratePerSecond, seconds, manner = {}, graceMs = GRACE_MS }: Load): LoadResult {
    this.#check = this.#checkFor(manner);
    const total = Math.ceil((ratePerSecond ?? FLOOD_LIMIT_PER_SECOND) * seconds);
    this.#reset(ratePerSecond !== null, total);
    const pace = new Pace(ratePerSecond, BATCH, total);
    const before = readCpuTime(process.pid);
    const startMs = performance.now();
    let nowMs = startMs;
    let sendMs = 0;
    while (!pace.isDone && (this.#isTimed || nowMs - startMs < seconds * 1000)) {
      const count = pace.take(nowMs - startMs);
      if (count > 0) {
        this.#send(count, nowMs);
        sendMs += performance.now() - nowMs;
      }
      this.#receive();
      nowMs = performance.now();
    }
    const elapsedNs = (nowMs - startMs) * 1e6;
    const { runNs, waitNs } = since(before, readCpuTime(process.pid));
    this.#awaitReplies(graceMs);
    this.#counts.replies += takeKernelDrops(this.#libc, this.#fd);
    const latencyMicros = this.#isTimed ? this.#latencyMicros() : null;
    return { ...this.#counts, elapsedNs, runNs, waitNs, sendNs: sendMs * 1e6, latencyMicros };
  }

  #checkFor(manner: Manner): ReplyCheck {
    const { stations, strideBytes } = this.#family;
    return new ReplyCheck(this.#family, stations, manner, this.#vips, { memory: this.#received, strideBytes });
  }

  #reset(isTimed: boolean, total: number): void {
    while (this.#receive() > 0); // what is left of another load
    takeKernelDrops(this.#libc, this.#fd);
    this.#isTimed = isTimed;
    this.#latencies = new Float32Array(isTimed ? total : 0);
    this.#timed = 0;
    this.#sentAtMs.fill(0);
    this.#untilCheck = 0;
    this.#counts = { requests: 0, replies: 0, unsent: 0, checked: 0, wrong: 0 };
  }

  #send(count: number, nowMs: number): void {
    const sent = Math.max(this.#libc.sendmmsg(this.#fd, this.#tx.header(this.#next), count, MSG_DONTWAIT), 0);
    this.#counts.requests += sent;
    this.#counts.unsent += count - sent;
    if (this.#isTimed) {
      for (let at = this.#next; at < this.#next + sent; at++) {
        const vip = this.#requests.order[at] as number;
        if (this.#sentAtMs[vip] === 0) this.#sentAtMs[vip] = nowMs;
      }
    }
    this.#next = (this.#next + sent) % this.#requests.count;
  }

  #receive(): number {
    const count = Math.max(this.#libc.recvmmsg(this.#fd, this.#rx.address, RECEIVE_BATCH, MSG_DONTWAIT, 0), 0);
    this.#counts.replies += count;
    if (this.#isTimed) {
      const nowMs = performance.now();
      for (let slot = 0; slot < count; slot++) this.#time(slot, nowMs);
    } else if ((this.#untilCheck -= count) <= 0 && count > 0) {
      this.#untilCheck = CHECK_ONE_IN;
      this.#verify(0);
    }
    return count;
  }

  #time(slot: number, nowMs: number): void {
    this.#verify(slot);
    const vip = this.#check.vip(slot);
    const sentAtMs = this.#sentAtMs[vip] ?? 0;
    if (sentAtMs === 0) return;
    this.#latencies[this.#timed++] = (nowMs - sentAtMs) * 1000;
    this.#sentAtMs[vip] = 0;
  }

  #verify(slot: number): void {
    this.#counts.checked++;
    if (!this.#check.isRight(slot, this.#rx.length(slot))) this.#counts.wrong++;
  }

  #awaitReplies(graceMs: number): void {
    const startMs = performance.now();
    let quietSinceMs = startMs;
    for (
      let nowMs = startMs;
      this.#counts.replies < this.#counts.requests && nowMs < startMs + LONGEST_GRACE_MS;
      nowMs = performance.now()
    ) {
      if (this.#receive() > 0) quietSinceMs = nowMs;
      else if (nowMs - quietSinceMs > graceMs) return;
    }
  }

  #latencyMicros(): Latency {
    const sorted = this.#latencies.subarray(0, this.#timed).sort();
    return { p50: percentile(sorted, 0.5), p90: percentile(sorted, 0.9), p99: percentile(sorted, 0.99) };
  }
}

/** Serves loads from standard input until it ends. */
export async function runGenerator(setup: GeneratorSetup): Promise<void> {
  const generator = new Generator(setup);
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(generator.run(JSON.parse(line) as Load))}\n`);
  }
}
