import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NodeFact, Pool } from "../../rules/vocabulary.ts";
import { nodeFact, poolFact } from "../testing/facts.ts";
import { planAddresses } from "./addresses.ts";

const ADDRESSES = suite("planAddresses");

function facts(nodes: readonly NodeFact[], ...pools: readonly Pool[]) {
  return { nodes: new Map(nodes.map((node) => [node.name, node])), pools: new Map(pools.map((pool) => [pool.name, pool])) };
}

ADDRESSES("takes the nodes' own IPv4 addresses, and for the client one that is in no pool", () => {
  const nodes = [nodeFact("a", { addresses: ["2001:db8::1", "10.0.0.5"] }), nodeFact("b", { addresses: ["10.0.0.100"] })];
  const { nodes: found, client } = planAddresses(facts(nodes, poolFact("p", ["10.0.0.101-10.0.0.254"])));
  assert.equal(
    [...found],
    [
      ["a", "10.0.0.5"],
      ["b", "10.0.0.100"],
    ],
  );
  assert.is(client, "10.0.0.1", "the only addresses left are below the pool");
});

ADDRESSES("gives addresses of the first pool's subnet to nodes without", () => {
  const { nodes, client } = planAddresses(facts([nodeFact("b"), nodeFact("a")], poolFact("p", ["172.16.5.11-172.16.5.20"])));
  assert.equal(
    [...nodes],
    [
      ["a", "172.16.5.21"],
      ["b", "172.16.5.22"],
    ],
  );
  assert.is(client, "172.16.5.100");
});

ADDRESSES("goes to another subnet where the pools take all of the nodes'", () => {
  const { client } = planAddresses(facts([nodeFact("a", { addresses: ["10.0.0.5"] })], poolFact("p", ["10.0.0.0/24"])));
  assert.is(client, "198.51.100.100");
});

ADDRESSES("gives nobody an address of others", () => {
  const { nodes, client } = planAddresses(facts([nodeFact("a")]), undefined, ["192.0.2.11", "192.0.2.100", "2001:db8::1"]);
  assert.equal([nodes.get("a"), client], ["192.0.2.12", "192.0.2.101"]);
});

ADDRESSES("lets everyone keep what they had", () => {
  const before = planAddresses(facts([nodeFact("a"), nodeFact("b")]));
  const after = planAddresses(facts([nodeFact("0"), nodeFact("a"), nodeFact("b")], poolFact("p", [`${before.client}/32`])), before);
  assert.is(after.client, before.client);
  assert.is(after.nodes.get("a"), before.nodes.get("a"));
  assert.is(new Set([...after.nodes.values(), after.client]).size, 4, "no address twice");
});

ADDRESSES.run();
