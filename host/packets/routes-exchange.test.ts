/** `exchange` against `get`, `put` and `remove`, which do the same in three steps. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../workbench/testing/random.ts";
import { type Route, type RouteKey, UNSURE } from "./route-row.ts";
import { RouteTables } from "./routes.ts";

const EXCHANGE = suite("RouteTables.exchange");

function keyOf(n: number): RouteKey {
  if (n % 2 === 0) return { family: 4, prefixLength: 32, prefix: Uint8Array.of(10, 0, n >> 8, n) };
  return { family: 6, prefixLength: 128, prefix: Uint8Array.from({ length: 16 }, (_, at) => n >> (8 * (15 - at))) };
}

/** A desired table, and a told one that has heard all of it. */
class Pair {
  readonly tables = new RouteTables();
  readonly desired = this.tables.openDesired();
  readonly told = this.tables.openTold(this.desired);

  exchangeByHand(routes: readonly Route[]): number[] {
    return routes.map((route) => {
      const before = this.tables.get(this.desired, route)?.attributes ?? 0;
      if (route.attributes === 0) this.tables.remove(this.desired, [route]);
      else this.tables.put(this.desired, [route]);
      return before;
    });
  }

  /** What the told table has not heard of yet. */
  news(): string[] {
    const changes = this.tables.diff(this.told);
    for (const { kind, route } of changes) {
      if (kind === "removed") this.tables.remove(this.told, [route]);
      else this.tables.put(this.told, [route]);
    }
    return changes.map((change) => JSON.stringify(change)).sort();
  }
}

EXCHANGE("gives and leaves what get(), put() and remove() would, also where a batch names a key twice", () => {
  const random = randomFrom(testSeed());
  const [one, other] = [new Pair(), new Pair()];
  for (let turn = 0; turn < 300; turn += 1) {
    const most = turn % 50 === 0 ? 5_000 : 40;
    const routes = Array.from({ length: random(most) }, () => {
      const nextHop = new Uint8Array(16).fill(random(2));
      return { ...keyOf(random(most * 2)), nextHop, attributes: random(3) === 0 ? 0 : 1 + random(4) };
    });
    assert.equal([...one.tables.exchange(one.desired, routes)], other.exchangeByHand(routes));
    assert.is(one.tables.count(one.desired), other.tables.count(other.desired));
    if (random(3) === 0) assert.equal(one.news(), other.news());
    assert.is(one.tables.keyCount, other.tables.keyCount);
  }
});

EXCHANGE("takes nothing of a batch with a row that makes no sense", () => {
  const { tables, desired } = new Pair();
  const good = { ...keyOf(2), attributes: 1 };
  const bad = { family: 4 as const, prefixLength: 8, prefix: Uint8Array.of(10, 1, 0, 0), attributes: 1 };
  for (const row of [bad, { ...keyOf(4), attributes: UNSURE }]) {
    assert.throws(() => tables.exchange(desired, [good, row]), /not a valid row/);
    assert.is(tables.count(desired), 0);
  }
  assert.throws(() => tables.exchange(99, [good]), /no such table/);
});

EXCHANGE("a full table takes no new row, and lets those go that it has", () => {
  const tables = new RouteTables({ keysMax: 1024 });
  const desired = tables.openDesired();
  const all = Array.from({ length: 1024 }, (_, n) => ({ ...keyOf(n), attributes: 1 + (n % 9) }));
  tables.exchange(desired, all);
  assert.throws(() => tables.exchange(desired, [{ ...keyOf(2000), attributes: 1 }]), /no room for another key/);
  const gone = all.slice(0, 2).map((route) => ({ ...route, attributes: 0 }));
  assert.equal([...tables.exchange(desired, gone)], [1, 2]);
  tables.exchange(desired, [{ ...keyOf(2000), attributes: 1 }]);
  assert.is(tables.count(desired), 1023);
});

EXCHANGE.run();
