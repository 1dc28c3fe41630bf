/** Dual stack from two pools: only where somebody says so. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { Allocator, allocateAll } from "./allocate.ts";
import type { Pool, ServiceFact } from "./vocabulary.ts";

const two = suite("two pools");

const dual = { clusterIPs: ["10.96.0.1", "fd00::1"], ipFamilies: [4, 6] as const };
const prefer = { ...dual, ipFamilyPolicy: "PreferDualStack" as const };
const require = { ...dual, ipFamilyPolicy: "RequireDualStack" as const };
const asks = (annotations: Record<string, string>, parts: Partial<ServiceFact> = require) =>
  serviceFact("a", {
    ...parts,
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`metallb.io/${key}`, value])),
  });

const four = poolFact("four", ["192.0.2.0/31"]);
const six = poolFact("six", ["2001:db8::/127"]);
const paired = { ...four, dualStackWith: "six" };
const closed: Partial<Pool> = { allocation: { priority: 0, namespaces: ["x"], namespaceSelectors: [], serviceSelectors: [] } };

const inputOf = (services: readonly ServiceFact[], pools: readonly Pool[]) => ({
  services: new Map(services.map((service) => [service.key, service])),
  pools: new Map(pools.map((pool) => [pool.name, pool])),
  namespaces: new Map(),
  reservations: new Map(),
});

/** `192.0.2.0 2001:db8:: of four,six`, or what is said. */
function show(service: ServiceFact, ...pools: Pool[]): string {
  const { vips, pools: names, refused, cleared } = allocateAll(inputOf([service], pools)).get(service.key) ?? { vips: [], pools: [] };
  const has = vips.length === 0 ? [] : [`${vips.join(" ")} of ${names.join()}`];
  return [...has, ...(cleared ? [`cleared ${cleared.reason}`] : []), ...(refused ? [refused.message] : [])].join("; ");
}

const BOTH = "192.0.2.0 2001:db8:: of four,six";

two("are never combined by automatic choice", () => {
  assert.is(show(serviceFact("a", require), four, six), 'No free IPv4 and IPv6 address in pools "four", "six"');
  assert.is(show(asks({ "address-pool": "four" }), four, six), 'No free IPv4 and IPv6 address in pool "four"');
});

two("are combined for a Service that names both, in any order", () => {
  assert.is(show(asks({ "address-pool": "four,six" }), four, six), BOTH);
  assert.is(show(asks({ "address-pool": "six, four" }), four, six), BOTH);
  assert.is(show(asks({ "address-pool": "four,six" }, {}), four, six), "192.0.2.0 of four", "one family, one address");
  assert.is(show(asks({ "address-pool": "four,six" }, { clusterIPs: ["fd00::1"] }), four, six), "2001:db8:: of six");
  assert.is(show(asks({ "address-pool": "four,six" }), four), 'Pool "six" does not exist');
  assert.is(show(asks({ "address-pool": "four,six" }), four, { ...six, ...closed }), 'Pool "six" is not for namespace "default"');
  assert.is(show(asks({ "address-pool": "four,six,x" }), four, six), "Service asks for pools four, six, x, expected one or two");
  const held = asks({ "address-pool": "four,six,x" }, { ...require, ingress: ["192.0.2.1", "2001:db8::1"] });
  assert.match(show(held, four, six), /^192\.0\.2\.1 2001:db8::1 of four,six; .*expected one or two$/, "what makes no sense takes nothing");
});

two("are combined for a Service that asks for addresses of both", () => {
  assert.is(show(asks({ loadBalancerIPs: "192.0.2.1,2001:db8::1" }), four, six), "192.0.2.1 2001:db8::1 of four,six");
  const both = { loadBalancerIPs: "192.0.2.1,2001:db8::1", "address-pool": "four,six" };
  assert.is(show(asks(both), four, six), "192.0.2.1 2001:db8::1 of four,six");
  const message = 'Service asks for 2001:db8::1 of pool "four", but pool "six" has it';
  assert.is(show(asks({ ...both, "address-pool": "four" }), four, six), message);
  assert.is(show(asks(both), four, { ...six, ...closed }), 'Pool "six" is not for namespace "default"');
});

two("count as one for Services of two families where one pool names the other", () => {
  assert.is(show(serviceFact("a", require), paired, { ...six, autoAssign: false }), BOTH, "the other need not be automatic");
  assert.is(show(serviceFact("a", prefer), paired, six), BOTH);
  assert.is(show(asks({ "address-pool": "four" }), paired, six), BOTH);
  assert.is(show(serviceFact("a"), paired, six), "192.0.2.0 of four");
  assert.is(
    show(serviceFact("a", { clusterIPs: ["fd00::1"] }), paired, { ...six, autoAssign: false }),
    'No free IPv6 address in pool "four"',
  );
  assert.is(show(serviceFact("a", require), paired, { ...six, ...closed }), 'No free IPv4 and IPv6 address in pool "four"');
  assert.is(show(serviceFact("a", require), paired), 'No free IPv4 and IPv6 address in pool "four"', "the other is not there yet");
});

two("what is held of them stays, also when nobody asks for it any more", () => {
  const ingress = ["192.0.2.1", "2001:db8::1"];
  assert.is(show(serviceFact("a", { ...require, ingress }), four, six), "192.0.2.1 2001:db8::1 of four,six");
  assert.is(show(asks({ "address-pool": "four" }, { ...require, ingress }), paired, six), "192.0.2.1 2001:db8::1 of four,six");
  const moved = show(asks({ "address-pool": "four" }, { ...prefer, ingress }), four, six);
  assert.match(moved, /^192\.0\.2\.0 of four; cleared differentPoolRequested; No free IPv6 address in pool "four", to add/);
});

two("a second address comes from the pool that goes with the first one's, once there is one", () => {
  const allocator = new Allocator();
  const service = serviceFact("a", prefer);
  assert.equal(allocator.converge(inputOf([service], [paired])).get("default/a")?.vips, ["192.0.2.0"]);
  assert.equal(allocator.converge(inputOf([service], [paired, six])).get("default/a"), {
    vips: ["192.0.2.0", "2001:db8::"],
    pools: ["four", "six"],
  });
  const named = asks({ "address-pool": "six,four" }, { ...prefer, ingress: ["2001:db8::1"] });
  assert.is(show(named, four, six), "2001:db8::1 192.0.2.0 of six,four");
});

two("a pool that is drained gives out nothing new, and takes nothing away", () => {
  const drained = { ...four, isDraining: true } as const;
  const said = 'No free IPv4 address in pool "four" (being drained: pool "four")';
  assert.is(show(serviceFact("a"), drained), said);
  assert.is(show(serviceFact("a"), drained, poolFact("next", ["203.0.113.0/31"])), "203.0.113.0 of next");
  assert.is(show(asks({ "address-pool": "four" }, {}), drained), said);
  const refusal = 'Pool "four" is being drained and gives out no new addresses';
  assert.is(show(asks({ loadBalancerIPs: "192.0.2.1" }, {}), drained), refusal);
  assert.is(show(serviceFact("a", { ingress: ["192.0.2.1"] }), drained), "192.0.2.1 of four");
  assert.is(show(asks({ loadBalancerIPs: "192.0.2.1" }, { ingress: ["192.0.2.1"] }), drained), "192.0.2.1 of four");
  const second = show(serviceFact("a", { ...prefer, ingress: ["192.0.2.1"] }), paired, { ...six, isDraining: true });
  assert.match(second, 'No free IPv6 address in pools "four", "six" (being drained: pool "six"), to add to 192.0.2.1');
});

two("a Service moves out of a drained pool when it names another", () => {
  const service = asks({ "address-pool": "next" }, { ingress: ["192.0.2.1"] });
  const moved = show(service, { ...four, isDraining: true }, poolFact("next", ["203.0.113.0/31"]));
  assert.is(moved, "203.0.113.0 of next; cleared differentPoolRequested");
});

two.run();
