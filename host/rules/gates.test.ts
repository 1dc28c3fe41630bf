/** The gates that are explained are those of the plan. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { snapshots } from "../workbench/testing/snapshots.ts";
import { explainGates, type ViaGates } from "./gates.ts";
import { planAll } from "./merge-claims.ts";
import { indexPlan, type PlanIndex, planService } from "./plan.ts";
import type { AnnouncerFact, ServiceKey, Snapshot } from "./vocabulary.ts";

const GATES = suite("gates");

const ANNOUNCERS: readonly AnnouncerFact[] = [
  { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } },
  { name: "ndp", from: "owner", serves: { kind: "L2Advertisement", families: [6] } },
  { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } },
  { name: "shut", from: "cluster", serves: { kind: "L2Advertisement", families: [4] } },
];
const closed = ({ name }: AnnouncerFact) => (name === "shut" ? "anotherLoadBalancer" : undefined);

const firstReason = (gates: ViaGates["gates"]) => gates.find(({ isMet }) => !isMet)?.reason;

/** `via vip node reason`, of the first gate that is not met, for each node; and `via vip node` where all are. */
function explained(index: PlanIndex, snapshot: Snapshot, key: ServiceKey): string[] {
  const { gates, vias = [] } = explainGates(index, snapshot, key) ?? {};
  const early = firstReason(gates ?? []);
  if (early !== undefined) return ANNOUNCERS.flatMap(({ name }) => index.nodes.map((node) => `${name} - ${node} ${early}`)).sort();
  return vias
    .filter(({ gates: [first] }) => first?.reason !== "noAnnouncer")
    .flatMap(({ via, vip, gates: own, nodes }) => {
      const reason = firstReason(own);
      if (reason !== undefined) return index.nodes.map((node) => `${via} ${vip} ${node} ${reason}`);
      return nodes.map(({ node, gates: ofNode }) => [via, vip, node, firstReason(ofNode)].filter(Boolean).join(" "));
    })
    .sort();
}

/** The same, of the plan. */
function planned(index: PlanIndex, snapshot: Snapshot, key: ServiceKey): string[] {
  const { claims, refused } = planService(index, snapshot, key);
  const ingress = snapshot.services.get(key)?.ingress ?? [];
  const isEarly = explainGates(index, snapshot, key)?.vias.length === 0;
  const familyOf = (vip: string) => (vip.includes(":") ? 6 : 4);
  const vipsOf = (via: string) => {
    const families = ANNOUNCERS.find(({ name }) => name === via)?.serves.families ?? [];
    return ingress.filter((vip) => families.includes(familyOf(vip)));
  };
  return [
    ...claims.flatMap(({ via, vip, rank }) => rank.map((node) => `${via} ${vip} ${node}`)),
    ...refused
      .filter(({ reason }) => reason !== "noAnnouncer")
      .flatMap(({ via, vip, node, reason }) =>
        (isEarly ? ["-"] : vip === undefined ? vipsOf(via) : [vip]).map((each) => `${via} ${each} ${node} ${reason}`),
      ),
  ].sort();
}

GATES("the first gate that is not met is the reason of the plan, for each node", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const index = indexPlan(snapshot, ANNOUNCERS, rankOracle, { closed, honorCordon: true });
      for (const key of snapshot.services.keys()) assert.equal(explained(index, snapshot, key), planned(index, snapshot, key), key);
    }),
    { numRuns: 500 },
  );
});

GATES("nodes have the rank of the plan, Services at one VIP joined", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const index = indexPlan(snapshot, ANNOUNCERS, rankOracle, { closed, honorCordon: true });
      const { claims } = planAll(index, snapshot);
      const ranks = new Map(claims.map(({ vip, via, rank }) => [`${vip} ${via}`, rank]));
      const vias = [...snapshot.services.keys()].flatMap((key) => explainGates(index, snapshot, key)?.vias ?? []);
      for (const { via, vip, nodes } of vias) {
        const ranked = nodes.filter(({ rank }) => rank !== undefined).sort((a, b) => (a.rank as number) - (b.rank as number));
        const known = new Set(nodes.map(({ node }) => node));
        const expected = (ranks.get(`${vip} ${via}`) ?? []).filter((node) => known.has(node));
        assert.equal(
          ranked.map(({ node }) => node),
          expected,
        );
      }
    }),
    { numRuns: 300 },
  );
});

GATES("explainGates() goes on after a gate that is not met, and says what was found", () => {
  const away = { networkUnavailable: true, labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } };
  const here = { isUnschedulable: true, speaker: { links: ["eth0"], macs: [], isLeaving: false, isSilent: true } } as const;
  const snapshot = {
    services: new Map([["default/web", serviceFact("web", { ingress: ["192.0.2.1"], externalTrafficPolicy: "Local" })]]),
    endpoints: new Map([["default/web", [{ nodeName: "node-b", servable: true }]]]),
    nodes: new Map([nodeFact("node-a", away), nodeFact("node-b", here)].map((node) => [node.name, node])),
    pools: new Map([["home", poolFact("home", ["192.0.2.0/24"])]]),
    advertisements: [advertisementFact("x"), advertisementFact("routes", { kind: "BGPAdvertisement" })],
  };
  const told = explainGates(indexPlan(snapshot, ANNOUNCERS.slice(0, 1), rankOracle), snapshot, "default/web");
  const text = (gates: ViaGates["gates"]) => gates.map(({ name, found, reason = "yes" }) => `${name}: ${reason} (${found})`);
  assert.equal(text(told?.gates ?? []), [
    "type LoadBalancer: yes (LoadBalancer)",
    "load balancer class: yes (none, ours is none)",
    "address given: yes (192.0.2.1)",
    "address readable: yes (yes)",
    "address of a pool: yes (192.0.2.1 of home)",
  ]);
  const [arp, unserved] = told?.vias ?? [];
  assert.equal(text(arp?.gates ?? []), [
    "announcer open: yes (yes)",
    "endpoint that can serve: yes (on node-b)",
    "advertisement of pool and Service: yes (x)",
    "not shared where Services are selected: yes (not shared, all Services)",
  ]);
  assert.equal(
    arp?.nodes.map(({ node, rank, gates }) => [node, rank, ...text(gates)]),
    [
      [
        ...["node-a", undefined, "advertisement of the node: yes (x)", "network available: nodeNetworkUnavailable (no)"],
        ...["not excluded by label: nodeLabeledExcludeBalancers (labelled)", "not cordoned: yes (not cordoned, ignored)"],
        "not drained: yes (not drained)",
        ...["speaker stays: yes (not heard of)", "interface that is up: yes (not heard of, of all)"],
        ...["endpoint on the node: noLocalEndpoints (0)", "speaker heard of lately: yes (yes)"],
      ],
      [
        ...["node-b", 1, "advertisement of the node: yes (x)", "network available: yes (yes)"],
        ...["not excluded by label: yes (not labelled)", "not cordoned: yes (cordoned, ignored)"],
        "not drained: yes (not drained)",
        ...["speaker stays: yes (yes)", "interface that is up: yes (eth0, of all)"],
        ...["endpoint on the node: yes (1)", "speaker heard of lately: yes (silent, as all others)"],
      ],
    ],
  );
  assert.equal([unserved?.via, ...text(unserved?.gates ?? [])], ["BGPAdvertisement", "announcer of the kind: noAnnouncer (none)"]);
  assert.is(explainGates(indexPlan(snapshot, [], rankOracle), snapshot, "default/none"), undefined);
});

GATES.run();
