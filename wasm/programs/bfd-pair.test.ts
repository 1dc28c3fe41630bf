/** Two instances of module `bfd` and a path between them that delays, loses and breaks, in made-up time. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BfdStation, RECEIVE_PORT } from "../../host/workbench/testing/bfd-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const PAIR = suite("bfd pair");
const ADDRESSES = ["192.0.2.1", "192.0.2.2"] as const;
type Options = NonNullable<Parameters<BfdStation["put"]>[0]>;

interface Flight {
  readonly atMs: number;
  readonly to: 0 | 1;
  readonly bytes: Uint8Array;
}

class Pair {
  readonly ends: readonly [BfdStation, BfdStation];
  readonly random = randomFrom(testSeed());
  nowMs = 0;
  /** Per cent of packets that are lost, by direction: to the first end, to the second. */
  lossPercent: [number, number] = [0, 0];
  /** When each end sent, and what state it is in since when. */
  readonly sentAtMs: [number[], number[]] = [[], []];
  readonly states: [{ state: string; atMs: number }[], { state: string; atMs: number }[]] = [[], []];
  #flights: Flight[] = [];
  readonly #lastMs: [number, number] = [0, 0];

  constructor(first: Options = {}, second: Options = {}) {
    this.ends = [new BfdStation([11, 1]), new BfdStation([22, 2])];
    this.ends[0].put({ discriminator: 1, address: ADDRESSES[1], ...first });
    this.ends[1].put({ discriminator: 2, address: ADDRESSES[0], ...second });
  }

  state(end: 0 | 1): string {
    return this.ends[end].state(end + 1)?.state ?? "none";
  }

  get neverWentDown(): boolean {
    return this.states.every((states) => states.slice(1).every(({ state }) => state !== "down"));
  }

  /** Runs until `untilMs`, or until both are in `state`. */
  run(untilMs: number, state?: string): void {
    while (this.nowMs < untilMs && !(state !== undefined && this.state(0) === state && this.state(1) === state)) this.#step(untilMs);
  }

  #step(untilMs: number): void {
    const due = [...this.#flights.map(({ atMs }) => atMs), ...this.ends.map(({ program }) => program.nextTickMs), untilMs];
    this.nowMs = Math.max(this.nowMs, Math.min(...due));
    const landed = this.#flights.filter(({ atMs }) => atMs <= this.nowMs);
    this.#flights = this.#flights.filter(({ atMs }) => atMs > this.nowMs);
    for (const end of [0, 1] as const) {
      const peer = ADDRESSES[1 - end] as string;
      const arrivals = landed.filter(({ to }) => to === end).map(({ bytes }) => ({ bytes, peer, port: RECEIVE_PORT }));
      const answers = this.ends[end].receive(arrivals, this.nowMs);
      for (const { bytes } of [...answers, ...this.ends[end].tick(this.nowMs)]) this.#send(end, bytes);
      const state = this.state(end);
      if (this.states[end].at(-1)?.state !== state) this.states[end].push({ state, atMs: this.nowMs });
    }
  }

  #send(from: 0 | 1, bytes: Uint8Array): void {
    const to = from === 0 ? 1 : 0;
    this.sentAtMs[from].push(this.nowMs);
    if (this.random(100) < this.lossPercent[to]) return;
    this.#lastMs[to] = Math.max(this.#lastMs[to], this.nowMs + 0.1 + this.random(20) / 10); // a link does not reorder
    this.#flights.push({ atMs: this.#lastMs[to], to, bytes });
  }
}

/** Both ends up, their timers settled. */
function upPair(first: Options = {}, second: Options = {}): Pair {
  const pair = new Pair(first, second);
  pair.run(10_000, "up");
  pair.run(pair.nowMs + 2000);
  assert.equal([pair.state(0), pair.state(1)], ["up", "up"]);
  return pair;
}

PAIR("a session comes up in three packets, and stays up for ten minutes", () => {
  const pair = new Pair();
  pair.run(10_000, "up");
  assert.ok(pair.nowMs < 10, `up after ${pair.nowMs} ms`);
  pair.run(600_000);
  assert.ok(pair.neverWentDown);
  for (const times of pair.sentAtMs) assert.ok(times.length > 600_000 / 100 && times.length < 600_000 / 75 + 20, `${times.length} packets`);
});

for (const [what, first, second, leastMs, mostMs] of [
  ["100 ms × 3", {}, {}, 200, 305],
  [
    "50 ms × 5",
    { receiveIntervalMs: 50, transmitIntervalMs: 50, detectMultiplier: 5 },
    { receiveIntervalMs: 50, transmitIntervalMs: 50, detectMultiplier: 5 },
    190,
    255,
  ],
  ["300 ms one way, 100 ms the other", { transmitIntervalMs: 300 }, {}, 200, 905],
  [
    "10 ms × 2",
    { receiveIntervalMs: 10, transmitIntervalMs: 10, detectMultiplier: 2 },
    { receiveIntervalMs: 10, transmitIntervalMs: 10, detectMultiplier: 2 },
    7,
    23,
  ],
] as const) {
  PAIR(`a broken path is noticed in time: ${what}`, () => {
    const pair = upPair(first, second);
    pair.lossPercent = [100, 100];
    const brokenMs = pair.nowMs;
    pair.run(brokenMs + 5000, "down");
    for (const states of pair.states) {
      const tookMs = (states.at(-1)?.atMs ?? 0) - brokenMs;
      assert.is(states.at(-1)?.state, "down");
      assert.ok(tookMs >= leastMs - 5 && tookMs <= mostMs, `after ${tookMs} ms`);
    }
    pair.lossPercent = [0, 0];
    const mendedMs = pair.nowMs;
    pair.run(mendedMs + 10_000, "up");
    assert.ok(pair.nowMs - mendedMs < 1100, "up again with the next slow packet");
  });
}

PAIR("where only one way is broken, the other end is told", () => {
  const pair = upPair();
  pair.lossPercent = [0, 100];
  const brokenMs = pair.nowMs;
  pair.run(brokenMs + 400);
  assert.is(pair.ends[1].state(2)?.diagnostic, 1, "detection time expired");
  assert.is(pair.ends[0].state(1)?.diagnostic, 3, "neighbor signaled session down");
  assert.is(pair.ends[0].state(1)?.remoteDiagnostic, 1);
  pair.run(brokenMs + 30_000);
  assert.equal([pair.state(0), pair.state(1)], ["init", "down"], "one hears the other, and is not heard");
});

PAIR("with one packet in ten lost, a multiplier of 5 holds for ten minutes", () => {
  const pair = new Pair({ detectMultiplier: 5 }, { detectMultiplier: 5 });
  pair.lossPercent = [10, 10];
  pair.run(60_000, "up");
  pair.run(pair.nowMs + 600_000);
  // Five lost in a row take it down: 1e-5 a packet, of some 14,000; then both ends, and it may not come up at once.
  const downs = pair.states.flatMap((states) => states.slice(1).filter(({ state }) => state === "down"));
  assert.ok(downs.length <= 8, `${downs.length} times down`);
});

PAIR("with half of all packets lost it always comes up again", () => {
  const pair = new Pair();
  for (let round = 0; round < 20; round++) {
    pair.lossPercent = [50, 50];
    pair.run(pair.nowMs + 10_000);
    pair.lossPercent = [0, 0];
    pair.run(pair.nowMs + 10_000, "up");
    assert.equal([pair.state(0), pair.state(1)], ["up", "up"], `round ${round}`);
  }
});

PAIR("one of two may be passive; of two passive ones neither begins", () => {
  const pair = new Pair({ isPassive: true });
  pair.run(10_000, "up");
  assert.is(pair.state(0), "up");
  const silent = new Pair({ isPassive: true }, { isPassive: true });
  silent.run(60_000);
  assert.equal(silent.sentAtMs, [[], []]);
});

PAIR("new timers are told by Poll Sequence, whatever is lost, and nobody goes down over them", () => {
  const pair = upPair({ detectMultiplier: 20 }, { detectMultiplier: 20 });
  pair.lossPercent = [20, 20];
  for (let round = 0; round < 50; round++) {
    const end = pair.random(2) === 0 ? 0 : 1;
    const intervals = { transmitIntervalMs: 50 + pair.random(1000), receiveIntervalMs: 50 + pair.random(1000), detectMultiplier: 20 };
    pair.ends[end].put({ discriminator: end + 1, address: ADDRESSES[1 - end] as string, ...intervals });
    pair.run(pair.nowMs + pair.random(3000));
  }
  assert.ok(pair.neverWentDown, JSON.stringify(pair.states));
});

PAIR("an end that says farewell is down at the other as AdminDown", () => {
  const pair = upPair();
  pair.ends[0].put({ discriminator: 1, address: ADDRESSES[1], isActive: false });
  pair.run(pair.nowMs + 5);
  assert.equal(pair.ends[1].state(2), { state: "down", diagnostic: 3, remoteState: "adminDown", remoteDiagnostic: 7, isEchoing: false });
});

PAIR.run();
