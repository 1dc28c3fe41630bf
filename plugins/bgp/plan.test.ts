/** `herald plan` with resources of BGP beside those of layer 2. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { definePlugin } from "../../host/announcer.ts";
import { planCommandFor } from "../../host/cli/plan.ts";
import type { PlanOutput } from "../../host/cli/plan-manifests.ts";
import { runHere } from "../../host/workbench/testing/run-command.ts";
import bgp from "./plugin.ts";

const plan = suite("herald plan with BGP");

const arp = definePlugin({
  ...{ name: "arp", api: 1, from: "owner", serves: { kind: "L2Advertisement", families: [4] }, config: {}, example: {} },
  permissions: () => [],
  start: () => Promise.reject(new Error("a plan starts nothing")),
});
const command = planCommandFor({ builtIns: [arp, bgp], optional: [] });

const object = (kind: string, name: string, spec = "") =>
  `---\n{apiVersion: metallb.io/v1beta1, kind: ${kind}, metadata: {name: ${name}}, spec: {${spec}}}\n`;
const node = (name: string, rack: string) => `---\n{apiVersion: v1, kind: Node, metadata: {name: ${name}, labels: {rack: ${rack}}}}\n`;
const service = (name: string, more = "") =>
  `---\n{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {type: LoadBalancer, ports: [{port: 80}]${more}}}\n`;

const MANIFESTS = [
  node("node-a", "one") + node("node-b", "one") + node("node-c", "two"),
  object("IPAddressPool", "both", "addresses: [192.0.2.0/31]") + object("IPAddressPool", "far", "addresses: [198.51.100.0/31]"),
  object("L2Advertisement", "l2", "ipAddressPools: [both]") + object("BGPAdvertisement", "near", "ipAddressPools: [both]"),
  object("BGPAdvertisement", "far", "ipAddressPools: [far], nodeSelectors: [{matchLabels: {rack: one}}]"),
  service("web") + service("api", ", loadBalancerIP: 198.51.100.1") + service("idle", ", loadBalancerIP: 198.51.100.0, selector: {app: x}"),
].join("");

async function withManifests(yaml: string, use: (path: string) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "herald-plan-"));
  try {
    writeFileSync(join(path, "all.yaml"), yaml);
    await use(path);
  } finally {
    rmSync(path, { recursive: true });
  }
}

plan("VIA has all announcers, and the owner is that of layer 2 alone", async () => {
  await withManifests(MANIFESTS, async (path) => {
    const { code, out } = await runHere(command, "--manifests", path);
    assert.is(
      out,
      [
        "SERVICE       VIP           POOL  OWNER > HEIRS             VIA",
        "default/api   198.51.100.1  far                             bgp",
        "default/idle  198.51.100.0  far",
        "default/web   192.0.2.0     both  node-a > node-c > node-b  arp, bgp",
        "",
        "By bgp:",
        "  192.0.2.0 from node-a, node-b, node-c",
        "  198.51.100.1 from node-a, node-b",
        "",
        "Not announced:",
        "  default/api by bgp: noMatchingAdvertisement (node-c)",
        "  default/idle by arp, bgp: noEndpoints (node-a, node-b, node-c)",
        "",
      ].join("\n"),
    );
    assert.is(code, 0);
  });
});

plan("--json has an announcement for each node and announcer, and keeps its shape", async () => {
  await withManifests(MANIFESTS, async (path) => {
    const { out } = await runHere(command, "--manifests", path, "--json");
    const { owners, announcements, ...rest } = JSON.parse(out) as PlanOutput;
    assert.equal(Object.keys(rest), ["allocations", "refused", "problems"]);
    assert.equal(
      owners.map(({ vip }) => vip),
      ["192.0.2.0"],
    );
    assert.equal(
      announcements.map(({ node: from, vip, via }) => `${from} ${vip} ${via}`),
      [
        ...["node-a 192.0.2.0 arp", "node-a 192.0.2.0 bgp", "node-a 198.51.100.1 bgp"],
        ...["node-b 192.0.2.0 bgp", "node-b 198.51.100.1 bgp", "node-c 192.0.2.0 bgp"],
      ],
    );
  });
});

plan("nothing is said of BGP where nobody asked for it", async () => {
  const parts = [
    "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: home}\nspec: {addresses: [192.0.2.0/28]}",
    "apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\nmetadata: {name: home}",
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 80}]}",
  ];
  await withManifests(parts.join("\n---\n"), async (path) => {
    const outputs = await Promise.all(
      [command, planCommandFor({ builtIns: [arp], optional: [] })].map((each) => runHere(each, "--manifests", path)),
    );
    assert.match(outputs[0]?.out ?? "", /default\/web +192\.0\.2\.0 .* arp/);
    assert.equal(outputs[0], outputs[1]);
  });
});

plan("problems of BGP's resources have file and line, and no password", async () => {
  const peer = (spec: string) =>
    `---\napiVersion: metallb.io/v1beta2\nkind: BGPPeer\nmetadata: {name: tor}\nspec:\n  myASN: 1\n  peerASN: 2\n  peerAddress: 192.0.2.1\n${spec}`;
  await withManifests(peer("  password: 4711\n"), async (path) => {
    const { code, out } = await runHere(command, "--manifests", path);
    assert.match(out, "all.yaml:9: BGPPeer tor spec.password: found a number, expected a string");
    assert.not.match(out, "4711");
    assert.is(code, 1);
  });
  await withManifests(peer("  passwordSecret: {name: md5}\n"), async (path) => {
    assert.match((await runHere(command, "--manifests", path)).out, 'all.yaml:9: BGPPeer tor spec.passwordSecret.name: found "md5", which');
  });
});

plan.run();
