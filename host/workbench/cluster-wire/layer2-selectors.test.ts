/** Which nodes, which Services, which class, and who is there at all: of MetalLB's end-to-end suite, `l2tests` by the names of its files. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SERVICE } from "../cluster-e2e/scene.ts";
import { NODES, type NodeName, onNodes, ranked } from "./hosts.ts";
import { wireTests } from "./wire-tests.ts";

const selectors = suite("layer 2 selectors in a cluster");
const behaves = wireTests(selectors, import.meta.url);

const POOL = ["198.51.100.0/28"];
const CHOSEN = { chosen: "yes" };

function withLabel(key: string, value: string) {
  return { matchLabels: { [key]: value } };
}

behaves("the one selected node announces", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  const vip = await play.service("web", NODES);
  for (const node of NODES) {
    await play.l2("all", { nodeSelectors: onNodes(node) });
    await stage.client.finds(vip, node);
  }
});

behaves("of several node selectors one is enough", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  const vip = await play.service("web", NODES);
  const [first, second, third] = ranked(vip) as [NodeName, NodeName, NodeName];
  await play.l2("all", { nodeSelectors: onNodes(second, third) });
  await stage.client.finds(vip, second);
  await play.l2("all", { nodeSelectors: onNodes(first, third) });
  await stage.client.finds(vip, first);
});

behaves("a node announces when it is labelled, and no longer when the label goes", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all", { nodeSelectors: [{ matchLabels: CHOSEN }] });
  const vip = await play.service("web", NODES);
  await stage.node("node-b", { labels: CHOSEN });
  await stage.client.finds(vip, "node-b");
  await stage.node("node-b");
  await stage.client.finds(vip);
  await stage.node("node-c", { labels: CHOSEN });
  await stage.client.finds(vip, "node-c");
});

behaves("an advertisement is for Services that are of its pool and have its label", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await scene.pool("other", ["198.51.100.32/28"], { spec: { autoAssign: false } });
  await play.l2("some", { ipAddressPools: ["public"], serviceSelectors: [withLabel("app", "web")] });
  const elsewhere = { labels: { app: "web" }, annotations: { "metallb.io/address-pool": "other" } };
  const foreign = await play.service("foreign", NODES, elsewhere);
  const vip = await play.service("web", NODES, { labels: { app: "web" } });
  const [first = ""] = ranked(vip);
  await stage.client.finds(vip, first);
  await scene.edit("web", { metadata: { labels: { app: "db" } } });
  await stage.client.finds(vip);
  await scene.edit("web", { metadata: { labels: { app: "web" } } });
  await stage.client.finds(vip, first);
  assert.equal((await stage.client.probe(foreign)).answeredFrom, []);
});

behaves("with two advertisements for a Service exactly one node announces", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  const vip = await play.service("web", NODES, { labels: { app: "web", tier: "front" } });
  const [first, second, third] = ranked(vip) as [NodeName, NodeName, NodeName];
  await play.l2("one", { serviceSelectors: [withLabel("app", "web")], nodeSelectors: onNodes(first, third) });
  await stage.client.finds(vip, first);
  await play.l2("two", { serviceSelectors: [withLabel("tier", "front")], nodeSelectors: onNodes(second, third) });
  await scene.edit("web", { metadata: { labels: { app: null } } });
  await stage.client.finds(vip, second);
  await scene.edit("web", { metadata: { labels: { app: "web" } } });
  await stage.client.finds(vip, first);
});

behaves("where no advertisement is for both the Service and the node, nobody announces", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("mine", { serviceSelectors: [withLabel("app", "web")], nodeSelectors: onNodes("node-a") });
  await play.l2("others", { serviceSelectors: [withLabel("app", "db")] });
  const vip = await play.service("web", NODES, { labels: { app: "web" } });
  await stage.client.finds(vip, "node-a");
  await play.l2("mine", { serviceSelectors: [withLabel("app", "web")], nodeSelectors: [{ matchLabels: CHOSEN }] });
  await stage.client.finds(vip);
  await stage.node("node-b", { labels: CHOSEN });
  await stage.client.finds(vip, "node-b");
});

behaves("of several service selectors one is enough", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("some", { serviceSelectors: [withLabel("app", "web"), withLabel("app", "db")] });
  const vips = [
    await play.service("web", NODES, { labels: { app: "web" } }),
    await play.service("db", NODES, { labels: { app: "db" } }),
    await play.service("job", NODES, { labels: { app: "job" } }),
  ] as const;
  await stage.client.finds(vips[0], ranked(vips[0])[0] ?? "");
  await stage.client.finds(vips[1], ranked(vips[1])[0] ?? "");
  await stage.client.finds(vips[2]);
  await scene.edit("job", { metadata: { labels: { app: "db" } } });
  await stage.client.finds(vips[2], ranked(vips[2])[0] ?? "");
});

behaves("a Service of another class is nobody's, whatever its status says", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  await scene.service("foreign", { spec: { loadBalancerClass: "example.com/other" } });
  await stage.endpoints(play.whole("foreign"), ...NODES);
  const status = { loadBalancer: { ingress: [{ ip: "198.51.100.9" }] } };
  await stage.admin.patch(SERVICE, play.whole("foreign"), { status }, { subresource: "status" });
  for (const node of NODES) {
    await play.l2("all", { nodeSelectors: onNodes(node) });
    const vip = await play.service("own", NODES);
    await stage.client.finds(vip, node);
    assert.equal((await stage.client.probe("198.51.100.9")).answeredFrom, []);
  }
});

behaves("when a node dies another takes its VIP, and gives it back when that returns", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", NODES);
  const [first, second] = ranked(vip) as [NodeName, NodeName];
  await stage.client.finds(vip, first);
  await stage.speaker(first).end("SIGKILL");
  await stage.client.finds(vip);
  await stage.admin.delete("v1/Node", first);
  await stage.client.finds(vip, second);
  await play.reports("ServiceL2Status", "web", [second]);
  await stage.node(first);
  stage.speaker(first).start();
  await stage.client.finds(vip, first);
  await play.reports("ServiceL2Status", "web", [first]);
});

selectors.run();
