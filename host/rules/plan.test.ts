import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { announceFrom, planAll, refuseOthers } from "./merge-claims.ts";
import { claimService, indexPlan, type PlanOptions, planService } from "./plan.ts";
import type {
  Advertisement,
  AnnouncerFact,
  EndpointFact,
  LabelSelector,
  NodeFact,
  OwnershipPolicy,
  Pool,
  ServiceFact,
  Snapshot,
} from "./vocabulary.ts";

const plan = suite("plan");

const arp: AnnouncerFact = { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } };
const ndp: AnnouncerFact = { name: "ndp", from: "owner", serves: { kind: "L2Advertisement", families: [6] } };
const bgp: AnnouncerFact = { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } };

interface Cluster {
  readonly services?: readonly ServiceFact[];
  readonly endpoints?: Readonly<Record<string, readonly EndpointFact[]>>;
  readonly nodes?: readonly NodeFact[];
  readonly advertisements?: readonly Advertisement[];
}

const VIP = "192.0.2.10";
const web = (parts: Partial<ServiceFact> = {}) => serviceFact("web", { ingress: [VIP], ...parts });
const labelled = (labels: Record<string, string>): LabelSelector[] => [{ matchLabels: labels }];

/** By MetalLB's vectors, VIP .10 is c, b, a; .11 is a, c, b; .12 is b, c, a; 2001:db8::10 is b, a, c; ::ff is a, b, c. */
function snapshot({ services = [web()], endpoints = {}, nodes, advertisements = [advertisementFact("all")] }: Cluster): Snapshot {
  const three = ["node-c", "node-a", "node-b"].map((name) => nodeFact(name));
  return {
    services: new Map(services.map((service) => [service.key, service])),
    endpoints: new Map(Object.entries(endpoints)),
    nodes: new Map((nodes ?? three).map((node) => [node.name, node])),
    namespaces: new Map(),
    pools: new Map([["home", poolFact("home", ["192.0.2.0/24", "2001:db8::/64"], { labels: { site: "attic" } })]]),
    reservations: new Map(),
    advertisements,
  };
}

const indexOf = (cluster: Cluster, announcers = [arp], options: PlanOptions = {}) =>
  indexPlan(snapshot(cluster), announcers, rankOracle, options);
const planOf = (cluster: Cluster, announcers = [arp], options: PlanOptions = {}) =>
  planService(indexOf(cluster, announcers, options), snapshot(cluster), "default/web");

/** `192.0.2.10 arp node-c,node-b` a claim, `arp node-a noLocalEndpoints` a refusal. */
function show(cluster: Cluster, announcers = [arp], options: PlanOptions = {}): string[] {
  const { claims, refused } = planOf(cluster, announcers, options);
  return [
    ...claims.map(({ vip, via, rank }) => `${vip} ${via} ${rank.map((name) => name.replace("node-", "")).join("")}`),
    ...refused.map(({ via, node, reason, vip }) => [via, node.replace("node-", ""), reason, vip].filter(Boolean).join(" ")),
  ];
}
const everywhere = (reason: string, via = "arp") => ["a", "b", "c"].map((node) => `${via} ${node} ${reason}`);

plan("planService() claims a VIP for all nodes in MetalLB's order", () => {
  assert.equal(show({}), ["192.0.2.10 arp cba"]);
  assert.equal(planOf({}).claims, [
    {
      vip: VIP,
      family: 4,
      via: "arp",
      from: "owner",
      services: ["default/web"],
      group: [VIP],
      rank: ["node-c", "node-b", "node-a"],
      eligible: ["node-a", "node-b", "node-c"].map((name) => ({ name, weight: 0 })),
      isSticky: false,
      placements: new Map(["node-a", "node-b", "node-c"].map((name) => [name, { links: null, attributes: {} }])),
    },
  ]);
});

plan("claimService() ranks no more than it is asked for, and lists all where every node announces", () => {
  const advertisements = [advertisementFact("l2"), advertisementFact("bgp", { kind: "BGPAdvertisement" })];
  const cluster: Cluster = { advertisements };
  const claims = claimService(indexOf(cluster, [arp, bgp]), snapshot(cluster), "default/web", 2);
  assert.equal(
    claims.map(({ rank }) => rank),
    [
      ["node-c", "node-b"],
      ["node-a", "node-b", "node-c"],
    ],
  );
});

plan("planService() refuses what is not to be announced at all", () => {
  const cases: readonly [Partial<ServiceFact>, string][] = [
    [{ type: "ClusterIP" }, "notLoadBalancer"],
    [{ loadBalancerClass: "example.com/x" }, "otherLoadBalancerClass"],
    [{ ingress: [] }, "noIPAllocated"],
    [{ ingress: ["192.0.2"] }, "invalidIP"],
    [{ ingress: [VIP, "x"] }, "invalidIP"],
    [{ ingress: ["203.0.113.1"] }, "ipNotAllowed"],
    [{ ingress: [VIP, "2001:db9::1"] }, "ipNotAllowed"],
  ];
  for (const [parts, reason] of cases) assert.equal(show({ services: [web(parts)] }), everywhere(reason));
  assert.equal(show({ services: [] }), []);
  const ours = { services: [web({ loadBalancerClass: "example.com/x" })] };
  assert.equal(show(ours, [arp], { loadBalancerClass: "example.com/x" }), ["192.0.2.10 arp cba"]);
});

plan("planService() wants an endpoint that can serve", () => {
  const ends = (...list: EndpointFact[]) => ({ endpoints: { "default/web": list } });
  assert.equal(show(ends({ nodeName: "node-a", servable: true })), ["192.0.2.10 arp cba"]);
  assert.equal(show(ends({ servable: true })), ["192.0.2.10 arp cba"]);
  assert.equal(show(ends({ nodeName: "node-a", servable: false })), everywhere("noEndpoints"));
  assert.equal(show(ends()), everywhere("noEndpoints"));
  assert.equal(show({ services: [web({ selector: { app: "web" } })] }), everywhere("noEndpoints"));
  assert.equal(show({ services: [web({ clusterIPs: ["10.96.0.1"] })] }), everywhere("noEndpoints"));
});

plan("planService() with policy Local wants an endpoint of the node's own", () => {
  const local = (...list: EndpointFact[]) => ({
    services: [web({ externalTrafficPolicy: "Local" })],
    endpoints: { "default/web": list },
  });
  const at = (name: string, servable = true) => ({ nodeName: `node-${name}`, servable });
  assert.equal(show(local(at("a"), at("b"), at("c", false))), ["192.0.2.10 arp ba", "arp c noLocalEndpoints"]);
  assert.equal(show(local({ servable: true })), everywhere("noLocalEndpoints"));
  assert.equal(show(local(at("a", false))), everywhere("noEndpoints"));
  assert.equal(show({ services: [web({ externalTrafficPolicy: "Local" })] }), ["192.0.2.10 arp cba"]);
});

plan("planService() wants an advertisement of the pool and the Service", () => {
  const none = everywhere("noMatchingAdvertisement");
  const claimed = ["192.0.2.10 arp cba"];
  const cases: readonly [Partial<Advertisement>, readonly string[]][] = [
    [{ poolNames: ["other"] }, none],
    [{ poolNames: ["other", "home"] }, claimed],
    [{ poolSelectors: labelled({ site: "cellar" }) }, none],
    [{ poolSelectors: labelled({ site: "attic" }) }, claimed],
    [{ poolNames: ["other"], poolSelectors: labelled({ site: "attic" }) }, claimed],
    [{ serviceSelectors: labelled({ app: "db" }) }, none],
    [{ serviceSelectors: [...labelled({ app: "db" }), ...labelled({ app: "web" })] }, claimed],
    [{ kind: "BGPAdvertisement" }, [...none, ...["a", "b", "c"].map((node) => `BGPAdvertisement ${node} noAnnouncer ${VIP}`)]],
  ];
  for (const [parts, expected] of cases) {
    const services = [web({ labels: { app: "web" } })];
    assert.equal(show({ services, advertisements: [advertisementFact("x", parts)] }), expected, JSON.stringify(parts));
  }
  assert.equal(show({ advertisements: [] }), none);
});

plan("planService() refuses a shared address where an advertisement selects Services, but not from every node", () => {
  for (const key of ["metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"]) {
    const services = [web({ annotations: { [key]: "k" }, labels: { app: "web" } })];
    const selecting = (kind: string) => [advertisementFact("x", { kind, serviceSelectors: labelled({ app: "web" }) })];
    assert.equal(show({ services, advertisements: selecting("L2Advertisement") }), everywhere("sharedIPWithServiceSelector"));
    assert.equal(show({ services, advertisements: selecting("BGPAdvertisement") }, [bgp]), ["192.0.2.10 bgp abc"]);
    assert.equal(show({ services }), ["192.0.2.10 arp cba"]);
  }
});

plan("planService() leaves out nodes that may not announce, and says why", () => {
  const nodes = [
    nodeFact("node-a", { labels: { rack: "1" }, networkUnavailable: true }),
    nodeFact("node-b", { labels: { rack: "1", "node.kubernetes.io/exclude-from-external-load-balancers": "" } }),
    nodeFact("node-c", { labels: { rack: "2" } }),
    nodeFact("node-d", { labels: { rack: "1" } }),
  ];
  const advertisements = [advertisementFact("x", { nodeSelectors: labelled({ rack: "1" }) })];
  const gates = ["arp a nodeNetworkUnavailable", "arp b nodeLabeledExcludeBalancers", "arp c noMatchingAdvertisement"];
  assert.equal(show({ nodes, advertisements }), ["192.0.2.10 arp d", ...gates]);
  assert.equal(show({ nodes, advertisements }, [arp], { ignoreExcludeLabel: true }), ["192.0.2.10 arp db", gates[0], gates[2]]);
  const two = [...advertisements, advertisementFact("y", { nodeSelectors: labelled({ rack: "2" }) })];
  assert.equal(show({ nodes, advertisements: two }), ["192.0.2.10 arp dc", ...gates.slice(0, 2)]);
});

plan("planService() adds up preferences of advertisements that match Service and node", () => {
  const nodes = ["a", "b", "c"].map((name) => nodeFact(`node-${name}`, { labels: { name, all: "" } }));
  const rankOf = (...advertisements: Partial<Advertisement>[]) =>
    show({ nodes, advertisements: advertisements.map((parts, at) => advertisementFact(`x${at}`, parts)) })[0];
  const prefer = (name: string, weight: number) => ({ weight, selector: { matchLabels: { name } } });
  assert.is(rankOf({ preferences: [prefer("a", 1)] }), "192.0.2.10 arp acb");
  assert.is(rankOf({ preferences: [prefer("x", 100)] }), "192.0.2.10 arp cba");
  assert.is(rankOf({ preferences: [prefer("a", 60), prefer("a", 40), prefer("b", 99)] }), "192.0.2.10 arp abc");
  assert.is(rankOf({ preferences: [prefer("a", 60), prefer("b", 99)] }, { preferences: [prefer("a", 40)] }), "192.0.2.10 arp abc");
  assert.is(rankOf({ preferences: [{ weight: 50, selector: {} }] }), "192.0.2.10 arp cba");
  const disjoint = { nodeSelectors: labelled({ name: "b" }), preferences: [prefer("a", 100)] };
  assert.is(rankOf(disjoint), "192.0.2.10 arp b");
  assert.is(rankOf(disjoint, {}), "192.0.2.10 arp cba");
  assert.is(rankOf({}, { serviceSelectors: labelled({ app: "db" }), preferences: [prefer("a", 100)] }), "192.0.2.10 arp cba");
});

plan("placements are the union of the interfaces of the advertisements that include the node", () => {
  const nodes = ["a", "b", "c"].map((name) => nodeFact(`node-${name}`, { labels: { name } }));
  const advertisements = [
    advertisementFact("x", { interfaces: ["eth1", "eth0"], nodeSelectors: [...labelled({ name: "a" }), ...labelled({ name: "b" })] }),
    advertisementFact("y", { interfaces: ["eth2", "eth0"], nodeSelectors: labelled({ name: "b" }), attributes: { b: 2 } }),
    advertisementFact("z", { nodeSelectors: labelled({ name: "c" }), attributes: { a: 1, b: 3 } }),
    advertisementFact("zz", { interfaces: ["eth0"], nodeSelectors: labelled({ name: "c" }), attributes: { a: 2 } }),
  ];
  const placements = planOf({ nodes, advertisements }).claims[0]?.placements;
  assert.equal(placements?.get("node-a"), { links: ["eth0", "eth1"], attributes: {} });
  assert.equal(placements?.get("node-b"), { links: ["eth0", "eth1", "eth2"], attributes: { b: 2 } });
  assert.equal(placements?.get("node-c"), { links: null, attributes: { a: 2, b: 3 } });
});

plan("both VIPs of a dual-stack Service go by the first; canonical text goes in and out", () => {
  const services = [web({ ingress: ["2001:0DB8::10", VIP] })];
  assert.equal(show({ services }, [arp, ndp]), ["192.0.2.10 arp bac", "2001:db8::10 ndp bac"]);
  const unserved = ["a", "b", "c"].map((node) => `L2Advertisement ${node} noAnnouncer 2001:db8::10`);
  assert.equal(show({ services }), ["192.0.2.10 arp bac", ...unserved]);
});

plan("one pool may be announced in two ways at once", () => {
  const advertisements = [advertisementFact("l2"), advertisementFact("bgp", { kind: "BGPAdvertisement", attributes: { localPref: 1 } })];
  assert.equal(show({ advertisements }, [arp, bgp]), ["192.0.2.10 arp cba", "192.0.2.10 bgp abc"]);
});

plan("announceFrom() gives a row to the owner alone, or to every node", () => {
  const advertisements = [advertisementFact("l2"), advertisementFact("bgp", { kind: "BGPAdvertisement" })];
  const [owned, spread] = planOf({ advertisements }, [arp, bgp]).claims;
  assert.ok(owned && spread);
  const row = { vip: VIP, family: 4, links: null, services: ["default/web"], attributes: {} };
  const succession = { group: VIP, members: ["node-c", "node-b", "node-a"], isSticky: false };
  assert.equal(announceFrom(owned, "node-c"), row);
  assert.equal(announceFrom(owned, "node-c", true), { ...row, succession });
  assert.is(announceFrom(owned, "node-b"), undefined);
  for (const node of succession.members) assert.equal(announceFrom(spread, node), row);
  assert.is(announceFrom(spread, "node-x"), undefined);
  const others = ["node-b", "node-a"].map((node) => ({ service: "default/web", node, via: "arp", reason: "notOwner", vip: VIP }));
  assert.equal(refuseOthers(owned), others);
  assert.equal(refuseOthers(spread), []);
});

plan("announceFrom() gives a row to the heirs too, and to no other node", () => {
  const nodes = ["a", "b", "c", "d", "e"].map((name) => nodeFact(`node-${name}`));
  const [claim] = planOf({ nodes }).claims;
  assert.ok(claim);
  const rows = claim.rank.map((node) => announceFrom(claim, node, true)?.succession?.members);
  const members = claim.rank.slice(0, 3);
  assert.equal(rows, [members, members, members, undefined, undefined]);
  const alone = planOf({ nodes: nodes.slice(0, 1) }).claims[0];
  assert.equal(alone && announceFrom(alone, "node-a", true)?.succession?.members, ["node-a"]);
});

plan("a succession is the same for all VIPs of a group, and sticky where the first one's pool is", () => {
  const services = [web({ ingress: ["2001:db8::10", VIP] })];
  const ofPool = (ownership: OwnershipPolicy) => {
    const facts = snapshot({ services });
    const pools = new Map([["home", { ...(facts.pools.get("home") as Pool), ownership }]]);
    const { claims } = planService(indexPlan({ ...facts, pools }, [arp, ndp], rankOracle), facts, "default/web");
    return claims.map((claim) => announceFrom(claim, "node-b", true)?.succession);
  };
  const succession = { group: "2001:db8::10", members: ["node-b", "node-a", "node-c"], isSticky: true };
  assert.equal(ofPool("sticky"), [succession, succession]);
  assert.is(ofPool("revertive")[0]?.isSticky, false);
});

plan("planAll() joins Services that share a VIP", () => {
  const local = { externalTrafficPolicy: "Local" as const, ingress: [VIP] };
  const at = (...names: string[]) => names.map((name) => ({ nodeName: `node-${name}`, servable: true }));
  const cluster = {
    services: [serviceFact("b", local), serviceFact("a", local), serviceFact("x", { type: "ClusterIP" })],
    endpoints: { "default/a": at("a", "b"), "default/b": at("c", "a") },
  };
  const { claims, refused } = planAll(indexOf(cluster), snapshot(cluster));
  assert.is(claims.length, 1);
  assert.equal(claims[0]?.services, ["default/a", "default/b"]);
  assert.equal(claims[0]?.rank, ["node-a", "node-b", "node-c"], "the node that reaches both is first");
  assert.equal(
    refused.map(({ service, node, reason }) => `${service} ${node} ${reason}`),
    [
      "a node-b notOwner",
      "a node-c noLocalEndpoints",
      "a node-c notOwner",
      "b node-b noLocalEndpoints",
      "b node-b notOwner",
      "b node-c notOwner",
    ].map((line) => `default/${line}`),
  );
});

plan("announceFrom() counts the endpoints of a node that reaches no others, for announcers on every node", () => {
  const at = (...names: string[]) => names.map((name) => ({ nodeName: `node-${name}`, servable: true }));
  const counts = (policies: readonly ServiceFact["externalTrafficPolicy"][], announcer: AnnouncerFact) => {
    const services = policies.map((externalTrafficPolicy, number) => serviceFact(`s${number}`, { externalTrafficPolicy, ingress: [VIP] }));
    const endpoints = { "default/s0": [...at("a", "a", "b"), { nodeName: "node-a", servable: false }], "default/s1": at("a", "c") };
    const cluster = { services, endpoints, advertisements: [advertisementFact("all", { kind: announcer.serves.kind })] };
    const [claim] = planAll(indexOf(cluster, [announcer]), snapshot(cluster)).claims;
    return ["a", "b", "c"].map((name) => claim && announceFrom(claim, `node-${name}`)?.localEndpoints);
  };
  assert.equal(counts(["Local"], bgp), [2, 1, undefined]);
  assert.equal(counts(["Cluster"], bgp), [undefined, undefined, undefined]);
  assert.equal(counts(["Local", "Local"], bgp), [3, 1, 1]);
  assert.equal(counts(["Local", "Cluster"], bgp), [2, 1, 0]);
  assert.equal(counts(["Local"], arp), [undefined, undefined, undefined]);
});

plan("planAll() keeps the two VIPs of a dual-stack Service on one node, whoever shares the second", () => {
  const services = [
    serviceFact("a", { ingress: [VIP] }),
    serviceFact("b", { ingress: ["2001:db8::ff", VIP] }),
    serviceFact("c", { ingress: ["2001:db8::ff", VIP] }),
  ];
  const ownersOf = (list: readonly ServiceFact[]) => {
    const { claims } = planAll(indexOf({ services: list }, [arp, ndp]), snapshot({ services: list }));
    return claims.map(({ vip, via, rank }) => `${vip} ${via} ${rank[0]}`);
  };
  assert.equal(ownersOf(services), ["192.0.2.10 arp node-a", "2001:db8::ff ndp node-a"]);
  const turned = serviceFact("d", { ingress: [VIP, "2001:db8::ff"] });
  assert.equal(ownersOf([...services, turned]), ["192.0.2.10 arp node-c", "2001:db8::ff ndp node-c"]);
});

plan.run();
