/** Nodes with two interfaces: of MetalLB's end-to-end suite, `interface_selector.go`. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NODES, onNodes, ranked } from "./hosts.ts";
import { wireTests } from "./wire-tests.ts";

const interfaces = suite("layer 2 interfaces in a cluster");
const behaves = wireTests(interfaces, import.meta.url, { links: ["eth1"] });

const POOL = ["198.51.100.0/28"];

behaves("without a choice every interface answers, and ServiceL2Status lists none", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", NODES);
  const [first = ""] = ranked(vip);
  await stage.client.finds(vip, first, `${first}/eth1`);
  const [status] = await play.reports("ServiceL2Status", "web", [first]);
  assert.equal(status?.interfaces, []);
});

behaves("only the chosen interface answers, with its own MAC, and ServiceL2Status lists it", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all", { interfaces: ["eth1"] });
  const vip = await play.service("web", NODES);
  const [first = ""] = ranked(vip);
  await stage.client.finds(vip, `${first}/eth1`);
  const [status] = await play.reports("ServiceL2Status", "web", [first]);
  assert.equal(status?.interfaces, [{ name: "eth1" }]);
});

behaves("an advertisement that comes to name another interface is followed", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all", { interfaces: ["eth1"] });
  const vip = await play.service("web", NODES);
  const [first = ""] = ranked(vip);
  await stage.client.finds(vip, `${first}/eth1`);
  await play.l2("all", { interfaces: ["eth0"] });
  await stage.client.finds(vip, first);
  await play.lists("web", first, "eth0");
});

behaves("where the interface is unknown nothing is announced, and a Warning says so", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all", { interfaces: ["eth1"] });
  const vip = await play.service("web", NODES);
  const [first = ""] = ranked(vip);
  await stage.client.finds(vip, `${first}/eth1`);
  await play.l2("all", { interfaces: ["eth7"] });
  await stage.client.finds(vip);
  assert.match(await scene.told("web", "announceFailed"), "this node has none of the interfaces eth7");
  await play.reports("ServiceL2Status", "web", []);
  const [event] = (await stage.admin.list("v1/Event", scene.namespace)).filter((seen) => seen["reason"] === "announceFailed");
  assert.is(event?.["type"], "Warning");
});

behaves("two advertisements of a pool add up their interfaces", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("one", { interfaces: ["eth0"] });
  const vip = await play.service("web", NODES);
  const [first = ""] = ranked(vip);
  await stage.client.finds(vip, first);
  await play.l2("two", { interfaces: ["eth1"] });
  await stage.client.finds(vip, first, `${first}/eth1`);
  await play.lists("web", first, "eth0", "eth1");
});

behaves("each node announces on the interfaces that are for it", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("one", { interfaces: ["eth0"], nodeSelectors: onNodes("node-a") });
  await play.l2("two", { interfaces: ["eth1"], nodeSelectors: onNodes("node-b") });
  const vip = await play.service("web", NODES);
  const stations = { "node-a": "node-a", "node-b": "node-b/eth1" } as const;
  const [first, second] = ranked(vip, ["node-a", "node-b"]) as ["node-a", "node-b"];
  await stage.client.finds(vip, stations[first]);
  await stage.node(first, { networkUnavailable: true });
  await stage.client.finds(vip, stations[second]);
});

interfaces.run();
