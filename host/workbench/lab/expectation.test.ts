import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dryRun } from "../../cluster/dry-run.ts";
import type { ManifestsSource } from "../../cluster/manifests/manifests.ts";
import { planAll } from "../../rules/merge-claims.ts";
import { indexPlan } from "../../rules/plan.ts";
import type { AnnouncerFact, ServiceFact, Snapshot } from "../../rules/vocabulary.ts";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../testing/facts.ts";
import { rankOracle } from "../testing/rank-oracle.ts";
import { type Expected, expect } from "./expectation.ts";

const EXPECT = suite("expect");

const arp: AnnouncerFact = { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } };
const bgp: AnnouncerFact = { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } };

function snapshot(services: readonly ServiceFact[], parts: Partial<Snapshot> = {}): Snapshot {
  const endpoints = [
    { nodeName: "node-a", servable: true },
    { nodeName: "node-b", servable: true },
  ];
  return {
    services: new Map(services.map((service) => [service.key, service])),
    endpoints: new Map(services.map(({ key }) => [key, endpoints])),
    nodes: new Map(["node-a", "node-b"].map((name) => [name, nodeFact(name)])),
    namespaces: new Map([["default", { name: "default", labels: {} }]]),
    reservations: new Map(),
    pools: new Map([["home", poolFact("home", ["192.0.2.240-192.0.2.241"])]]),
    advertisements: [advertisementFact("home")],
    ...parts,
  };
}

/** Of a source that has read everything. */
function rowsOf(facts: Snapshot): Expected[] {
  const run = dryRun({ isComplete: () => true } as ManifestsSource, facts);
  return expect(facts, run, planAll(indexPlan(run.snapshot, [arp, bgp], rankOracle), run.snapshot));
}

EXPECT("knows VIP, pool and owner before they are on record", () => {
  const [row] = rowsOf(snapshot([serviceFact("web")]));
  assert.is(row?.vip, "192.0.2.240");
  assert.is(row?.pool, "home");
  assert.is(row?.isOnRecord, false);
  assert.match(row?.owner ?? "", /^node-[ab]$/);
});

EXPECT("keeps to what is on record", () => {
  const [row] = rowsOf(snapshot([serviceFact("web", { ingress: ["192.0.2.241"] })]));
  assert.is(row?.vip, "192.0.2.241");
  assert.is(row?.isOnRecord, true);
});

EXPECT("says why there is no VIP", () => {
  const rows = rowsOf(snapshot(["a", "b", "c"].map((name) => serviceFact(name))));
  assert.equal(
    rows.map(({ vip }) => vip),
    ["192.0.2.240", "192.0.2.241", undefined],
  );
  assert.match(rows[2]?.reason ?? "", /^No free/);
});

EXPECT("says why nobody owns a VIP", () => {
  const service = serviceFact("web", { selector: { app: "web" } });
  const withoutEndpoints = snapshot([service], { endpoints: new Map() });
  assert.match(rowsOf(withoutEndpoints)[0]?.reason ?? "", /^arp: noEndpoints on node-a, node-b; bgp: noEndpoints on node-a, node-b$/);
  const [unadvertised] = rowsOf(snapshot([service], { advertisements: [] }));
  assert.is(unadvertised?.owner, undefined);
  assert.ok((unadvertised?.reason ?? "").length > 0);
});

EXPECT("leaves out what nobody owns, as every node announces it, but not where somebody owns it too", () => {
  const routed = { ...advertisementFact("home"), kind: "BGPAdvertisement" };
  assert.equal(rowsOf(snapshot([serviceFact("web")], { advertisements: [routed] })), []);
  const both = rowsOf(snapshot([serviceFact("web")], { advertisements: [advertisementFact("home"), routed] }));
  assert.match(both[0]?.owner ?? "", /^node-[ab]$/);
});

EXPECT("leaves out what is no load balancer", () => {
  assert.equal(rowsOf(snapshot([serviceFact("inner", { type: "ClusterIP" })])), []);
});

EXPECT.run();
