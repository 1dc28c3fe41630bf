/**
 * When the engine takes its turns: two ways for the packet worker to sleep.
 *
 * The event loop wakes on a socket, a message or a timer like any other thread of Node; it stops cleanly and is the default.
 * The blocking loop sleeps in poll(2) on the sockets and an eventfd that main writes when it has posted a message; it saves a
 * twelfth of the work per reply at high rates, and must never sleep without that eventfd, or nobody could stop it.
 */

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { PacketEngine } from "./engine.ts";
import type { Libc } from "./libc.ts";
import type { Switchboard } from "./switchboard.ts";

/** `delay` may be 0 or infinite; Node's timers know milliseconds and not more than 2^31 of them. */
function toTimeout(delayMs: number): number {
  return Math.min(Math.max(Math.ceil(delayMs), 0), 0x7fffffff);
}

/** Turns when ports are readable and when timers fall due. `wake()` after the engine was changed. */
export class EventLoopDriver {
  readonly #engine: PacketEngine;
  readonly #afterTurn: () => void;
  #timer: NodeJS.Timeout | undefined;
  #timerTurn: NodeJS.Immediate | undefined;
  #dueMs = Infinity;
  #isScheduled = false;

  constructor(engine: PacketEngine, afterTurn: () => void) {
    this.#engine = engine;
    this.#afterTurn = afterTurn;
  }

  wake(): void {
    const nowMs = performance.now();
    const hasMore = this.#engine.turn(nowMs);
    this.#afterTurn();
    if (hasMore) this.schedule();
    const next = this.#engine.nextTickMs;
    if (hasMore || next === this.#dueMs) return;
    this.#clearTimer();
    this.#dueMs = next;
    if (next === Infinity) return;
    // The turn comes after the sockets were asked: when the process was paused, a timer must not find that nothing came meanwhile.
    this.#timer = setTimeout(
      () => {
        this.#timerTurn = setImmediate(() => {
          this.#dueMs = Infinity;
          this.wake();
        });
      },
      toTimeout(next - nowMs),
    );
  }

  /** A turn in the next round of the event loop: after messages that wait, and never inside a turn that runs. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.wake();
    });
  }

  stop(): void {
    this.#clearTimer();
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#timerTurn);
  }
}

const POLLIN = 1;
const POLLFD_SHORTS = 4;
/** `revents` of the first entry, the eventfd. */
const WAKE_EVENTS = 3;

/** What wakes and stops a blocking loop; `wakeFd` is the eventfd that main writes. */
export interface Bell {
  readonly switchboard: Switchboard;
  readonly wakeFd: number;
  readonly port: MessagePort;
  readonly beatMs: number;
}

/** Runs until the switchboard says stop. `mail` handles one message, `turn` follows each turn, `beat` comes every `beatMs`. */
export function runBlocking(
  engine: PacketEngine,
  libc: Libc,
  { switchboard, wakeFd, port, beatMs }: Bell,
  on: { mail: (message: unknown) => void; turn: () => void; beat: () => void },
): void {
  let nextBeatMs = performance.now();
  let pollfds = new Uint16Array(0);
  let ports = -1;
  while (!switchboard.mustStop) {
    const nowMs = performance.now();
    const hasMore = engine.turn(nowMs, true);
    on.turn();
    if (nowMs >= nextBeatMs) {
      on.beat();
      nextBeatMs = nowMs + beatMs;
    }
    if (switchboard.takeMail()) {
      for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port))
        on.mail(received.message);
      continue;
    }
    if (hasMore) continue;
    if (ports !== engine.portsVersion) {
      ports = engine.portsVersion;
      pollfds = createPollfds([wakeFd, ...engine.fds]);
    }
    const timeoutMs = toTimeout(Math.min(engine.nextTickMs, nextBeatMs) - nowMs);
    libc.poll(libc.address(pollfds), pollfds.length / POLLFD_SHORTS, timeoutMs);
    if (pollfds[WAKE_EVENTS] !== 0) drainEventfd(libc, wakeFd);
  }
}

/** poll.h `struct pollfd`: an int and two shorts, `events` and `revents`. */
function createPollfds(fds: readonly number[]): Uint16Array<ArrayBuffer> {
  const pollfds = new Uint16Array(fds.length * POLLFD_SHORTS);
  const ints = new Int32Array(pollfds.buffer);
  fds.forEach((fd, at) => {
    ints[at * 2] = fd;
    pollfds[at * POLLFD_SHORTS + 2] = POLLIN;
  });
  return pollfds;
}

function drainEventfd(libc: Libc, fd: number): void {
  const counter = new Uint8Array(8);
  libc.read(fd, counter, counter.length);
}
