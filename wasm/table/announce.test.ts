/** The announcement lists through module `arp`, beside a model that sorts one: who announces or asks when, on which links, in which order. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addressAttributes, ProgramStation, readArp, type SentFrame } from "../../host/workbench/testing/program-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const ANNOUNCE = suite("announce");
const ROUNDS = 5;
const INTERVAL_MS = 1100;
const SLOTS = 128;

interface Row {
  readonly address: string;
  state: "active" | "standby" | "draining";
  links: bigint;
  askSerial: number;
  announceSerial: number;
}

interface Burst {
  links: bigint;
  rounds: number;
  dueMs: number;
  /** Bursts that fall due at the same time go in the order in which they began to wait. */
  order: number;
}

/** Rows and bursts by row id, as prose would have them. */
class Model {
  readonly rows = new Map<number, Row>();
  readonly #bursts = new Map<number, Burst>();
  readonly #macs = new Map<number, string>();
  #order = 0;

  put(id: number, row: Row): void {
    const before = this.rows.get(id);
    this.rows.set(id, row);
    if (before?.state !== row.state || before.links !== row.links) {
      this.#bursts.delete(id);
      if (row.state === "active") this.#start(id, row.links);
    }
    const isCalled =
      row.state === "active" ? (before?.announceSerial ?? 0) !== row.announceSerial : (before?.askSerial ?? 0) !== row.askSerial;
    if (isCalled && row.state !== "draining") this.#once(id, row.links);
  }

  /** One round more, and the next one at once. */
  #once(id: number, links: bigint): void {
    const burst = this.#bursts.get(id);
    const rounds = burst === undefined ? 1 : burst.rounds + (burst.dueMs === -Infinity ? 0 : 1);
    this.#bursts.set(id, { links: links | (burst?.links ?? 0n), rounds, dueMs: -Infinity, order: this.#order++ });
  }

  remove(id: number): void {
    this.rows.delete(id);
    this.#bursts.delete(id);
  }

  setLink(link: number, mac: string, up: boolean): void {
    const wasSame = this.#macs.get(link) === mac;
    if (up) this.#macs.set(link, mac);
    else this.#macs.delete(link);
    if (!up || wasSame) return;
    const bit = 1n << BigInt(link);
    for (const id of [...this.rows.keys()].sort((left, right) => left - right)) {
      const row = this.rows.get(id) as Row;
      if (row.state === "active" && (row.links & bit) !== 0n) this.#start(id, bit);
    }
  }

  #start(id: number, links: bigint): void {
    const running = this.#bursts.get(id)?.links ?? 0n;
    this.#bursts.set(id, { links: links | running, rounds: ROUNDS, dueMs: -Infinity, order: this.#order++ });
  }

  /** `link address operation` of every frame of one call, in order. */
  tick(nowMs: number): string[] {
    const lines: string[] = [];
    for (let next = this.#first(); next !== undefined && next[1].dueMs <= nowMs; next = this.#first()) {
      const [id, burst] = next;
      const links = [...this.#macs.keys()].sort((left, right) => left - right).filter((link) => (burst.links >> BigInt(link)) & 1n);
      if (lines.length + 2 * links.length > SLOTS) break;
      const { state, address } = this.rows.get(id) as Row;
      const kinds = state === "standby" ? [`asks ${address}`] : [`${address} 1`, `${address} 2`];
      for (const link of links) for (const kind of kinds) lines.push(`${link} ${kind} ${this.#macs.get(link)}`);
      burst.rounds--;
      if (burst.rounds === 0) this.#bursts.delete(id);
      else Object.assign(burst, { dueMs: nowMs + INTERVAL_MS, order: this.#order++ });
    }
    return lines;
  }

  /** As the program says it: 0 at once, infinity never. */
  get nextTickMs(): number {
    return Math.max(this.#first()?.[1].dueMs ?? Infinity, 0);
  }

  #first(): [number, Burst] | undefined {
    return [...this.#bursts].sort(([, left], [, right]) => left.dueMs - right.dueMs || left.order - right.order)[0];
  }
}

function describe({ link, frame }: SentFrame): string {
  const { senderAddress, targetAddress, operation, senderMac } = readArp(frame);
  const isProbe = senderAddress === "0.0.0.0" && operation === 1;
  return `${link} ${isProbe ? `asks ${targetAddress}` : `${senderAddress} ${operation}`} ${senderMac}`;
}

ANNOUNCE("whatever happens to rows and links, the program announces what the model does", () => {
  const random = randomFrom(testSeed());
  const station = new ProgramStation();
  const model = new Model();
  const states = ["active", "active", "standby", "draining"] as const;
  let nowMs = 1;
  for (let operation = 0; operation < 20_000; operation++) {
    const kind = random(10);
    const address = `10.0.0.${random(100)}`;
    if (kind < 4) {
      const row: Row = {
        ...{ address, state: states[random(4)] as Row["state"], links: BigInt(random(16)) },
        ...{ askSerial: random(3), announceSerial: random(3) },
      };
      model.put(station.put({ ...row, attributes: addressAttributes(row) }), row);
      if (random(4) === 0) {
        const again = { ...row, askSerial: random(3), announceSerial: random(3) };
        model.put(station.put({ ...again, attributes: addressAttributes(again) }), again);
      }
    } else if (kind === 4) {
      const id = [...model.rows].find(([, row]) => row.address === address)?.[0];
      station.remove(address);
      if (id !== undefined) model.remove(id);
    } else if (kind === 5 && random(20) === 0) {
      const link = random(4);
      const [mac, up] = [`02:00:00:00:0${random(2)}:0${link}`, random(3) > 0];
      station.program.setLink(link, mac, up);
      model.setLink(link, mac, up);
    } else {
      nowMs += random(100);
      assert.equal(station.tick(nowMs).map(describe), model.tick(nowMs), `operation ${operation}`);
    }
    assert.is(station.program.nextTickMs, model.nextTickMs, `operation ${operation}`);
  }
});

ANNOUNCE("tick() sends what does not fit into its slots in the next calls, each row whole", () => {
  const station = new ProgramStation();
  for (const link of [0, 1, 2]) station.program.setLink(link, `02:00:00:00:00:0${link}`, true);
  for (let row = 0; row < 100; row++) station.put({ address: `10.0.0.${row}` });
  const batches: number[] = [];
  while (station.program.nextTickMs === 0) batches.push(station.tick(5).length);
  assert.equal(batches, [126, 126, 126, 126, 96]);
  assert.is(station.program.nextTickMs, 5 + INTERVAL_MS);
});

ANNOUNCE("one row on all 64 links fills the slots exactly", () => {
  const station = new ProgramStation();
  for (let link = 0; link < 64; link++) station.program.setLink(link, `02:00:00:00:00:${link.toString(16).padStart(2, "0")}`, true);
  station.put({ address: "10.0.0.1" });
  assert.equal(
    station.tick(0).map(({ link }) => link),
    Array.from({ length: SLOTS }, (_, at) => at >> 1),
  );
});

ANNOUNCE.run();
