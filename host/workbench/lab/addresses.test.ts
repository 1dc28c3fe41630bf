import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NodeFact, Pool } from "../../rules/vocabulary.ts";
import { nodeFact, poolFact } from "../testing/facts.ts";
import { type Addresses, planAddresses } from "./addresses.ts";

const ADDRESSES = suite("planAddresses");

function facts(nodes: readonly NodeFact[], ...pools: readonly Pool[]) {
  return { nodes: new Map(nodes.map((node) => [node.name, node])), pools: new Map(pools.map((pool) => [pool.name, pool])) };
}

function listed({ nodes }: Addresses): string[][] {
  return [...nodes].map(([name, { ipv4, ipv6 }]) => [name, ipv4, ipv6]);
}

ADDRESSES("takes the nodes' own addresses, and for the client such that are in no pool", () => {
  const nodes = [nodeFact("a", { addresses: ["2001:db8:7::c1", "10.0.0.5"] }), nodeFact("b", { addresses: ["10.0.0.100"] })];
  const plan = planAddresses(facts(nodes, poolFact("p", ["10.0.0.101-10.0.0.254"]), poolFact("q", ["2001:db8:7::c2/128"])));
  assert.equal(listed(plan), [
    ["a", "10.0.0.5", "2001:db8:7::c1"],
    ["b", "10.0.0.100", "2001:db8:7::11"],
  ]);
  assert.equal(plan.client, { ipv4: "10.0.0.1", ipv6: "2001:db8:7::c3" }, "the only IPv4 addresses left are below the pool");
});

ADDRESSES("gives addresses of the first pool's subnet to nodes without", () => {
  const pool = poolFact("p", ["172.16.5.11-172.16.5.20", "2001:db8:5::11-2001:db8:5::20"]);
  const plan = planAddresses(facts([nodeFact("b"), nodeFact("a")], pool));
  assert.equal(listed(plan), [
    ["a", "172.16.5.21", "2001:db8:5::21"],
    ["b", "172.16.5.22", "2001:db8:5::22"],
  ]);
  assert.equal(plan.client, { ipv4: "172.16.5.100", ipv6: "2001:db8:5::c1" });
});

ADDRESSES("gives addresses of documentation prefixes where nothing suggests others", () => {
  assert.equal(listed(planAddresses(facts([nodeFact("a")]))), [["a", "192.0.2.11", "2001:db8::11"]]);
});

ADDRESSES("goes to another subnet where the pools take all of the nodes'", () => {
  const node = nodeFact("a", { addresses: ["10.0.0.5", "2001:db8:7::5"] });
  const one = planAddresses(facts([node], poolFact("p", ["10.0.0.0/24", "2001:db8:7::/64"])));
  assert.equal(one.client, { ipv4: "198.51.100.100", ipv6: "2001:db8:ffff::c1" });
  const two = planAddresses(facts([node], poolFact("p", ["2001:db8::/32"])));
  assert.is(two.client.ipv6, "3fff::c1");
});

ADDRESSES("says where it looked when there is no room", () => {
  const full = poolFact("p", ["2001:db8::/32", "3fff::/20"]);
  assert.throws(() => planAddresses(facts([], full)), /no address for a host in the subnets 2001:db8::, 2001:db8:ffff::, 3fff::$/);
});

ADDRESSES("gives routers the family that they lack, and nobody an address of theirs", () => {
  const plan = planAddresses(facts([nodeFact("a")]), undefined, ["192.0.2.11", "192.0.2.100", "2001:db8::1"]);
  assert.equal([plan.nodes.get("a")?.ipv4, plan.client.ipv4], ["192.0.2.12", "192.0.2.101"]);
  assert.equal(
    [...plan.routers],
    [
      ["192.0.2.11", { ipv4: "192.0.2.11", ipv6: "2001:db8::2" }],
      ["192.0.2.100", { ipv4: "192.0.2.100", ipv6: "2001:db8::3" }],
      ["2001:db8::1", { ipv4: "192.0.2.1", ipv6: "2001:db8::1" }],
    ],
  );
});

ADDRESSES("lets everyone keep what they had", () => {
  const before = planAddresses(facts([nodeFact("a"), nodeFact("b")]), undefined, ["192.0.2.1"]);
  const pool = poolFact("p", [`${before.client.ipv4}/32`, `${before.client.ipv6}/128`]);
  const after = planAddresses(facts([nodeFact("0"), nodeFact("a"), nodeFact("b")], pool), before, ["192.0.2.0", "192.0.2.1"]);
  assert.equal(after.client, before.client);
  assert.equal(after.nodes.get("a"), before.nodes.get("a"));
  assert.equal(after.routers.get("192.0.2.1"), before.routers.get("192.0.2.1"));
  const all = [...after.nodes.values(), after.client, ...after.routers.values()];
  assert.is(new Set(all.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6])).size, 12, "no address twice");
});

ADDRESSES.run();
