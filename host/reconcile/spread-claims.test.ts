/** Balanced pools are planned Service by Service, and the plan is what planning all at once gives. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Store } from "../cluster/store.ts";
import { announceFrom, planAll } from "../rules/merge-claims.ts";
import { indexPlan } from "../rules/plan.ts";
import type { AnnouncerFact } from "../rules/vocabulary.ts";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { randomFrom, testSeed } from "../workbench/testing/random.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { contentOf } from "./attribute-sets.ts";
import { Lane } from "./lane.ts";
import { Reconciler } from "./reconciler.ts";

const SPREAD = suite("SpreadClaims");

const NODE = "node-a";
const ANNOUNCERS: readonly AnnouncerFact[] = [
  { name: "arp", from: "owner", hasHeirs: true, serves: { kind: "L2Advertisement", families: [4] } },
  { name: "ndp", from: "owner", hasHeirs: true, serves: { kind: "L2Advertisement", families: [6] } },
];
const NODES = ["node-a", "node-b", "node-c", "node-d", "node-e"];

function start() {
  const store = new Store();
  for (const name of NODES) store.replace("nodes", name, nodeFact(name));
  store.replace("pools", "even", poolFact("even", ["192.0.2.0/24", "2001:db8::/64"], { ownership: "balanced" }));
  store.replace("pools", "other", poolFact("other", ["198.51.100.0/24"]));
  store.replace("advertisements", "l2", advertisementFact("l2"));
  const clock = new FakeClock();
  const reconciler = new Reconciler({ node: NODE, store, announcers: ANNOUNCERS, rank: rankOracle, now: () => clock.now() });
  const lanes = ANNOUNCERS.map(({ name }) => new Lane({ name, clock }));
  for (const lane of lanes) reconciler.attach(lane);
  const rows = () => lanes.flatMap((lane) => lane.rows().map(({ announcement }) => contentOf(announcement))).sort();
  const expected = () => {
    const { claims } = planAll(indexPlan(store.snapshot(), ANNOUNCERS, rankOracle), store.snapshot());
    return claims
      .flatMap((claim) => announceFrom(claim, NODE, true) ?? [])
      .map(contentOf)
      .sort();
  };
  return { store, reconciler, rows, expected };
}

/** A Service comes, goes or changes: its addresses, its endpoints, or what it says of nodes. */
function happen(store: Store, random: (below: number) => number): void {
  const at = random(20);
  const ingress = random(3) === 0 ? [`2001:db8::${1 + random(9)}`, `192.0.2.${at}`] : [`192.0.2.${random(20)}`];
  const local = random(3) === 0 ? ({ externalTrafficPolicy: "Local", selector: {} } as const) : {};
  const named = random(5) === 0 ? { annotations: { "herald.dev/preferred-nodes": "node-b" } } : {};
  store.replace("services", `default/s${at}`, random(4) === 0 ? undefined : serviceFact(`s${at}`, { ingress, ...local, ...named }));
  const nodes = NODES.filter(() => random(2) === 0);
  store.replace(
    "endpoints",
    `default/s${at}`,
    nodes.map((nodeName) => ({ nodeName, servable: true })),
  );
}

SPREAD("whatever comes and goes, rows are those of a plan of all", () => {
  const seed = testSeed();
  const random = randomFrom(seed);
  for (let round = 0; round < 15; round++) {
    const { store, reconciler, rows, expected } = start();
    for (let event = 0; event < 40; event++) {
      for (let burst = 1 + random(3); burst > 0; burst--) happen(store, random);
      reconciler.run();
      assert.equal(rows(), expected(), `seed ${seed}, round ${round}, event ${event}`);
    }
  }
});

SPREAD("a change of a Service that is not spread costs that Service, and moves no other", () => {
  const { store, reconciler, rows } = start();
  for (let at = 0; at < 20; at++) store.replace("services", `default/s${at}`, serviceFact(`s${at}`, { ingress: [`192.0.2.${at}`] }));
  reconciler.run();
  const before = rows();
  assert.ok(before.length >= 4, "the node owns its share at least");
  store.replace("services", "default/z", serviceFact("z", { ingress: ["198.51.100.1"] }));
  reconciler.run();
  assert.is(reconciler.state().lastRunServices, 1);
  assert.equal(
    rows().filter((row) => before.includes(row)),
    before,
  );
});

SPREAD.run();
