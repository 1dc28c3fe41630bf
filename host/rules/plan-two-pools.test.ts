/** Plans of a Service whose two VIPs are of two pools. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { indexPlan, planService } from "./plan.ts";
import type { Advertisement, AnnouncerFact, Snapshot } from "./vocabulary.ts";

const plan = suite("plan of two pools");

const ANNOUNCERS: readonly AnnouncerFact[] = [
  { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } },
  { name: "ndp", from: "owner", serves: { kind: "L2Advertisement", families: [6] } },
  { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } },
];
const POOLS = [poolFact("four", ["192.0.2.0/24"]), poolFact("six", ["2001:db8::/64"])];
const l2 = (name: string, pool: string, parts: Partial<Advertisement> = {}) => advertisementFact(name, { poolNames: [pool], ...parts });
const on = (...names: string[]) => ({ nodeSelectors: names.map((name) => ({ matchLabels: { name } })) });
const rather = (name: string, weight: number) => ({ preferences: [{ weight, selector: { matchLabels: { name } } }] });

/** `192.0.2.10 arp cb`: nodes in rank order; `ndp a noMatchingAdvertisement 2001:db8::10`. By MetalLB's vectors .10 is c, b, a. */
function show(...advertisements: Advertisement[]): string[] {
  const nodes = ["a", "b", "c"].map((name) => nodeFact(`node-${name}`, { labels: { name } }));
  const snapshot: Pick<Snapshot, "services" | "endpoints" | "nodes" | "pools"> = {
    services: new Map([["default/web", serviceFact("web", { ingress: ["192.0.2.10", "2001:db8::10"] })]]),
    endpoints: new Map(),
    nodes: new Map(nodes.map((node) => [node.name, node])),
    pools: new Map(POOLS.map((pool) => [pool.name, pool])),
  };
  const index = indexPlan({ ...snapshot, advertisements }, ANNOUNCERS, rankOracle);
  const { claims, refused } = planService(index, snapshot, "default/web");
  const short = (name: string) => name.replace("node-", "");
  return [
    ...claims.map(({ vip, via, rank }) => `${vip} ${via} ${rank.map(short).join("")}`),
    ...refused.filter(({ via }) => via !== "bgp").map(({ via, node, reason, vip }) => `${via} ${short(node)} ${reason} ${vip}`),
  ];
}

plan("each VIP is announced by the advertisements of its own pool", () => {
  const bgp = { ...l2("routes", "six"), kind: "BGPAdvertisement", attributes: { localPref: 7 } };
  const nowhere = ["a", "b", "c"].map((name) => `ndp ${name} noMatchingAdvertisement 2001:db8::10`);
  assert.equal(show(l2("l2", "four"), bgp), ["192.0.2.10 arp cba", "2001:db8::10 bgp abc", ...nowhere]);
});

plan("the first VIP elects the owner of both", () => {
  assert.equal(show(l2("x", "four"), l2("y", "six")), ["192.0.2.10 arp cba", "2001:db8::10 ndp cba"]);
});

plan("one node owns both where any node may announce both", () => {
  assert.equal(show(l2("x", "four"), l2("y", "six", on("a", "b"))).slice(0, 2), ["192.0.2.10 arp bac", "2001:db8::10 ndp ba"]);
  assert.equal(show(l2("x", "four", on("a", "c")), l2("y", "six", on("a", "b"))).slice(0, 2), ["192.0.2.10 arp ac", "2001:db8::10 ndp ab"]);
});

plan("the preferences of both pools add up", () => {
  assert.equal(show(l2("x", "four", rather("a", 1)), l2("y", "six")), ["192.0.2.10 arp acb", "2001:db8::10 ndp acb"]);
  const apart = [l2("x", "four", rather("a", 1)), l2("y", "six", rather("b", 2))];
  assert.equal(show(...apart), ["192.0.2.10 arp bac", "2001:db8::10 ndp bac"]);
});

plan("where no node may announce both, each VIP has its own owner", () => {
  const [four, six] = show(l2("x", "four", on("a")), l2("y", "six", on("b")));
  assert.equal([four, six], ["192.0.2.10 arp a", "2001:db8::10 ndp b"]);
});

plan.run();
