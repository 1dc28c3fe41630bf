import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createRank } from "./rank.ts";

const RANK = suite("createRank");

/** `reference`: MetalLB's own unit test, and orders computed with its rule, all weights equal. */
const vectors: readonly (readonly [prefix: string, vip: string, order: string])[] = [
  ["iris", "10.20.30.1", "2 1"],
  ["node-", "192.0.2.10", "d c b a"],
  ["node-", "192.0.2.11", "d a c b"],
  ["node-", "192.0.2.12", "b c a d"],
  ["node-", "198.51.100.0", "c d a b"],
  ["node-", "2001:db8::10", "b a c d"],
  ["node-", "2001:db8::ff", "a d b c"],
];

const nodes = (...names: string[]) => names.map((name) => ({ name, weight: 0 }));

RANK("createRank() gives MetalLB's order", () => {
  const rank = createRank();
  for (const [prefix, vip, order] of vectors) {
    const wanted = order.split(" ").map((letter) => prefix + letter);
    assert.equal(rank(vip, nodes(...[...wanted].sort())), wanted, vip);
    assert.equal(rank(vip, nodes(...[...wanted].sort().reverse())), wanted, `${vip}, candidates the other way round`);
  }
});

RANK("createRank() lets weights go first", () => {
  const rank = createRank();
  const weighed = nodes("node-a", "node-b", "node-c", "node-d").map((node) => (node.name === "node-b" ? { ...node, weight: 10 } : node));
  assert.equal(rank("192.0.2.10", weighed), ["node-b", "node-d", "node-c", "node-a"]);
  assert.equal(rank("192.0.2.10", []), []);
});

RANK("createRank() forgets names rather than running out of room", () => {
  const rank = createRank();
  for (let round = 0; round < 5; round++) {
    const names = Array.from({ length: 3000 }, (_, at) => `round-${round}-node-${at}`);
    assert.equal([...rank("192.0.2.10", nodes(...names))].sort(), names.sort());
  }
  assert.equal(rank("192.0.2.10", nodes("node-a", "node-b")), ["node-b", "node-a"]);
});

RANK("createRank() refuses what it has no room for, by name", () => {
  const rank = createRank();
  assert.throws(() => rank("192.0.2.10", nodes("x".repeat(254))), /Cannot rank node "x+": 254 bytes, expected 1 to 253/);
  assert.throws(() => rank("", nodes("node-a")), /Cannot rank VIP "": 0 bytes, expected 1 to 64/);
  assert.throws(() => rank("192.0.2.10", nodes(...Array.from({ length: 8193 }, (_, at) => `${at}`))), /8193 nodes .* at most 8192/);
});

RANK.run();
