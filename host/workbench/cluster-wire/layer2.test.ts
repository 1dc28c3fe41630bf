/** One VIP, one answerer: of MetalLB's end-to-end suite what `l2.go` checks on the wire. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EXCLUDE_LABEL, NODES, type NodeName, ranked } from "./hosts.ts";
import { wireTests } from "./wire-tests.ts";

const layer2 = suite("layer 2 in a cluster");
const behaves = wireTests(layer2, import.meta.url);

const POOL = ["198.51.100.0/28"];
const HTTP = { protocol: "TCP", port: 80 } as const;

behaves("with policy Cluster a VIP is reachable, wherever the endpoints are", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", ["node-a"]);
  await stage.client.listen({ [vip]: [HTTP] });
  const [first = ""] = ranked(vip);
  await stage.client.finds(vip, first);
  const { reached, answeredFrom } = await stage.client.probe(vip, HTTP);
  assert.equal([reached, answeredFrom], [first, [first]]);
});

behaves("ServiceL2Status and nodeAssigned name the winner, and the status goes with the Service", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", NODES);
  const owner = await stage.client.owner(vip);
  const [status] = await play.reports("ServiceL2Status", "web", [owner]);
  assert.equal(status, { node: owner, serviceName: "web", serviceNamespace: scene.namespace, interfaces: [] });
  assert.is(await scene.told("web", "nodeAssigned"), `announcing from node "${owner}" with protocol "layer2"`);
  await scene.deleteService("web");
  await play.reports("ServiceL2Status", "web", []);
  await stage.client.finds(vip);
});

behaves("with policy Local only a node with endpoints answers, and takes the connections", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", [], { spec: { externalTrafficPolicy: "Local" } });
  await stage.client.listen({ [vip]: [HTTP] });
  for (const node of NODES) {
    await stage.endpoints(play.whole("web"), node);
    await stage.client.finds(vip, node);
    assert.is((await stage.client.probe(vip, HTTP)).reached, node);
  }
  await stage.endpoints(play.whole("web"));
  await stage.client.finds(vip);
});

behaves("a Service is reached at all of its ports, of TCP and UDP", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const ports = [HTTP, { protocol: "UDP", port: 53 }] as const;
  const named = ports.map(({ protocol, port }) => ({ name: protocol.toLowerCase(), protocol, port }));
  const vip = await play.service("web", NODES, { spec: { ports: named } });
  await stage.client.listen({ [vip]: ports });
  const owner = await stage.client.owner(vip);
  for (const port of ports) assert.is((await stage.client.probe(vip, port)).reached, owner);
});

behaves("a node whose network is unavailable gives its VIP up, and gets it back", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", NODES);
  const [first, second] = ranked(vip) as [NodeName, NodeName];
  await stage.client.finds(vip, first);
  await stage.node(first, { networkUnavailable: true });
  await stage.client.finds(vip, second);
  await play.reports("ServiceL2Status", "web", [second]);
  await stage.node(first);
  await stage.client.finds(vip, first);
  await play.reports("ServiceL2Status", "web", [first]);
});

behaves("the label that excludes a node from load balancers moves its VIP", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const vip = await play.service("web", NODES);
  const [first, second] = ranked(vip) as [NodeName, NodeName];
  await stage.client.finds(vip, first);
  await stage.node(first, { labels: { [EXCLUDE_LABEL]: "" } });
  await stage.client.finds(vip, second);
  await stage.node(first);
  await stage.client.finds(vip, first);
});

behaves("addresses of pools that are ranges and of pools that are prefixes are answered for", async ({ scene, stage, play }) => {
  await scene.pool("range", ["198.51.100.16-198.51.100.17"]);
  await scene.pool("prefix", ["198.51.100.32/31"]);
  await play.l2("all");
  const vips = await Promise.all(
    ["range", "prefix"].map((pool) => play.service(pool, NODES, { annotations: { "metallb.io/address-pool": pool } })),
  );
  assert.equal(vips, ["198.51.100.16", "198.51.100.32"]);
  for (const vip of vips) await stage.client.finds(vip, ranked(vip)[0] ?? "");
});

behaves("Services that share an address come from one node, and their Events are equal", async ({ scene, stage, play }) => {
  await scene.pool("public", POOL);
  await play.l2("all");
  const annotations = { "metallb.io/allow-shared-ip": "key", "metallb.io/loadBalancerIPs": "198.51.100.7" };
  const vips = await Promise.all([
    play.service("one", NODES, { annotations, port: 80 }),
    play.service("two", NODES, { annotations, port: 81 }),
  ]);
  assert.equal(vips, ["198.51.100.7", "198.51.100.7"]);
  const [owner = ""] = ranked("198.51.100.7");
  await stage.client.finds("198.51.100.7", owner);
  const messages = [await scene.told("one", "nodeAssigned"), await scene.told("two", "nodeAssigned")];
  assert.equal(messages, Array(2).fill(`announcing from node "${owner}" with protocol "layer2"`));
  await scene.deleteService("one");
  await play.reports("ServiceL2Status", "one", []);
  await stage.client.finds("198.51.100.7", owner);
});

layer2.run();
