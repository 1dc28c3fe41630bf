import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../workbench/testing/random.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { type BalancedGroup, balance } from "./balance.ts";

const BALANCE = suite("balance");

const seed = testSeed();
const random = randomFrom(seed);
const KEPT = 4;

const named = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
const addresses = (count: number) => Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}`);

/** Orders of all nodes that there ever are, so that a node that leaves is only left out. */
function ordersOf(vips: readonly string[], nodes: readonly string[]): Map<string, readonly string[]> {
  const candidates = nodes.map((name) => ({ name, weight: 0 }));
  return new Map(vips.map((vip) => [vip, rankOracle(vip, candidates)]));
}

function groupsOf(orders: ReadonlyMap<string, readonly string[]>, nodes: readonly string[], kept = KEPT): BalancedGroup[] {
  const present = new Set(nodes);
  return [...orders].map(([vip, order]) => ({ vip, candidates: nodes, order: order.filter((node) => present.has(node)).slice(0, kept) }));
}

function countsOf(owners: Iterable<string>, nodes: readonly string[]): number[] {
  const counts = new Map(nodes.map((node) => [node, 0]));
  for (const owner of owners) counts.set(owner, (counts.get(owner) as number) + 1);
  return [...counts.values()];
}

const moves = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) =>
  [...before].filter(([vip, node]) => after.has(vip) && after.get(vip) !== node).length;

function assertEven(groups: readonly BalancedGroup[], nodes: readonly string[], what: string): void {
  const owners = balance(groups);
  assert.is(owners.size, groups.length, what);
  const counts = countsOf(owners.values(), nodes);
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${what}: ${counts}`);
}

function shuffled<T>(items: readonly T[]): T[] {
  return [...items]
    .map((item) => ({ item, key: random(1 << 30) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

BALANCE("balance() spreads groups with the same candidates within one of even", () => {
  for (let round = 0; round < 60; round++) {
    const nodes = named("node", 1 + random(40));
    const orders = ordersOf(addresses(1 + random(150)), nodes);
    assertEven(groupsOf(orders, nodes, random(6)), nodes, `seed ${seed}, round ${round}, ${orders.size} groups, ${nodes.length} nodes`);
  }
});

BALANCE("balance() spreads them also where every group has the same order, or one of strangers", () => {
  const nodes = named("node", 7);
  for (const order of [nodes, [...nodes].reverse().slice(0, 2), ["stranger", ...nodes], []]) {
    const groups = addresses(100).map((vip) => ({ vip, candidates: nodes, order }));
    assertEven(groups, nodes, order.join());
  }
});

BALANCE("balance() comes to the same whatever the order of its input", () => {
  for (let round = 0; round < 30; round++) {
    const nodes = named("node", 2 + random(12));
    const some = nodes.slice(1);
    const groups = groupsOf(ordersOf(addresses(60), nodes), nodes).map((group, at) =>
      at % 3 === 0 ? { ...group, candidates: some } : group,
    );
    const wanted = [...balance(groups)].sort();
    const others = shuffled(groups).map((group) => ({ ...group, candidates: shuffled(group.candidates) }));
    assert.equal([...balance(others)].sort(), wanted, `seed ${seed}, round ${round}`);
  }
});

BALANCE("balance() gives what is first in its order to a group that is alone with its candidates", () => {
  const nodes = named("node", 9);
  const groups = groupsOf(ordersOf(addresses(9), nodes), nodes).map((group, at) => ({
    ...group,
    candidates: nodes.filter((_, no) => no !== at),
  }));
  const alone = groups.map(({ order, ...group }) => ({ ...group, order: order.filter((node) => group.candidates.includes(node)) }));
  const owners = balance(alone);
  for (const { vip, order } of alone) assert.is(owners.get(vip), order[0]);
});

BALANCE("balance() gives a group nothing but its candidates, and one without any nothing", () => {
  assert.equal([...balance([])], []);
  assert.equal([...balance([{ vip: "10.0.0.1", candidates: [], order: ["node-1"] }])], []);
  assert.equal([...balance([{ vip: "10.0.0.1", candidates: ["node-2", "node-2"], order: ["node-1"] }])], [["10.0.0.1", "node-2"]]);
});

BALANCE("balance() leaves groups alone when those with other candidates change", () => {
  const nodes = named("node", 10);
  const groups = groupsOf(ordersOf(addresses(80), nodes), nodes);
  const before = balance(groups);
  const other = groups
    .slice(0, 40)
    .map((group) => ({ ...group, vip: `192.168.0.${group.vip.split(".")[3]}`, candidates: nodes.slice(0, 5) }));
  assert.is(moves(before, balance([...groups, ...other])), 0);
});

/** Beyond what a node has to give or get; of 3,000 trials none came to half of it. */
const boundFor = (groups: number, nodes: number) => 2 + 5 * Math.sqrt(1 + groups / nodes) * Math.log(1 + nodes);

BALANCE("balance() moves few groups when a node joins or leaves", () => {
  for (let round = 0; round < 25; round++) {
    const nodes = named("node", 3 + random(60));
    const orders = ordersOf(addresses(1 + random(250)), nodes);
    const gone = nodes[random(nodes.length)] as string;
    const less = nodes.filter((node) => node !== gone);
    const all = balance(groupsOf(orders, nodes));
    const without = balance(groupsOf(orders, less));
    const own = [...all.values()].filter((node) => node === gone).length;
    const excess = moves(all, without) - own;
    const what = `seed ${seed}, round ${round}: ${orders.size} groups, ${nodes.length} nodes, ${own} of its own, ${excess} others moved`;
    assert.ok(excess <= boundFor(orders.size, nodes.length), what);
  }
});

BALANCE("balance() moves few others when a group comes or goes, also where the numbers divide without a rest", () => {
  for (let round = 0; round < 40; round++) {
    const nodes = named("node", 2 + random(60));
    const count = round % 2 === 0 ? nodes.length * (1 + random(4)) : 2 + random(200);
    const groups = groupsOf(ordersOf(addresses(count), nodes), nodes);
    const gone = random(groups.length);
    const moved = moves(balance(groups), balance(groups.filter((_, at) => at !== gone)));
    assert.ok(
      moved <= 2 + 4 * Math.log(1 + nodes.length),
      `seed ${seed}, round ${round}: ${count} groups, ${nodes.length} nodes, ${moved} moved`,
    );
  }
});

BALANCE.run();
