/** The row table through module `arp`: what is found is what was put, however the table churned. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arpFrame, ProgramStation, readArp, writeRow } from "../../host/workbench/testing/program-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const ROWS = suite("rows");
const CAPACITY = 65_536;
const MAC = "02:00:00:00:00:02";

/** The table beside a Map of what should be in it. */
class Churn {
  readonly #station: ProgramStation;
  readonly #model = new Map<number, number>();
  readonly #ids = new Set<number>();
  readonly #record = writeRow({ address: "0.0.0.0", state: "draining" });
  readonly #request = arpFrame({});

  constructor(seed: number) {
    this.#station = new ProgramStation("arp", [seed, 0]);
    this.#station.program.setLink(0, MAC, true);
  }

  get size(): number {
    return this.#model.size;
  }

  put(address: number): void {
    this.#write(address);
    const id = this.#station.program.put(this.#record);
    const known = this.#model.get(address);
    if (known !== undefined) assert.is(id, known, "a row keeps its id");
    else if (this.#model.size === CAPACITY) assert.is(this.#station.program.refusalName(id), "table_full");
    else {
      assert.ok(id >= 0 && id < CAPACITY && !this.#ids.has(id), `a new row gets an id that nobody has, not ${id}`);
      this.#model.set(address, id);
      this.#ids.add(id);
    }
  }

  remove(address: number): void {
    this.#write(address);
    this.#station.program.remove(this.#record);
    this.#ids.delete(this.#model.get(address) ?? -1);
    this.#model.delete(address);
  }

  /** All of these addresses are found, or not, as the model says. */
  check(addresses: readonly number[]): void {
    const { program } = this.#station;
    assert.is(program.rowCount, this.#model.size);
    for (let from = 0; from < addresses.length; from += program.slots) {
      const batch = addresses.slice(from, from + program.slots);
      const frames = batch.map((address) => {
        const frame = this.#request.slice();
        new DataView(frame.buffer).setUint32(38, address, true);
        return frame;
      });
      const answered = this.#station.receive(0, frames).map(({ frame }) => new DataView(frame.buffer).getUint32(28, true));
      assert.equal(
        answered,
        batch.filter((address) => this.#model.has(address)),
      );
    }
  }

  /** Every row of the model is found, and its counters are its own. */
  checkAll(): void {
    this.check([...this.#model.keys()]);
    for (const id of this.#model.values()) assert.ok(this.#station.counters(id).answered > 0);
  }

  #write(address: number): void {
    new DataView(this.#record.buffer).setUint32(16, address, true);
  }
}

ROWS("a table that churns holds what a Map holds", () => {
  const seed = testSeed();
  const random = randomFrom(seed);
  const churn = new Churn(seed);
  // Few addresses, so that they are put and removed many times; runs of neighbors, as pools have them.
  const addresses = Array.from({ length: 3000 }, (_, at) => (at < 1000 ? (at << 24) | (at << 8) : random(0xffff_ffff)) >>> 0);
  for (let operation = 0; operation < 100_000; operation++) {
    const address = addresses[random(addresses.length)] as number;
    if (random(100) < 55) churn.put(address);
    else churn.remove(address);
    if (operation % 1000 === 0) churn.check(addresses);
  }
  churn.checkAll();
  for (const address of addresses) churn.remove(address);
  churn.check(addresses);
});

ROWS("a full table finds every row, and churns as well as a small one", () => {
  const random = randomFrom(testSeed());
  const churn = new Churn(7);
  while (churn.size < CAPACITY) churn.put(random(1 << 20));
  churn.put(1 << 21);
  churn.checkAll();
  for (let operation = 0; operation < 100_000; operation++) {
    const address = random(1 << 20);
    if (random(2) === 0) churn.remove(address);
    else churn.put(address);
  }
  churn.checkAll();
  churn.check(Array.from({ length: 20_000 }, () => random(1 << 20)));
});

ROWS("neighboring addresses do not crowd, whatever the seed", () => {
  const fillMs = (seed: number, address: (row: number) => number): number => {
    const churn = new Churn(seed);
    const startedMs = performance.now();
    for (let row = 0; row < CAPACITY; row++) churn.put(address(row) >>> 0);
    return performance.now() - startedMs;
  };
  const random = randomFrom(7);
  const scattered = Math.max(...[1, 2, 3].map((seed) => fillMs(seed, () => random(0xffff_ffff))));
  // Every address of a /16. A lookup that walks through a crowd takes a hundred times as long.
  for (const seed of [0, 1, 0x8000_0000, 0xffff_ffff, 0x9e37_79b1]) {
    const neighbors = fillMs(seed, (row) => 0x000a ^ (row << 16));
    assert.ok(neighbors < scattered * 5, `seed ${seed}: ${neighbors} ms, ${scattered} ms for scattered addresses`);
  }
});

ROWS("an address is all of its bytes", () => {
  const station = new ProgramStation();
  station.program.setLink(0, MAC, true);
  station.put({ address: "10.0.0.1", state: "draining" });
  for (const near of ["10.0.0.0", "10.0.1.1", "11.0.0.1", "1.0.0.10"])
    assert.is(station.receive(0, [arpFrame({ targetAddress: near })]).length, 0, near);
  const [sent] = station.receive(0, [arpFrame({ targetAddress: "10.0.0.1" })]);
  assert.is(readArp(sent?.frame as Uint8Array)["senderAddress"], "10.0.0.1");
});

ROWS.run();
