/** Who answers for an address: of MetalLB's end-to-end suite what `l2.go`, `node_selector.go`, `service_selector.go`, `interface_selector.go` and
 * `speaker_failover.go` check by frames. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeNode } from "../api-server/objects.ts";
import { L2_STATUS, speakerTests } from "./speaker-stage.ts";

const layer2 = suite("layer 2 in a cluster");
const behaves = speakerTests(layer2, import.meta.url);

const VIP = "192.0.2.10";
const POOL = [`${VIP}-192.0.2.12`];

behaves("the first in rank answers, and ServiceL2Status and the Event name it, until the Service is gone", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("all");
  await scene.servedService("web");
  await stage.answers(VIP, "node-c");
  const [status] = await scene.statuses(L2_STATUS, "web", 1);
  assert.is(status?.status.node, "node-c");
  assert.match(await scene.told("web", "nodeAssigned"), /"node-c"/);
  await scene.deleteService("web");
  await scene.statuses(L2_STATUS, "web", 0);
  await stage.answers(VIP, undefined);
});

behaves("with policy Local only a node with an endpoint answers", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("all");
  await scene.servedService("web", { spec: { externalTrafficPolicy: "Local" } }, ["node-a"]);
  await stage.answers(VIP, "node-a");
  await scene.endpointsOn("web", ["node-b"]);
  await stage.answers(VIP, "node-b");
  await scene.endpointsOn("web", []);
  await stage.answers(VIP, undefined);
});

behaves("a node without network gives up the address, and has it back", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("all");
  await scene.servedService("web");
  await stage.answers(VIP, "node-c");
  await writeNode(scene.admin, "node-c", { addresses: ["192.0.2.3"], networkUnavailable: true });
  await stage.answers(VIP, "node-b");
  await writeNode(scene.admin, "node-c", { addresses: ["192.0.2.3"] });
  await stage.answers(VIP, "node-c");
});

behaves("a node that is excluded from load balancers gives up the address", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("all");
  await scene.servedService("web");
  await stage.answers(VIP, "node-c");
  const labels = { "node.kubernetes.io/exclude-from-external-load-balancers": "" };
  await writeNode(scene.admin, "node-c", { addresses: ["192.0.2.3"], labels });
  await stage.answers(VIP, "node-b");
});

behaves("Services that share an address are answered for by one node", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("all");
  const annotations = { "metallb.io/allow-shared-ip": "key" };
  await scene.servedService("one", { annotations });
  await scene.servedService("two", { annotations, port: 81 });
  await scene.has("two", VIP);
  const one = await scene.told("one", "nodeAssigned");
  assert.is(await scene.told("two", "nodeAssigned"), one);
  await stage.answers(VIP, "node-c");
});

behaves("a node that is gone is replaced by the next in rank; when it is back it has the address back", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("all");
  await scene.servedService("web");
  await stage.answers(VIP, "node-c");
  await stage.speaker("node-c").end("SIGKILL");
  await scene.admin.delete("v1/Node", "node-c");
  await stage.answers(VIP, "node-b");
  await writeNode(scene.admin, "node-c", { addresses: ["192.0.2.3"] });
  stage.speaker("node-c").start();
  await stage.answers(VIP, "node-c");
});

behaves("only selected nodes answer, several selectors are OR, and a node may be labelled later", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("some", { nodeSelectors: [{ matchLabels: { rack: "1" } }, { matchLabels: { rack: "2" } }] });
  await scene.servedService("web");
  await scene.has("web", VIP);
  await stage.answers(VIP, undefined);
  await writeNode(scene.admin, "node-a", { addresses: ["192.0.2.1"], labels: { rack: "1" } });
  await stage.answers(VIP, "node-a");
  await writeNode(scene.admin, "node-b", { addresses: ["192.0.2.2"], labels: { rack: "2" } });
  await stage.answers(VIP, "node-b");
});

behaves("pool and Service selectors must both match", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("gold", { ipAddressPools: ["local"], serviceSelectors: [{ matchLabels: { tier: "gold" } }] });
  await scene.servedService("plain");
  await scene.servedService("golden", { labels: { tier: "gold" } });
  await scene.has("golden", "192.0.2.11");
  await stage.answers("192.0.2.11", "node-a");
  await stage.answers(VIP, undefined);
  await scene.l2Advertisement("gold", { ipAddressPools: ["nowhere"], serviceSelectors: [{ matchLabels: { tier: "gold" } }] });
  await stage.answers("192.0.2.11", undefined);
});

behaves("an advertisement for an interface that no node has is no announcement, but an Event", async (scene, stage) => {
  await scene.pool("local", POOL);
  await scene.l2Advertisement("all", { interfaces: ["eth7"] });
  await scene.servedService("web");
  assert.match(await scene.told("web", "announceFailed"), /eth7/);
  await stage.answers(VIP, undefined);
  await scene.l2Advertisement("all", { interfaces: ["eth0"] });
  await stage.answers(VIP, "node-c");
  const [status] = await scene.statuses(L2_STATUS, "web", 1);
  assert.equal(status?.status.interfaces, [{ name: "eth0" }]);
});

layer2.run();
