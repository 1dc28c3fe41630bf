/** Services of both families, and of IPv6 alone: of MetalLB's end-to-end suite what `l2.go` checks in its layouts of IPv6 and dual stack. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../bgp-peers/until.ts";
import { addressesOf } from "../cluster-e2e/scene.ts";
import { parseMetrics } from "../testing/metrics-text.ts";
import { NODES, type NodeName, ranked } from "./hosts.ts";
import { type WireScene, wireTests } from "./wire-tests.ts";

const dualStack = suite("dual stack at layer 2 in a cluster");
const behaves = wireTests(dualStack, import.meta.url);

const POOL4 = "198.51.100.0/28";
const POOL6 = "2001:db8:feed::/124";
const HTTP = { protocol: "TCP", port: 80 } as const;
const REQUIRE = { ipFamilyPolicy: "RequireDualStack" };
const PREFER = { ipFamilyPolicy: "PreferDualStack" };
const SIX = { ipFamilies: ["IPv6"] };
const COUNTERS = ["requests_received", "responses_sent", "gratuitous_sent"].map((name) => `metallb_layer2_${name}`);

/** Both addresses of a Service with endpoints on every node. */
async function serve({ scene, play }: WireScene, spec: Readonly<Record<string, unknown>>): Promise<readonly [string, string]> {
  await play.service("web", NODES, { spec });
  const [four = "", six = ""] = addressesOf(await scene.get("web"));
  return [four, six];
}

behaves("both VIPs of a Service are answered for by one node, and reached there", async (wire) => {
  const { scene, stage, play } = wire;
  await scene.pool("public", [POOL4, POOL6]);
  await play.l2("all");
  const vips = await serve(wire, REQUIRE);
  assert.equal(vips, ["198.51.100.0", "2001:db8:feed::"]);
  await stage.client.listen(Object.fromEntries(vips.map((vip) => [vip, [HTTP]])));
  const [owner = ""] = ranked(vips[0]);
  for (const vip of vips) {
    await stage.client.finds(vip, owner);
    assert.is((await stage.client.probe(vip, HTTP)).reached, owner, vip);
  }
  const [status] = await play.reports("ServiceL2Status", "web", [owner]);
  assert.is(status?.node, owner);
});

behaves("both move together", async (wire) => {
  const { scene, stage, play } = wire;
  await scene.pool("public", [POOL4, POOL6]);
  await play.l2("all");
  const vips = await serve(wire, REQUIRE);
  const [first, second] = ranked(vips[0]) as [NodeName, NodeName];
  await stage.node(first, { networkUnavailable: true });
  for (const vip of vips) await stage.client.finds(vip, second);
  await stage.node(first);
  for (const vip of vips) await stage.client.finds(vip, first);
});

behaves("the VIP of IPv4 decides, whichever family the Service names first", async (wire) => {
  const { scene, stage, play } = wire;
  await scene.pool("public", [POOL4, POOL6]);
  await play.l2("all");
  const vips = await serve(wire, { ...REQUIRE, ipFamilies: ["IPv6", "IPv4"] });
  assert.equal(vips, ["198.51.100.0", "2001:db8:feed::"]);
  for (const vip of vips) await stage.client.finds(vip, ranked(vips[0])[0] ?? "");
});

behaves("PreferDualStack has one VIP from a pool of one family, and a second when the pool gains the other", async (wire) => {
  const { scene, stage, play } = wire;
  await scene.pool("public", [POOL4]);
  await play.l2("all");
  const [four] = await serve(wire, PREFER);
  const [owner = ""] = ranked(four);
  await stage.client.finds(four, owner);
  await scene.pool("public", [POOL4, POOL6]);
  await scene.has("web", four, "2001:db8:feed::");
  for (const vip of [four, "2001:db8:feed::"]) await stage.client.finds(vip, owner);
});

behaves("of two pools of which one is advertised only its Services are answered for", async ({ scene, stage, play }) => {
  await scene.pool("one", [POOL6]);
  await scene.pool("two", ["2001:db8:feed::20/124"], { spec: { autoAssign: false } });
  await play.l2("all", { ipAddressPools: ["two"] });
  const hidden = await play.service("hidden", NODES, { spec: SIX });
  const shown = await play.service("shown", NODES, { spec: SIX, annotations: { "metallb.io/address-pool": "two" } });
  assert.equal([hidden, shown], ["2001:db8:feed::", "2001:db8:feed::20"]);
  await stage.client.finds(shown, ranked(shown)[0] ?? "");
  await stage.client.finds(hidden);
  await play.l2("all", { ipAddressPools: ["one", "two"] });
  await stage.client.finds(hidden, ranked(hidden)[0] ?? "");
});

behaves("only the winner counts solicitations and answers, by VIP", async ({ scene, stage, play }) => {
  await scene.pool("public", [POOL6]);
  await play.l2("all");
  const vip = await play.service("web", NODES, { spec: SIX });
  const [first, ...others] = ranked(vip) as [NodeName, ...NodeName[]];
  await stage.client.finds(vip, first);
  const readValue = async (node: NodeName, name: string): Promise<number> => {
    const { text } = await stage.metrics(node, stage.cluster.server.adminToken);
    const line = parseMetrics(text)[name]?.samples.find((sample) => sample.includes(`ip="${vip}"`));
    return Number(line?.split(" ").at(-1) ?? 0);
  };
  for (const name of COUNTERS) {
    await until(`${name} of ${first}`, async () => (await readValue(first, name)) > 0 || undefined);
    for (const other of others) assert.is(await readValue(other, name), 0, `${name} of ${other}`);
  }
  const announced = (await stage.metrics(first, stage.cluster.server.adminToken)).text;
  assert.match(announced, new RegExp(`metallb_speaker_announced\\{[^}]*ip="${vip}"[^}]*\\} 1`));
});

dualStack.run();
