/** Tables after any history against tables made at once: the same rows, and no attribute set more. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement } from "../../../host/announcer.ts";
import { bgp as codec } from "../../../host/packets/codec/bgp.ts";
import { CHANGE_BYTES, readChange } from "../../../host/packets/route-row.ts";
import { RouteTables } from "../../../host/packets/routes.ts";
import { randomFrom, testSeed } from "../../../host/workbench/testing/random.ts";
import { announce } from "../test-stage.ts";
import { DesiredRoutes } from "./desired-routes.ts";

const DESIRED = suite("bgp desired routes");

const FAMILIES = [4, 6] as const;

/** `4 c6336401/32 {"prepend":0,…}`: every row of a peer's tables with what its attribute set says, sorted. */
function rowsOf(routes: DesiredRoutes, peer: string): string[] {
  const lines: string[] = [];
  for (const family of FAMILIES) {
    const told = routes.tables.openTold(routes.table(peer, family));
    for (let batch = routes.tables.diffRows(told, true); batch.length > 0; batch = routes.tables.diffRows(told, true)) {
      const copy = Buffer.from(batch);
      for (let at = 0; at < copy.length; at += CHANGE_BYTES) {
        const { kind, route } = readChange(copy, at);
        assert.is(kind, "added");
        const key = `${route.family} ${Buffer.from(route.prefix).toString("hex")}/${route.prefixLength}`;
        lines.push(`${key} ${JSON.stringify(routes.attributes(route.attributes))}`);
      }
    }
    routes.tables.close(told);
  }
  return lines.sort();
}

const fresh = (tables = new RouteTables()) => new DesiredRoutes(() => tables, codec);
const A = announce("198.51.100.1");
const B = announce("198.51.100.2");
const add = (routes: DesiredRoutes, ...added: Announcement[]) => routes.apply({ added, changed: [], removed: [] });
const remove = (routes: DesiredRoutes, ...removed: Announcement[]) => routes.apply({ added: [], changed: [], removed });

function demandSame(routes: DesiredRoutes, peers: ReadonlySet<string>, rows: Iterable<Announcement>): void {
  const anew = fresh();
  for (const peer of peers) anew.addPeer(peer);
  add(anew, ...rows);
  for (const peer of peers) assert.equal(rowsOf(routes, peer), rowsOf(anew, peer));
  assert.is(routes.attributeSets, anew.attributeSets);
}

DESIRED("whatever came in whatever order, tables are as if made at once, and no attribute set is held for nothing", () => {
  const random = randomFrom(testSeed());
  const vips = Array.from({ length: 12 }, (_, at) => (at % 3 === 0 ? `2001:db8::${at + 1}` : `198.51.100.${at + 1}`));
  const peers = ["p", "q", "r"];
  const someRow = (): Announcement => {
    const row = announce(vips[random(vips.length)] as string, {
      communities: random(2) === 0 ? [] : [`65000:${random(3)}`],
      peers: random(3) === 0 ? ["p"] : [],
      aggregationLength: random(3) === 0 ? 28 : 32,
    });
    return random(2) === 0 ? row : { ...row, localEndpoints: random(3) };
  };
  const routes = fresh();
  const kept = new Map<string, Announcement>();
  const known = new Set<string>();
  for (let step = 1; step <= 600; step += 1) {
    const peer = peers[random(peers.length)] as string;
    if (random(8) > 0) {
      const changed = Array.from({ length: random(3) }, someRow);
      const removed = Array.from({ length: random(3) }, someRow).filter(({ vip }) => changed.every((row) => row.vip !== vip));
      for (const { vip } of removed) kept.delete(vip);
      for (const row of changed) kept.set(row.vip, row);
      routes.apply({ added: [], changed, removed });
    } else if (known.delete(peer)) routes.removePeer(peer);
    else {
      known.add(peer);
      routes.addPeer(peer);
    }
    if (step % 20 > 0) continue;
    demandSame(routes, known, kept.values());
  }
  for (const name of known) routes.removePeer(name);
  assert.is(routes.attributeSets, 0);
});

DESIRED("a peer's tables cannot go while somebody follows them", () => {
  const routes = fresh();
  routes.addPeer("p");
  const told = routes.tables.openTold(routes.table("p", 4));
  assert.throws(() => routes.removePeer("p"), /Cannot use the route table/);
  routes.tables.close(told);
  routes.removePeer("p");
  assert.throws(() => routes.table("p", 4), /Cannot tell routes to p: it is no peer/);
  routes.removePeer("p");
});

DESIRED("routes go from a full table", () => {
  const rows = Array.from({ length: 1024 }, (_, at) => announce(`10.0.${at >> 8}.${at & 255}`));
  const routes = fresh(new RouteTables({ keysMax: 1024 }));
  routes.addPeer("p");
  add(routes, ...rows);
  remove(routes, ...rows.slice(0, 2));
  add(routes, A);
  assert.is(rowsOf(routes, "p").length, 1023);
});

DESIRED("changes that fail leave nothing behind when they have come again", () => {
  const tables = new RouteTables();
  const exchange = tables.exchange.bind(tables);
  const routes = fresh(tables);
  routes.addPeer("p");
  add(routes, A);
  tables.exchange = () => {
    throw new RangeError("Cannot use the route table: no room for another key");
  };
  const change = { added: [B], changed: [], removed: [A] };
  assert.throws(() => routes.apply(change), /no room for another key/);
  tables.exchange = exchange;
  routes.apply(change);
  const anew = fresh();
  anew.addPeer("p");
  add(anew, B);
  assert.equal(rowsOf(routes, "p"), rowsOf(anew, "p"));
});

DESIRED("an address is for the peers that its own terms name, of those that there are", () => {
  const routes = fresh();
  for (const peer of ["q", "p"]) routes.addPeer(peer);
  const toP = announce("198.51.100.3", { peers: ["p", "elsewhere"], aggregationLength: 24 });
  const toQ = announce("198.51.100.4", { peers: ["q"], aggregationLength: 24 });
  const toNobody = announce("198.51.100.5", { peers: ["elsewhere"] });
  add(routes, A, toP, toQ, toNobody);
  const all = () => [A, toP, toQ, toNobody, B].map(({ vip }) => routes.audience(vip));
  assert.equal(all(), [["p", "q"], ["p"], ["q"], [], []]);
  routes.removePeer("p");
  assert.equal(all(), [["q"], [], ["q"], [], []]);
});

DESIRED.run();
