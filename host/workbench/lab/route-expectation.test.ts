import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dryRun } from "../../cluster/dry-run.ts";
import type { ManifestsSource } from "../../cluster/manifests/manifests.ts";
import { planAll } from "../../rules/merge-claims.ts";
import { indexPlan } from "../../rules/plan.ts";
import type { AnnouncerFact, Snapshot } from "../../rules/vocabulary.ts";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../testing/facts.ts";
import { rankOracle } from "../testing/rank-oracle.ts";
import { expectRoutes } from "./route-expectation.ts";
import type { Partner } from "./router-plan.ts";

const EXPECT = suite("expectRoutes");

const VIP = "198.51.100.1";
const announcers: AnnouncerFact[] = [
  { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } },
  { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } },
];

function rowsOf(kind: string, ingress: readonly string[], partners: readonly Partner[]) {
  const service = serviceFact("photos", { ingress });
  const facts: Snapshot = {
    services: new Map([[service.key, service]]),
    endpoints: new Map([[service.key, [{ nodeName: "node-a", servable: true }]]]),
    nodes: new Map(["node-b", "node-a"].map((name) => [name, nodeFact(name)])),
    namespaces: new Map(),
    reservations: new Map(),
    pools: new Map([["routed", poolFact("routed", [`${VIP}/32`])]]),
    advertisements: [{ ...advertisementFact("routed"), kind }],
  };
  const run = dryRun({ isComplete: () => true } as ManifestsSource, facts);
  const plan = planAll(indexPlan(run.snapshot, announcers, rankOracle), run.snapshot);
  return expectRoutes(facts, run, plan, new Map(partners.map((partner) => [partner.router.address, partner])));
}

function partner(address: string, nodes?: readonly string[]): Partner {
  const router = { name: `router-${address}`, address, port: 179, asNumber: 64513 };
  return { router, nodes: new Map(), learns: new Map(nodes === undefined ? [] : [[VIP, nodes]]) };
}

EXPECT("has a row for each router that should learn a VIP, and on record where it is", () => {
  const rows = rowsOf(
    "BGPAdvertisement",
    [VIP],
    [partner("192.0.2.2", ["node-a"]), partner("192.0.2.1", ["node-a", "node-b"]), partner("192.0.2.3")],
  );
  assert.equal(
    rows.map(({ service, vip, pool, router, nodes, isOnRecord }) => [service, vip, pool, router?.address, nodes, isOnRecord]),
    [
      ["default/photos", VIP, "routed", "192.0.2.1", ["node-a", "node-b"], true],
      ["default/photos", VIP, "routed", "192.0.2.2", ["node-a"], true],
    ],
  );
  assert.is(rowsOf("BGPAdvertisement", [], [partner("192.0.2.1", ["node-a"])])[0]?.isOnRecord, false);
});

EXPECT("has a row without a router where nobody should learn it, with the nodes that announce it", () => {
  const [row, ...more] = rowsOf("BGPAdvertisement", [VIP], []);
  assert.equal([row?.router, row?.nodes, more], [undefined, ["node-a", "node-b"], []]);
});

EXPECT("leaves out what has an owner", () => {
  assert.equal(rowsOf("L2Advertisement", [VIP], [partner("192.0.2.1")]), []);
});

EXPECT.run();
