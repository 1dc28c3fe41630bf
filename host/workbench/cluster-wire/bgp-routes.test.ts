/** Who announces which route: of MetalLB's end-to-end suite what `bgp.go` and `bgp_multiprotocol.go` see in the tables of routers. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addressOf, EXCLUDE_LABEL, NODES, ranked } from "./hosts.ts";
import { routedTests } from "./wire-tests.ts";

const routes = suite("BGP routes in a cluster");
const behaves = routedTests(routes, import.meta.url);

const POOL = ["198.51.100.0/28"];
const ADDRESS = "198.51.100.0";
const ROUTE = "198.51.100.0/32";
const DUAL = { ipFamilyPolicy: "RequireDualStack" };

behaves("with policy Cluster every node announces, with itself as the next hop", async ({ scene, play, external, internal }) => {
  await scene.pool("public", POOL);
  await play.bgp("all");
  const vip = await play.service("web", ["node-a"]);
  assert.is(vip, ADDRESS);
  const heard = await external.hears(ROUTE, NODES);
  assert.equal(
    heard.map(({ nextHops, asPath }) => [nextHops, asPath]),
    NODES.map((node) => [[addressOf(node)], [64500]]),
  );
  await internal.hears(ROUTE, NODES, ({ asPath, localPref }) => asPath.length === 0 && localPref === 100);
  await scene.deleteService("web");
  await external.hears(ROUTE, []);
});

behaves("a Service that asks for its address is announced by that", async ({ scene, play, external }) => {
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.service("web", NODES, { annotations: { "metallb.io/loadBalancerIPs": "198.51.100.9" } });
  await external.hears("198.51.100.9/32", NODES);
});

behaves("a node whose network is unavailable withdraws, and announces again", async ({ scene, stage, play, external }) => {
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.service("web", NODES);
  await external.hears(ROUTE, NODES);
  await stage.node("node-b", { networkUnavailable: true });
  await external.hears(ROUTE, ["node-a", "node-c"]);
  await stage.node("node-b");
  await external.hears(ROUTE, NODES);
  await stage.node("node-c", { labels: { [EXCLUDE_LABEL]: "" } });
  await external.hears(ROUTE, ["node-a", "node-b"]);
});

behaves("with policy Local only nodes with endpoints announce", async ({ scene, stage, play, external }) => {
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.service("web", ["node-a", "node-c"], { spec: { externalTrafficPolicy: "Local" } });
  await external.hears(ROUTE, ["node-a", "node-c"]);
  await stage.endpoints(play.whole("web"), "node-b");
  await external.hears(ROUTE, ["node-b"]);
  await stage.endpoints(play.whole("web"));
  await external.hears(ROUTE, []);
});

behaves("the route of two Services survives the end of one", async ({ scene, play, external }) => {
  await scene.pool("public", POOL);
  await scene.pool("marks", ["198.51.100.99/32"], { spec: { autoAssign: false } });
  await play.bgp("all");
  const annotations = { "metallb.io/allow-shared-ip": "key", "metallb.io/loadBalancerIPs": ADDRESS };
  await play.service("one", NODES, { annotations, port: 80 });
  await play.service("two", NODES, { annotations, port: 81 });
  await external.hears(ROUTE, NODES);
  await scene.deleteService("one");
  // Once this is told, the end of the other has been seen.
  await play.service("mark", NODES, { annotations: { "metallb.io/address-pool": "marks" } });
  await external.hears("198.51.100.99/32", NODES);
  await external.hears(ROUTE, NODES);
  await scene.deleteService("two");
  await external.hears(ROUTE, []);
});

behaves("addresses of pools that are ranges, and of pools added one by one, are announced", async ({ scene, play, external }) => {
  await play.bgp("all");
  await scene.pool("range", ["198.51.100.16-198.51.100.17", "2001:db8:feed::10-2001:db8:feed::11"]);
  await play.service("one", NODES, { annotations: { "metallb.io/address-pool": "range" }, spec: DUAL });
  await external.hears("198.51.100.16/32", NODES);
  await external.hears("2001:db8:feed::10/128", NODES);
  await scene.pool("prefix", ["198.51.100.32/31"]);
  await play.service("two", NODES, { annotations: { "metallb.io/address-pool": "prefix" } });
  await external.hears("198.51.100.32/32", NODES);
  await external.hears("198.51.100.16/32", NODES);
});

behaves("both families go over one session, with preference and communities", async ({ scene, play, external, internal }) => {
  await scene.pool("public", [...POOL, "2001:db8:feed::/120"]);
  await play.bgp("all", { localPref: 150, communities: ["65001:7"] });
  await play.service("web", NODES, { spec: DUAL });
  for (const prefix of [ROUTE, "2001:db8:feed::/128"]) {
    await external.hears(prefix, NODES, ({ communities }) => communities.join() === "65001:7");
    await internal.hears(prefix, NODES, ({ localPref, communities }) => localPref === 150 && communities.join() === "65001:7");
  }
});

behaves("a Service is announced by layer 2 and BGP at once", async ({ scene, stage, play, external }) => {
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.l2("all");
  const vip = await play.service("web", NODES);
  const [first = ""] = ranked(vip);
  await external.hears(ROUTE, NODES);
  await stage.client.finds(vip, first);
  await play.reports("ServiceL2Status", "web", [first]);
  await play.reports("ServiceBGPStatus", "web", NODES);
  await scene.deleteService("web");
  await external.hears(ROUTE, []);
  await stage.client.finds(vip);
});

behaves(
  "communities may be numbers, names and large ones, for the pools that are selected",
  async ({ scene, play, external, internal }) => {
    await scene.pool("public", POOL, { labels: { tier: "front" } });
    await scene.pool("other", ["198.51.100.32/28"], { labels: { tier: "back" } });
    await play.configure("Community", "names", {
      communities: [
        { name: "seven", value: "65001:7" },
        { name: "many", value: "large:65001:1:2" },
      ],
    });
    const ipAddressPoolSelectors = [{ matchLabels: { tier: "front" } }];
    await play.bgp("front", { ipAddressPoolSelectors, localPref: 200, communities: ["seven", "65001:8", "many", "large:65001:3:4"] });
    await play.bgp("back", { ipAddressPools: ["other"] });
    await play.service("web", NODES, { annotations: { "metallb.io/address-pool": "public" } });
    await play.service("db", NODES, { annotations: { "metallb.io/address-pool": "other" } });
    for (const router of [external, internal]) {
      await router.hears(ROUTE, NODES, ({ communities, largeCommunities }) => {
        return [...communities].sort().join() === "65001:7,65001:8" && [...largeCommunities].sort().join() === "65001:1:2,65001:3:4";
      });
      await router.hears(
        "198.51.100.32/32",
        NODES,
        ({ communities, largeCommunities }) => communities.length + largeCommunities.length === 0,
      );
    }
    await internal.hears(ROUTE, NODES, ({ localPref }) => localPref === 200);
  },
);

behaves("communities of two advertisements of a route add up, and edits are followed", async ({ scene, play, external, internal }) => {
  await scene.pool("wide", ["198.51.100.0/24"]);
  await play.bgp("one", { communities: ["65001:1"] });
  await play.bgp("two", { communities: ["65001:2"] });
  await play.service("web", NODES);
  const has =
    (...wanted: readonly string[]) =>
    ({ communities }: { communities: readonly string[] }) =>
      [...communities].sort().join() === wanted.join();
  await external.hears(ROUTE, NODES, has("65001:1", "65001:2"));
  await play.bgp("two", { communities: ["65001:3"] });
  await external.hears(ROUTE, NODES, has("65001:1", "65001:3"));
  await play.remove("metallb.io/v1beta1/BGPAdvertisement", "two");
  await external.hears(ROUTE, NODES, has("65001:1"));
  await play.bgp("one", { localPref: 300, aggregationLength: 26 });
  await internal.hears("198.51.100.0/26", NODES, ({ localPref, communities }) => localPref === 300 && communities.length === 0);
  await internal.hears(ROUTE, []);
});

routes.run();
