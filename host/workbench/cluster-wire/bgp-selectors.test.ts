/** Which nodes, which Services and which peers: of MetalLB's end-to-end suite, `bgppeer_selector.go`, `node_selector.go` and `service_selector.go`. */

import { suite } from "uvu";
import type { SeenRoute } from "../bgp-peers/routers.ts";
import { NODES, type NodeName, onNodes } from "./hosts.ts";
import { routedTests } from "./wire-tests.ts";

const selectors = suite("BGP selectors in a cluster");
const behaves = routedTests(selectors, import.meta.url);

const AD = "metallb.io/v1beta1/BGPAdvertisement";
const WEB = "198.51.100.1/32";
const DB = "198.51.100.2/32";
const CHOSEN = { chosen: "yes" };

function forApp(...names: readonly string[]) {
  return names.map((app) => ({ matchLabels: { app } }));
}

/** Of pool `web` or `db`, with itself as the label `app`. */
function fromPool(app: string) {
  return { labels: { app }, annotations: { "metallb.io/address-pool": app } };
}

function has(...wanted: readonly string[]) {
  return ({ communities }: SeenRoute) => [...communities].sort().join() === wanted.join();
}

/** `web` and `db`, each with a pool of one address. */
async function writeTwo({ scene, play }: Parameters<Parameters<typeof behaves>[1]>[0]): Promise<void> {
  await scene.pool("web", [WEB]);
  await scene.pool("db", [DB]);
  for (const app of ["web", "db"]) await play.service(app, NODES, fromPool(app));
}

behaves("an advertisement for one peer is told to that alone", async (wire) => {
  const { play, external, internal } = wire;
  await writeTwo(wire);
  await play.bgp("web", { ipAddressPools: ["web"], peers: ["external"] });
  await play.bgp("db", { ipAddressPools: ["db"], peers: ["internal"] });
  await external.hears(WEB, NODES);
  await internal.hears(DB, NODES);
  await external.hears(DB, []);
  await internal.hears(WEB, []);
  await play.bgp("web", { ipAddressPools: ["web"] });
  await internal.hears(WEB, NODES);
  await play.bgp("db", { ipAddressPools: ["db"], peers: ["external"] });
  await external.hears(DB, NODES);
  await internal.hears(DB, []);
});

behaves("two Services are announced from the nodes of their own advertisements", async (wire) => {
  const { play, external } = wire;
  await writeTwo(wire);
  const layouts: readonly (readonly [web: readonly NodeName[], db: readonly NodeName[]])[] = [
    [["node-a"], ["node-b"]],
    [
      ["node-a", "node-b"],
      ["node-b", "node-c"],
    ],
    [["node-c"], NODES],
  ];
  for (const [web, db] of layouts) {
    await play.bgp("web", { ipAddressPools: ["web"], nodeSelectors: onNodes(...web) });
    await play.bgp("db", { ipAddressPools: ["db"], nodeSelectors: onNodes(...db) });
    await external.hears(WEB, web);
    await external.hears(DB, db);
  }
  await play.bgp("web", { ipAddressPools: ["web"], nodeSelectors: [{ matchLabels: CHOSEN }] });
  await external.hears(WEB, []);
  await external.hears(DB, NODES);
});

behaves("one Service is announced from the nodes of all its advertisements", async (wire) => {
  const { play, external } = wire;
  await writeTwo(wire);
  await play.bgp("one", { ipAddressPools: ["web"], nodeSelectors: onNodes("node-a"), communities: ["65001:1"] });
  await play.bgp("two", { ipAddressPools: ["web"], nodeSelectors: onNodes("node-a", "node-b"), communities: ["65001:2"] });
  await external.hears(WEB, ["node-a", "node-b"], (route) =>
    has(...(route.from === "192.0.2.11" ? ["65001:1", "65001:2"] : ["65001:2"]))(route),
  );
  await play.remove(AD, "two");
  await external.hears(WEB, ["node-a"], has("65001:1"));
});

behaves("a node that is labelled later begins to announce", async (wire) => {
  const { stage, play, external } = wire;
  await writeTwo(wire);
  await play.bgp("web", { ipAddressPools: ["web"], nodeSelectors: [{ matchLabels: CHOSEN }] });
  await stage.node("node-a", { labels: CHOSEN });
  await external.hears(WEB, ["node-a"]);
  await stage.node("node-b", { labels: CHOSEN });
  await external.hears(WEB, ["node-a", "node-b"]);
  await stage.node("node-a");
  await external.hears(WEB, ["node-b"]);
});

behaves("service selectors count beside pools, several of them, and edited ones", async (wire) => {
  const { scene, play, external } = wire;
  await writeTwo(wire);
  await play.bgp("some", { ipAddressPools: ["web"], serviceSelectors: forApp("web", "db") });
  await external.hears(WEB, NODES);
  await external.hears(DB, []);
  await play.bgp("some", { serviceSelectors: forApp("web", "db") });
  await external.hears(DB, NODES);
  await play.bgp("some", { serviceSelectors: forApp("db") });
  await external.hears(WEB, []);
  await external.hears(DB, NODES);
  await scene.edit("web", { metadata: { labels: { app: "db" } } });
  await external.hears(WEB, NODES);
  await scene.edit("db", { metadata: { labels: { app: "job" } } });
  await external.hears(DB, []);
});

behaves("an address is announced by itself beside the aggregate that it is in", async (wire) => {
  const { scene, play, external } = wire;
  await scene.pool("wide", ["198.51.100.0/26"]);
  await play.bgp("all", { aggregationLength: 26 });
  await play.bgp("web", { serviceSelectors: forApp("web") });
  await play.service("web", NODES, { labels: { app: "web" } });
  await play.service("db", NODES, { labels: { app: "db" } });
  await external.hears("198.51.100.0/26", NODES);
  await external.hears("198.51.100.0/32", NODES);
  await external.hears(WEB, []);
  await scene.edit("db", { metadata: { labels: { app: "web" } } });
  await external.hears(WEB, NODES);
});

behaves("a Service has the communities of the advertisements that select it", async (wire) => {
  const { play, external } = wire;
  await writeTwo(wire);
  await play.bgp("shared", { communities: ["65001:1"] });
  await play.bgp("web", { serviceSelectors: forApp("web"), communities: ["65001:2"] });
  await external.hears(WEB, NODES, has("65001:1", "65001:2"));
  await external.hears(DB, NODES, has("65001:1"));
  await play.bgp("shared", { serviceSelectors: forApp("db"), communities: ["65001:3"] });
  await external.hears(WEB, NODES, has("65001:2"));
  await external.hears(DB, NODES, has("65001:3"));
});

selectors.run();
