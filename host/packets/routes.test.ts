/** RouteTables against a model of plain Maps: applying the differences makes every told table what is desired. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CHANGE_BYTES, ROW_BYTES, type Route, type RouteKey, readChange, UNSURE, writeRow } from "./route-row.ts";
import { RouteTables } from "./routes.ts";

const ROUTES = suite("RouteTables");

/** Key number `n`, spread over both families and several prefix lengths. */
function keyOf(n: number): RouteKey {
  if (n % 2 === 0) return { family: 4, prefixLength: 32, prefix: Uint8Array.of(10, n >> 16, n >> 8, n) };
  const prefix = new Uint8Array(16);
  prefix.set([0x20, 0x01, 0x0d, 0xb8, n >> 16, n >> 8, n]);
  return { family: 6, prefixLength: 56 + (n % 3) * 36, prefix };
}

function routeOf(n: number, value: number): Route {
  const nextHop = new Uint8Array(16);
  nextHop[value % 16] = value % 3;
  return { ...keyOf(n), nextHop, attributes: 1 + (value % 5) };
}

const text = (key: RouteKey) => `${key.family} ${Buffer.from(key.prefix).toString("hex")}/${key.prefixLength}`;
const value = (route: Route) => `${Buffer.from(route.nextHop ?? []).toString("hex")} ${route.attributes}`;

/** A pair of desired and told table beside what they should hold. */
class Model {
  readonly tables: RouteTables;
  readonly desired: number;
  readonly told: { id: number; rows: Map<string, string>; quiet: Set<string> }[] = [];
  readonly want = new Map<string, string>();

  constructor(tables: RouteTables) {
    this.tables = tables;
    this.desired = tables.openDesired();
  }

  open(): void {
    this.told.push({ id: this.tables.openTold(this.desired), rows: new Map(), quiet: new Set() });
  }

  close(at: number): void {
    const [told] = this.told.splice(at % this.told.length, 1);
    if (told !== undefined) this.tables.close(told.id);
  }

  put(route: Route): void {
    assert.ok(this.tables.put(this.desired, [route]));
    if (this.want.get(text(route)) === value(route)) return;
    this.want.set(text(route), value(route));
    for (const { quiet } of this.told) quiet.delete(text(route));
  }

  remove(key: RouteKey): void {
    this.tables.remove(this.desired, [key]);
    if (!this.want.delete(text(key))) return;
    for (const { quiet } of this.told) quiet.delete(text(key));
  }

  /** Checks the difference of one told table, then settles the changes for which `isTaken`. */
  diff(at: number, isTaken: (n: number) => boolean): void {
    const told = this.told[at % this.told.length];
    if (told === undefined) return;
    const expected = new Map<string, string>();
    for (const key of new Set([...this.want.keys(), ...told.rows.keys()])) {
      const [want, have] = [this.want.get(key), told.rows.get(key)];
      if (want === have || told.quiet.has(key)) continue;
      expected.set(key, want === undefined ? `removed ${have}` : `${have === undefined ? "added" : "changed"} ${want}`);
    }
    const changes = this.tables.diff(told.id);
    const found = new Map(changes.map(({ kind, route }) => [text(route), `${kind} ${value(route)}`]));
    assert.is(found.size, changes.length, "no row comes twice");
    assert.equal([...found].sort(), [...expected].sort());
    for (const { route } of changes) {
      const old = told.rows.get(text(route)) ?? value(route);
      told.rows.set(text(route), this.want.has(text(route)) ? `${value(route).split(" ")[0]} ${UNSURE}` : `${old.split(" ")[0]} ${UNSURE}`);
      told.quiet.add(text(route));
    }
    changes.forEach((change, n) => {
      if (!isTaken(n)) return;
      told.quiet.delete(text(change.route));
      if (change.kind === "removed") {
        this.tables.remove(told.id, [change.route]);
        told.rows.delete(text(change.route));
      } else {
        this.tables.put(told.id, [change.route]);
        told.rows.set(text(change.route), value(change.route));
      }
    });
  }

  touch(at: number, key: RouteKey): void {
    const told = this.told[at % this.told.length];
    if (told === undefined) return;
    this.tables.touch(told.id, [key]);
    told.quiet.delete(text(key));
  }

  doubt(at: number): void {
    const told = this.told[at % this.told.length];
    if (told === undefined) return;
    this.tables.doubtAll(told.id);
    for (const [key, had] of told.rows) told.rows.set(key, `${had.split(" ")[0]} ${UNSURE}`);
    told.quiet.clear();
  }

  /** Sends everything to everyone, then holds all tables and the number of keys against the model. */
  finish(): void {
    this.told.forEach((told, at) => {
      this.tables.touchAll(told.id);
      told.quiet.clear();
      this.diff(at, () => true);
      assert.equal([...told.rows].sort(), [...this.want].sort());
      assert.is(this.tables.count(told.id), this.want.size);
      assert.is(this.tables.diffRows(told.id, true).length, 0);
    });
    assert.is(this.tables.count(this.desired), this.want.size);
    assert.is(this.tables.keyCount, this.want.size, "a key lives while a table holds it");
  }
}

type Step = (model: Model, n: number, extra: number) => void;
const put: Step = (model, n, extra) => model.put(routeOf(n, extra));
const remove: Step = (model, n) => model.remove(keyOf(n));
const diff: Step = (model, n, extra) => model.diff(n, (at) => (extra >> (at % 7)) % 2 === 0);
const touch: Step = (model, n, extra) => model.touch(extra, keyOf(n));
const openOrClose: Step = (model, n, extra) => (extra < 50 ? model.open() : model.close(n));
const doubt: Step = (model, n) => model.doubt(n);

ROUTES("differences lead every told table to what is desired, whatever happens in between", () => {
  const step = fc.tuple(fc.constantFrom(put, put, put, remove, diff, diff, touch, openOrClose, doubt), fc.nat(39), fc.nat(99));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => {
      const model = new Model(new RouteTables({ seed: 7n }));
      model.open();
      for (const [run, n, extra] of steps) run(model, n, extra);
      model.finish();
    }),
    { numRuns: 150 },
  );
});

ROUTES("tables keep their rows while they grow, and key ids are used again", () => {
  const model = new Model(new RouteTables());
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  console.log(`  seed ${seed}`);
  for (let round = 0; round < 6; round++) {
    model.open();
    for (let n = 0; n < 5000; n++) {
      if (next(3) === 0) model.remove(keyOf(next(9000)));
      else model.put(routeOf(next(9000), next(1000)));
    }
    model.diff(next(10), () => next(2) === 0);
  }
  model.finish();
  for (let n = 0; n < 9000; n++) model.remove(keyOf(n));
  model.finish();
  assert.is(model.tables.keyCount, 0);
});

ROUTES("a change of only the next hop is a change", () => {
  const tables = new RouteTables();
  const desired = tables.openDesired();
  const told = tables.openTold(desired);
  const route = { ...keyOf(2), nextHop: new Uint8Array(16).fill(1), attributes: 9 };
  tables.put(desired, [route]);
  tables.put(told, [route]);
  assert.equal(tables.diff(told), []);
  const moved = { ...route, nextHop: new Uint8Array(16).fill(2) };
  tables.put(desired, [moved]);
  assert.equal(tables.diff(told), [{ kind: "changed", route: moved }]);
});

ROUTES("a row put as unsure comes as changed, or as removed where it is not desired", () => {
  const tables = new RouteTables();
  const desired = tables.openDesired();
  const told = tables.openTold(desired);
  tables.put(desired, [routeOf(1, 1)]);
  tables.put(told, [
    { ...routeOf(1, 1), attributes: UNSURE },
    { ...routeOf(2, 2), attributes: UNSURE },
  ]);
  assert.equal(
    tables
      .diff(told)
      .map(({ kind, route }) => `${kind} ${text(route)}`)
      .sort(),
    [`changed ${text(keyOf(1))}`, `removed ${text(keyOf(2))}`],
  );
  assert.equal(tables.diff(told), [], "once, until it is touched");
});

ROUTES("with settle, what is given out counts as told", () => {
  const tables = new RouteTables();
  const desired = tables.openDesired();
  const told = tables.openTold(desired);
  const sent = new Map<string, string>();
  const send = () => {
    for (let batch = tables.diffRows(told, true); batch.length > 0; batch = tables.diffRows(told, true)) {
      for (let at = 0; at < batch.length; at += CHANGE_BYTES) {
        const { kind, route } = readChange(batch, at);
        assert.is(sent.has(text(route)), kind !== "added");
        if (kind === "removed") sent.delete(text(route));
        else sent.set(text(route), value(route));
      }
    }
  };
  const routes = Array.from({ length: 3000 }, (_, n) => routeOf(n, n));
  tables.put(desired, routes);
  send();
  tables.put(
    desired,
    routes.slice(0, 1000).map((route) => ({ ...route, attributes: 9 })),
  );
  tables.remove(desired, routes.slice(900, 2500));
  send();
  assert.is(sent.size, 1400);
  for (const [n, route] of routes.entries()) {
    const want = tables.get(desired, route);
    assert.is(sent.get(text(route)), want && value(want), `route ${n}`);
    assert.equal(tables.get(told, route), want);
  }
  tables.doubtAll(told);
  send();
  assert.equal(tables.count(told), 1400);
  tables.remove(desired, routes);
  send();
  assert.is(sent.size, 0);
  assert.is(tables.keyCount, 0);
});

ROUTES("told tables of different desired tables share keys and nothing else", () => {
  const tables = new RouteTables();
  const [a, b] = [tables.openDesired(), tables.openDesired()];
  const [toldA, toldB] = [tables.openTold(a), tables.openTold(b)];
  tables.put(a, [routeOf(1, 1)]);
  tables.put(b, [routeOf(1, 2)]);
  assert.equal(
    tables.diff(toldA).map(({ route }) => value(route)),
    [value(routeOf(1, 1))],
  );
  assert.equal(
    tables.diff(toldB).map(({ route }) => value(route)),
    [value(routeOf(1, 2))],
  );
  assert.is(tables.keyCount, 1);
  assert.throws(() => tables.close(a), /other tables follow it/);
});

ROUTES("a full table is an answer: what fits is kept, and room comes back", () => {
  const tables = new RouteTables({ keysMax: 64 });
  const desired = tables.openDesired();
  const told = tables.openTold(desired);
  const routes = Array.from({ length: 65 }, (_, n) => routeOf(n, n));
  assert.is(tables.put(desired, routes.slice(0, 64)), true);
  assert.is(tables.put(desired, routes), false);
  assert.is(tables.put(desired, [routeOf(3, 77)]), true, "a key that is there needs no room");
  assert.is(tables.diff(told).length, 64);
  tables.remove(desired, [keyOf(0)]);
  assert.is(tables.put(desired, routes.slice(64)), false, "the told table still holds the key");
  tables.remove(told, [keyOf(0)]);
  assert.is(tables.put(desired, routes.slice(64)), true);
});

ROUTES("rows go in as bytes and come back as they went", () => {
  const tables = new RouteTables();
  const desired = tables.openDesired();
  const rows = Buffer.alloc(3000 * ROW_BYTES);
  for (let n = 0; n < 3000; n++) writeRow(rows, n * ROW_BYTES, routeOf(n, n));
  assert.is(tables.putRows(desired, rows), true);
  for (const n of [0, 1, 1023, 1024, 2999]) assert.equal(tables.get(desired, keyOf(n)), routeOf(n, n));
  assert.is(tables.get(desired, keyOf(3000)), undefined);
});

ROUTES("nonsense is refused with its reason", () => {
  const tables = new RouteTables();
  const desired = tables.openDesired();
  const bad = (route: Partial<Route>) => () => tables.put(desired, [{ ...routeOf(2, 1), ...route }]);
  assert.throws(bad({ prefixLength: 33 }), /not a valid row/);
  assert.throws(bad({ prefixLength: 24 }), /not a valid row/, "a bit behind the prefix length");
  assert.throws(bad({ family: 5 as 4 }), /not a valid row/);
  assert.throws(bad({ attributes: 0 }), /not a valid row/);
  assert.throws(bad({ attributes: UNSURE }), /not a valid row/);
  assert.throws(() => tables.put(99, [routeOf(1, 1)]), /no such table/);
  assert.throws(() => tables.openTold(99), /no such table/);
  assert.throws(() => tables.diff(desired), /no such table/);
});

ROUTES.run();
