/** `herald lab --once` with IPv6 alone, and with both families: over layer 2 and BGP, in namespaces and in memory. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { refusingPath } from "../testing/refusing-path.ts";
import { namespaces, testWith } from "../testing/requirements.ts";
import { runLab } from "../testing/running-lab.ts";
import type { RouteResult } from "./route-row.ts";
import type { RowResult } from "./row.ts";

const FAMILIES = suite("families in the lab");

const directory = mkdtempSync(join(tmpdir(), "herald-families-"));
FAMILIES.after(() => rmSync(directory, { recursive: true, force: true }));

function node(name: string, ...addresses: readonly string[]) {
  return { apiVersion: "v1", kind: "Node", metadata: { name }, status: { addresses: addresses.map(internal) } };
}

function internal(address: string) {
  return { type: "InternalIP", address };
}

function configure(kind: string, name: string, spec: unknown, version = "v1beta1") {
  return { apiVersion: `metallb.io/${version}`, kind, metadata: { name }, spec };
}

function service(name: string, spec: unknown, pool?: string) {
  const annotations = pool === undefined ? {} : { "metallb.io/address-pool": pool };
  return {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name, annotations } },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...(spec as object) },
  };
}

/** A directory with these objects. */
function manifests(name: string, ...items: readonly unknown[]): string {
  mkdirSync(join(directory, name));
  writeFileSync(join(directory, name, "all.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  return join(directory, name);
}

interface LabOutput {
  readonly services: readonly RowResult[];
  readonly routes: readonly RouteResult[];
}

const SIX = { ipFamilies: ["IPv6"] };
const DUAL = { ipFamilyPolicy: "RequireDualStack" };

const both = manifests(
  "both",
  configure("IPAddressPool", "lan", { addresses: ["10.9.8.240-10.9.8.250", "2001:db8:9::f0-2001:db8:9::ff"] }),
  configure("L2Advertisement", "lan", { ipAddressPools: ["lan"] }),
  service("dns", { ...DUAL, ports: [{ port: 53, protocol: "UDP" }] }),
  service("web", SIX),
  configure("IPAddressPool", "routed", { addresses: ["198.51.100.1/32", "2001:db8:51::1/128"], autoAssign: false }),
  configure("BGPAdvertisement", "routed", { ipAddressPools: ["routed"] }),
  configure("BGPPeer", "four", { myASN: 64512, peerASN: 64513, peerAddress: "10.9.8.1" }, "v1beta2"),
  configure("BGPPeer", "six", { myASN: 64512, peerASN: 64513, peerAddress: "2001:db8:9::1" }, "v1beta2"),
  service("photos", DUAL, "routed"),
);

function assertBoth(services: readonly RowResult[]): void {
  assert.equal(
    services.map(({ name, vip, resolved }) => [name, vip, resolved]),
    [
      ["default/dns", "10.9.8.240", true],
      ["default/dns", "2001:db8:9::f0", true],
      ["default/web", "2001:db8:9::f1", true],
    ],
  );
  const [four, six] = services;
  assert.equal([six?.owner, six?.mac], [four?.owner, four?.mac], "one node answers for both VIPs of a Service");
}

testWith(
  FAMILIES,
  [namespaces],
  "both VIPs of a Service resolve to one node and are reached there, and both kinds of routes are learned",
  async () => {
    const { code, stdout, stderr } = await runLab(["--json", "--manifests", both]);
    assert.is(code, 0, stderr);
    assert.match(stderr, /the client resolves no VIP \(tried 1 by ARP, 2 by NDP\), and no router has a route to one \(2 tried\)/);
    const { services, routes } = JSON.parse(stdout) as LabOutput;
    assertBoth(services);
    for (const { vip, owner, reached, firstReplyMicros } of services) {
      assert.is(reached, owner, `${vip}`);
      assert.ok(
        firstReplyMicros !== null && firstReplyMicros > 0 && firstReplyMicros < 1_000_000,
        `first reply after ${firstReplyMicros} µs`,
      );
    }
    assert.equal(
      routes.map(({ vip, router, learned, nextHops }) => [vip, router, learned, nextHops.length]),
      [
        ["198.51.100.1", "four", true, 3],
        ["2001:db8:51::1", "six", true, 3],
      ],
    );
    for (const { reached, nextHops } of routes) assert.ok(nextHops.includes(reached ?? ""), `reached ${reached}`);
  },
);

FAMILIES("both resolve in memory, too", async () => {
  const { code, stdout, stderr } = await runLab(["--json", "--manifests", both], { env: { PATH: refusingPath(directory) } });
  assert.is(code, 3, stderr);
  assertBoth((JSON.parse(stdout) as LabOutput).services);
});

const nodes = [1, 2].map((at) => node(`box-${at}`, `2001:db8::${at}`));
const six = configure("IPAddressPool", "six", { addresses: ["2001:db8::f0-2001:db8::ff"] });

testWith(FAMILIES, [namespaces], "a cluster may have IPv6 alone", async () => {
  const path = manifests("six", ...nodes, six, configure("L2Advertisement", "six", {}), service("web", SIX));
  const { code, stdout, stderr } = await runLab(["--json", "--manifests", path]);
  assert.is(code, 0, stderr);
  const [web] = (JSON.parse(stdout) as LabOutput).services;
  assert.match(web?.owner ?? "", /^box-[12]$/);
  assert.equal([web?.vip, web?.resolved, web?.reached], ["2001:db8::f0", true, web?.owner]);
});

testWith(FAMILIES, [namespaces], "the control fails where a node's kernel answers solicitations for a VIP", async () => {
  const own = node("box-3", "2001:db8::f0");
  const path = manifests("own", ...nodes, own, six, configure("L2Advertisement", "six", {}), service("web", SIX));
  const { code, stderr } = await runLab(["--once", "--manifests", path]);
  assert.is(code, 1, stderr);
  assert.match(stderr, /Control failed: with all speakers off the client resolved 2001:db8::f0, answered by the kernel of box-3/);
});

testWith(FAMILIES, [namespaces], "fails where the VIP of one family is not announced", async () => {
  const four = configure("IPAddressPool", "both", { addresses: ["10.0.0.1/32", "2001:db8::f0/128"] });
  const nowhere = { nodeSelectors: [{ matchLabels: { nobody: "has" } }] };
  const path = manifests("unannounced", ...nodes, four, configure("L2Advertisement", "both", nowhere), service("web", DUAL));
  const { code, stderr } = await runLab(["--once", "--manifests", path]);
  assert.is(code, 1);
  assert.match(stderr, /default\/web 2001:db8::f0 is announced by no node/);
});

FAMILIES.run();
