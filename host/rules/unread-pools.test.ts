/** While some pool cannot be made out, an address of no pool may well be of that one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { Allocator } from "./allocate.ts";
import type { Pool, ServiceFact } from "./vocabulary.ts";

const unread = suite("unread pools");

const other = poolFact("other", ["198.51.100.0/31"]);
const home = poolFact("home", ["192.0.2.0/31"]);
const holder = serviceFact("a", { ingress: ["192.0.2.0"], annotations: { "metallb.io/ip-allocated-from-pool": "home" } });

const inputOf = (services: readonly ServiceFact[], pools: readonly Pool[], arePoolsKnown: boolean) => ({
  services: new Map(services.map((service) => [service.key, service])),
  pools: new Map(pools.map((pool) => [pool.name, pool])),
  ...{ namespaces: new Map(), reservations: new Map(), arePoolsKnown },
});

const KEPT = "No pool that can be read gives out 192.0.2.0; it is kept until all pools can be";

unread("take nothing from who holds an address, whether others can be read or none", () => {
  for (const pools of [[other], []]) {
    const { vips, pools: names, refused, cleared } = new Allocator().converge(inputOf([holder], pools, false)).get(holder.key) ?? {};
    assert.equal([vips, names, refused?.message, cleared], [["192.0.2.0"], ["home"], KEPT, undefined]);
  }
});

unread("leave those that can be read as they are", () => {
  const settled = serviceFact("b", { ingress: ["198.51.100.1"] });
  const fresh = serviceFact("c");
  const results = new Allocator().converge(inputOf([holder, settled, fresh], [other], false));
  assert.equal(results.get(settled.key), { vips: ["198.51.100.1"], pools: ["other"] });
  assert.equal(results.get(fresh.key), { vips: ["198.51.100.0"], pools: ["other"] });
});

unread("are settled once all can be read: the address is kept where there is its pool, and given up where not", () => {
  for (const [pools, vip] of [
    [[other, home], "192.0.2.0"],
    [[other], "198.51.100.0"],
  ] as const) {
    const allocator = new Allocator();
    allocator.converge(inputOf([holder], [other], false));
    assert.equal(allocator.converge(inputOf([holder], pools, true), []).get(holder.key)?.vips, [vip]);
  }
});

unread.run();
