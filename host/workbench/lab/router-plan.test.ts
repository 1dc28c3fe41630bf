import { suite } from "uvu";
import * as assert from "uvu/assert";
import { definePlugin, type LabPartner, type PluginDefinition } from "../../announcer.ts";
import type { Claim } from "../../rules/plan.ts";
import { findPartners, objectionTo, planRouters } from "./router-plan.ts";

const ROUTERS = suite("routers of the lab");

const VIP = "198.51.100.1";
const nodes = ["node-a", "node-b"];
const own = { ipv4: "192.0.2.1", ipv6: "2001:db8::1" };
const addresses = {
  nodes: new Map(nodes.map((name, at) => [name, { ipv4: `192.0.2.${11 + at}`, ipv6: `2001:db8::${11 + at}` }])),
  client: { ipv4: "192.0.2.100", ipv6: "2001:db8::100" },
  routers: new Map([own.ipv4, own.ipv6, "192.0.2.12"].map((address) => [address, own])),
};
const claim: Claim = {
  ...{ vip: VIP, family: 4, via: "bgp", from: "every-node", services: ["default/web"], group: [VIP], rank: nodes, isSticky: false },
  eligible: nodes.map((name) => ({ name, weight: 0 })),
  placements: new Map(nodes.map((name) => [name, { links: null, attributes: {} }])),
};
const router = { protocol: "bgp", name: "router", address: "192.0.2.1", port: 179, asNumber: 64513, nodeAsNumber: 64512 } as const;

/** A plugin whose config is who its partners are; each learns all that its node announces. */
function plugin(): PluginDefinition {
  return definePlugin<readonly Omit<LabPartner, "learns">[]>({
    ...{ name: "bgp", api: 1, from: "every-node", serves: { kind: "BGPAdvertisement", families: [4] }, config: {}, example: [] },
    permissions: () => [],
    partners: (config, announcements) => config.map((partner) => ({ ...partner, learns: announcements.map(({ vip }) => vip) })),
    start: () => Promise.reject(new Error("nothing is started")),
  }) as PluginDefinition;
}

function find(configOn: (node: string) => unknown, claims = [claim]) {
  return findPartners([plugin()], (_, node) => configOn(node), nodes, claims);
}

ROUTERS("one address is one router, which learns from the nodes that have it for a peer and announce", () => {
  const partners = find((node) => [node === "node-a" ? router : { ...router, name: "same" }]);
  assert.equal([...partners.keys()], ["192.0.2.1"]);
  const { router: found, learns } = partners.get("192.0.2.1") ?? {};
  assert.equal(found, { name: "router", address: "192.0.2.1", port: 179, asNumber: 64513 });
  assert.equal(learns, new Map([[VIP, nodes]]));
  assert.equal(find((node) => (node === "node-b" ? [router] : [])).get("192.0.2.1")?.learns, new Map([[VIP, ["node-b"]]]));
  assert.equal(find(() => [router], [{ ...claim, rank: ["node-a"] }]).get("192.0.2.1")?.learns, new Map([[VIP, ["node-a"]]]));
  assert.equal(find(() => [router], [{ ...claim, via: "other" }]).get("192.0.2.1")?.learns, new Map());
  assert.is(find(() => undefined).size, 0, "a plugin without resources");
});

ROUTERS("a router knows the keys of the nodes that sign, where they are known", () => {
  const partners = find((node) => [{ ...router, md5: node === "node-a" ? { text: "sesame" } : { secret: "unknown" } }]);
  const plans = planRouters(partners.values(), addresses, (secret) => ("text" in secret ? secret.text : undefined));
  assert.equal(plans, [
    {
      name: "router",
      address: "192.0.2.1",
      port: 179,
      asNumber: 64513,
      own,
      neighbors: [
        { address: "192.0.2.11", asNumber: 64512, key: "sesame" },
        { address: "192.0.2.12", asNumber: 64512 },
      ],
    },
  ]);
});

ROUTERS("a router of IPv6 knows the nodes by their IPv6 addresses", () => {
  const partners = find(() => [{ ...router, address: own.ipv6 }]);
  const [plan] = planRouters(partners.values(), addresses, () => undefined);
  assert.equal(
    plan?.neighbors.map(({ address }) => address),
    ["2001:db8::11", "2001:db8::12"],
  );
});

ROUTERS("there is no router where somebody else is", () => {
  assert.is(objectionTo("192.0.2.1", addresses), undefined);
  assert.is(objectionTo("192.0.2.12", addresses), "node-b has that address");
  assert.is(objectionTo("192.0.2.100", addresses), "the lab's client has that address");
  assert.is(objectionTo("2001:db8::1", addresses), undefined);
  assert.is(objectionTo("2001:db8::12", addresses), "node-b has that address");
  assert.equal(
    planRouters(find(() => [{ ...router, address: "192.0.2.12" }]).values(), addresses, () => undefined),
    [],
  );
});

ROUTERS.run();
