/** Plans of pools that spread their VIPs, and of Services that name nodes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { announceFrom, planAll } from "./merge-claims.ts";
import { indexPlan } from "./plan.ts";
import type { Advertisement, AnnouncerFact, OwnershipPolicy, ServiceFact } from "./vocabulary.ts";

const spread = suite("balanced pools");

const ANNOUNCERS: readonly AnnouncerFact[] = [
  { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } },
  { name: "ndp", from: "owner", serves: { kind: "L2Advertisement", families: [6] } },
  { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } },
];
const NODES = ["node-a", "node-b", "node-c", "node-d"];

interface Cluster {
  readonly services: readonly ServiceFact[];
  readonly ownership?: OwnershipPolicy;
  readonly parts?: Partial<Advertisement>;
  readonly kinds?: readonly string[];
  readonly endpoints?: Readonly<Record<string, readonly string[]>>;
}

function plan({ services, ownership = "balanced", parts = {}, kinds = ["L2Advertisement"], endpoints = {} }: Cluster) {
  const snapshot = {
    services: new Map(services.map((service) => [service.key, service])),
    endpoints: new Map(
      Object.entries(endpoints).map(([key, nodes]) => [key, nodes.map((nodeName) => ({ nodeName, servable: true }))] as const),
    ),
    nodes: new Map(NODES.map((name) => [name, nodeFact(name, { labels: { name } })])),
    pools: new Map([
      ["even", poolFact("even", ["192.0.2.0/24", "2001:db8::/64"], { ownership })],
      ["other", poolFact("other", ["198.51.100.0/24"])],
    ]),
    advertisements: kinds.map((kind) => advertisementFact(kind.toLowerCase(), { kind, ...parts })),
  };
  return planAll(indexPlan(snapshot, ANNOUNCERS, rankOracle), snapshot).claims;
}

const services = (count: number, parts: Partial<ServiceFact> = {}, net = "192.0.2") =>
  Array.from({ length: count }, (_, at) => serviceFact(`${net}-${at}`, { ingress: [`${net}.${at}`], ...parts }));
const owners = (claims: ReturnType<typeof plan>) => claims.map(({ rank }) => rank[0] as string);
const counts = (names: readonly string[]) => NODES.map((node) => names.filter((name) => name === node).length);
const preferring = (names: string) => ({ annotations: { "herald.dev/preferred-nodes": names } });
const on = (...names: string[]) => ({ nodeSelectors: names.map((name) => ({ matchLabels: { name } })) });

spread("spread their VIPs evenly, others do not", () => {
  assert.equal(counts(owners(plan({ services: services(40) }))), [10, 10, 10, 10]);
  assert.not.equal(counts(owners(plan({ services: services(40), ownership: "revertive" }))), [10, 10, 10, 10]);
  const beside = plan({ services: [...services(7), ...services(40, {}, "198.51.100")] });
  const hashed = plan({ services: services(40, {}, "198.51.100") });
  assert.equal(beside.slice(7), hashed, "those of another pool");
  assert.is(Math.max(...counts(owners(beside.slice(0, 7)))), 2);
});

spread("have the others of the rank as heirs, in order", () => {
  const ranked = new Map(plan({ services: services(40), ownership: "revertive" }).map(({ vip, rank }) => [vip, rank]));
  const claims = plan({ services: services(40) });
  for (const { vip, rank } of claims)
    assert.equal(
      rank.slice(1),
      ranked.get(vip)?.filter((node) => node !== rank[0]),
    );
  assert.ok(claims.some(({ vip, rank }) => rank[0] !== ranked.get(vip)?.[0]));
});

spread("keep the VIPs of a dual-stack Service on one node, also where one is shared", () => {
  const dual = Array.from({ length: 12 }, (_, at) => serviceFact(`d${at}`, { ingress: [`2001:db8::${at + 1}`, `192.0.2.${at}`] }));
  const claims = plan({ services: [...dual, ...services(6)] });
  const byVip = new Map(claims.map((claim) => [claim.vip, announceFrom(claim, claim.rank[0] as string, true)?.succession]));
  for (const { ingress } of dual) assert.equal(byVip.get(ingress[0] as string), byVip.get(ingress[1] as string), ingress.join());
  assert.equal(counts(claims.filter(({ via }) => via === "ndp").map(({ rank }) => rank[0] as string)), [3, 3, 3, 3]);
});

spread("leave routes alone", () => {
  const kinds = ["BGPAdvertisement"];
  assert.equal(plan({ services: services(9), kinds }), plan({ services: services(9), kinds, ownership: "revertive" }));
});

spread("count only nodes that may announce, and of those the most wanted", () => {
  assert.equal(counts(owners(plan({ services: services(9), parts: on("node-a", "node-b", "node-d") }))), [3, 3, 0, 3]);
  const preferences = ["node-a", "node-b"].map((name) => ({ weight: 5, selector: { matchLabels: { name } } }));
  assert.equal(counts(owners(plan({ services: services(10), parts: { preferences } }))), [5, 5, 0, 0]);
  const local = services(8, { externalTrafficPolicy: "Local" });
  const endpoints = Object.fromEntries(local.map(({ key }) => [key, ["node-c", "node-d"]]));
  assert.equal(counts(owners(plan({ services: local, endpoints }))), [0, 0, 4, 4]);
});

spread("of Services that share a VIP, count the nodes that reach all of them", () => {
  const both = ["a", "b"].map((name) => serviceFact(name, { ingress: ["192.0.2.1"], externalTrafficPolicy: "Local" }));
  const endpoints = { "default/a": ["node-a", "node-c"], "default/b": ["node-c", "node-b"] };
  assert.equal(owners(plan({ services: both, endpoints })), ["node-c"]);
});

spread("do not count Services that name a node", () => {
  const named = services(40, preferring("node-d"));
  assert.equal(counts(owners(plan({ services: named }))), [0, 0, 0, 40]);
  const mixed = [...named.slice(0, 20), ...services(40).slice(20)];
  assert.equal(counts(owners(plan({ services: mixed }))), [5, 5, 5, 25]);
});

spread("named nodes go first, as far as they may announce, then the others in rank, by weight first", () => {
  const rankOf = (names: string, parts: Partial<Advertisement> = {}) =>
    plan({ services: [serviceFact("web", { ingress: ["192.0.2.10"], ...preferring(names) })], ownership: "revertive", parts })[0]
      ?.rank.map((name) => name.replace("node-", ""))
      .join("");
  const hashed = rankOf("nobody") as string;
  assert.is(hashed.length, 4);
  const without = (text: string) => [...hashed].filter((name) => !text.includes(name)).join("");
  assert.is(rankOf("node-b"), `b${without("b")}`);
  assert.is(rankOf("node-x, node-c,node-a"), `ca${without("ca")}`);
  assert.is(rankOf("node-b", on("node-a", "node-c")), without("bd"));
  assert.is(rankOf("node_b"), hashed, "a wrong annotation does not count");
  const preferences = [{ weight: 100, selector: { matchLabels: { name: "node-a" } } }];
  assert.is(rankOf("node-b", { preferences }), `ba${without("ab")}`);
});

spread.run();
