import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { planAll } from "./merge-claims.ts";
import { indexPlan } from "./plan.ts";
import type { Snapshot } from "./vocabulary.ts";

const ranking = suite("rank");

/** The vectors of MetalLB's order: nodes, VIP, order. */
const VECTORS: readonly [nodes: readonly string[], vip: string, order: readonly string[]][] = [
  [["iris1", "iris2"], "10.20.30.1", ["iris2", "iris1"]],
  [["node-a", "node-b", "node-c", "node-d"], "192.0.2.10", ["node-d", "node-c", "node-b", "node-a"]],
  [["node-a", "node-b", "node-c", "node-d"], "192.0.2.11", ["node-d", "node-a", "node-c", "node-b"]],
  [["node-a", "node-b", "node-c", "node-d"], "192.0.2.12", ["node-b", "node-c", "node-a", "node-d"]],
  [["node-a", "node-b", "node-c", "node-d"], "198.51.100.0", ["node-c", "node-d", "node-a", "node-b"]],
  [["node-a", "node-b", "node-c", "node-d"], "2001:db8::10", ["node-b", "node-a", "node-c", "node-d"]],
  [["node-a", "node-b", "node-c", "node-d"], "2001:db8::ff", ["node-a", "node-d", "node-b", "node-c"]],
];

/** The plan of Services with these addresses, from these nodes. */
function rankByPlan(nodes: readonly string[], vips: readonly string[]): Map<string, readonly string[]> {
  const snapshot: Snapshot = {
    services: new Map(vips.map((vip, at) => [`default/s${at}`, serviceFact(`s${at}`, { ingress: [vip] })])),
    endpoints: new Map(),
    nodes: new Map(nodes.map((name) => [name, nodeFact(name)])),
    namespaces: new Map(),
    reservations: new Map(),
    pools: new Map([["all", poolFact("all", ["0.0.0.0/0", "2001:db8::/32"])]]),
    advertisements: [advertisementFact("all")],
  };
  const announcer = { name: "any", from: "owner", serves: { kind: "L2Advertisement", families: [4, 6] } } as const;
  const index = indexPlan(snapshot, [announcer], rankOracle);
  return new Map(planAll(index, snapshot).claims.map(({ vip, rank }) => [vip, rank]));
}

for (const [nodes, vip, order] of VECTORS) {
  ranking(`plan orders ${nodes.join(", ")} for ${vip} as MetalLB`, () => {
    assert.equal(rankByPlan(nodes, [vip]).get(vip), order);
    assert.equal(rankByPlan([...nodes].reverse(), [vip.toUpperCase()]).get(vip), order);
  });
}

ranking("removing a node moves only its VIPs, and leaves the order of the others", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/), { minLength: 2, maxLength: 6 });
  const vips = fc.uniqueArray(
    fc.integer({ min: 1, max: 254 }).map((last) => `192.0.2.${last}`),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(names, vips, fc.nat(), (nodes, addresses, pick) => {
      const gone = nodes[pick % nodes.length] as string;
      const before = rankByPlan(nodes, addresses);
      const after = rankByPlan(
        nodes.filter((node) => node !== gone),
        addresses,
      );
      for (const [vip, rank] of before)
        assert.equal(
          after.get(vip),
          rank.filter((node) => node !== gone),
        );
    }),
    { numRuns: 100 },
  );
});

ranking.run();
