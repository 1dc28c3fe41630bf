/** The packet worker's own way to sleep: in poll(2), on its sockets and on its event loop. Why: `drivers.ts`. */

import { toTimeout } from "./drivers.ts";
import type { PacketEngine } from "./engine.ts";
import type { Libc } from "./libc.ts";
import type { Source } from "./wire.ts";

const POLLIN = 1;
/** poll.h `struct pollfd`: an int and two shorts, `events` and `revents`. */
const POLLFD_SHORTS = 4;
const EVENTS = 2;
const REVENTS = 3;

/** `turn` follows each turn, `beat` comes every `beatMs`, before one. */
export interface Rhythm {
  readonly beatMs: number;
  turn(): void;
  beat(): void;
}

/**
 * Turns when ports are readable and when timers fall due, from its making until `stop()`. Where `loopFd` says that the event loop has something
 * to do, and after each beat, that is run. It says nothing of timers and `setImmediate`, so those of others in this thread may come a beat late.
 */
export class PollDriver {
  readonly #engine: PacketEngine;
  readonly #libc: Libc;
  readonly #loopFd: number;
  readonly #rhythm: Rhythm;
  /** What is slept on, first the event loop, as `#sources` was at `#version`. */
  #pollfds = new Uint16Array(0);
  #address = 0;
  #sources: readonly Source[] = [];
  #version = -1;
  #nextBeatMs = 0;
  #isStopped = false;

  constructor(engine: PacketEngine, libc: Libc, loopFd: number, rhythm: Rhythm) {
    this.#engine = engine;
    this.#libc = libc;
    this.#loopFd = loopFd;
    this.#rhythm = rhythm;
    this.#runSoon();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** After what waits in the event loop: calls of main change the engine, so a turn follows them. */
  #runSoon(): void {
    setImmediate(() => {
      while (!this.#isStopped && !this.#turn());
      if (!this.#isStopped) this.#runSoon();
    });
  }

  /** One turn, and sleep. Gives true where the event loop should run. */
  #turn(): boolean {
    const nowMs = performance.now();
    const isBeat = nowMs >= this.#nextBeatMs;
    if (isBeat) {
      this.#nextBeatMs = nowMs + this.#rhythm.beatMs;
      this.#rhythm.beat();
    }
    // When the process was paused, a timer must not find that nothing came meanwhile: it waits until every socket was asked.
    const isTimer = this.#engine.nextTickMs <= nowMs;
    const hasMore = this.#engine.turn(nowMs, isTimer);
    this.#rhythm.turn();
    const dueMs = Math.min(this.#engine.nextTickMs, this.#nextBeatMs);
    return this.#sleep(hasMore || isBeat ? 0 : toTimeout(dueMs - nowMs)) || isBeat;
  }

  /** Marks the ports that have something; gives true where the event loop has. */
  #sleep(timeoutMs: number): boolean {
    if (this.#version !== this.#engine.portsVersion) this.#listPorts();
    if (this.#libc.poll(this.#address, this.#sources.length + 1, timeoutMs) <= 0) return false;
    for (let at = 0; at < this.#sources.length; at++)
      if (this.#pollfds[(at + 1) * POLLFD_SHORTS + REVENTS] !== 0) (this.#sources[at] as Source).isReady = true;
    return this.#pollfds[REVENTS] !== 0;
  }

  #listPorts(): void {
    this.#version = this.#engine.portsVersion;
    this.#sources = this.#engine.sources;
    const fds = [this.#loopFd, ...this.#sources.map(({ port }) => port?.fd ?? -1)];
    // With a buffer of its own, for a small array would lie where the garbage collector moves it.
    this.#pollfds = new Uint16Array(new ArrayBuffer(fds.length * POLLFD_SHORTS * 2));
    this.#address = this.#libc.address(this.#pollfds);
    const ints = new Int32Array(this.#pollfds.buffer);
    fds.forEach((fd, at) => {
      ints[at * 2] = fd;
      this.#pollfds[at * POLLFD_SHORTS + EVENTS] = POLLIN;
    });
  }
}
