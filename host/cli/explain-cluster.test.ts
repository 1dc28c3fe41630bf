/** A Service explained by the objects of a cluster, against a real API server. */

import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { definePlugin } from "../announcer.ts";
import { metadataOf, speakerLeaseName } from "../cluster/kubernetes/speakers/speaker-words.ts";
import { type ApiServer, startApiServer } from "../workbench/api-server/api-server.ts";
import { writeEndpoints, writeNamespace, writeNode } from "../workbench/api-server/objects.ts";
import { apiServer, testWith } from "../workbench/testing/requirements.ts";
import { runHere } from "../workbench/testing/run-command.ts";
import { explainCommandFor } from "./explain.ts";
import type { Explanation } from "./explanation.ts";

const EXPLAIN = suite("herald explain, of a cluster");

const NS = "herald";
const CRDS = new URL("../../deploy/crds/", import.meta.url);
const METALLB = "metallb.io/v1beta1";
const NODES = ["node-a", "node-b", "node-c"];

const arp = definePlugin({
  ...{ name: "arp", api: 1, from: "owner", serves: { kind: "L2Advertisement", families: [4] }, config: {}, attributes: {}, example: {} },
  permissions: () => [],
  start: () => Promise.reject(new Error("an explanation starts nothing")),
});
const command = explainCommandFor({ builtIns: [arp], optional: [] });

let server: ApiServer | undefined;

function running(): ApiServer {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
}

const explain = (service: string, ...flags: string[]) =>
  runHere(command, service, "--kubeconfig", running().kubeconfig(), "--namespace", NS, ...flags);

async function writeLease(node: string, renewedAgoMs: number): Promise<void> {
  const metadata = { name: speakerLeaseName(node), namespace: NS, ...metadataOf({ node, links: ["eth0"], macs: [], isLeaving: false }) };
  const renewTime = new Date(Date.now() - renewedAgoMs).toISOString().replace("Z", "000Z");
  const spec = { holderIdentity: node, leaseDurationSeconds: 3600, renewTime };
  await running().admin.apply({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec });
}

testWith(EXPLAIN, [apiServer], "an API server starts, with a Service that has an address", async () => {
  server = await startApiServer();
  const { admin } = server;
  for (const name of readdirSync(CRDS)) await admin.apply(readFileSync(new URL(name, CRDS), "utf8"));
  for (const name of [NS, "shop"]) await writeNamespace(admin, name);
  for (const name of NODES) await writeNode(admin, name, { networkUnavailable: name === "node-c" });
  for (const name of NODES) await writeLease(name, name === "node-c" ? 7_200_000 : 1000);
  await admin.apply({
    apiVersion: METALLB,
    kind: "IPAddressPool",
    metadata: { name: "p", namespace: NS },
    spec: { addresses: ["192.0.2.1/32"] },
  });
  await admin.apply({ apiVersion: METALLB, kind: "L2Advertisement", metadata: { name: "a", namespace: NS }, spec: {} });
  for (const name of ["web", "late"]) {
    const spec = { type: "LoadBalancer", selector: { app: name }, ports: [{ port: 80 }] };
    await admin.apply({ apiVersion: "v1", kind: "Service", metadata: { name, namespace: "shop" }, spec });
  }
  await admin.patch("v1/Service", "shop/web", { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } }, { subresource: "status" });
  await writeEndpoints(admin, "shop/web", [{ address: "10.0.0.9", node: "node-a" }]);
});

testWith(EXPLAIN, [apiServer], "before a speaker has said anything, nobody answers", async () => {
  const { code, out, err } = await explain("shop/web");
  assert.equal([code, err], [0, ""]);
  assert.match(out, /^shop\/web: 192\.0\.2\.1 is answered by nobody, as far as speakers have said; it should be by node-[ab]\n/);
  assert.match(out, /NO {2}network available +no \(nodeNetworkUnavailable\) {2}node-c\n/);
  assert.match(out, "Speakers that are silent: node-c\n");
});

testWith(EXPLAIN, [apiServer], "the owner is who has said so, with what was said of the Service", async () => {
  const { admin } = running();
  const labels = { "metallb.io/node": "node-b", "metallb.io/service-name": "web", "metallb.io/service-namespace": "shop" };
  await admin.apply({ apiVersion: METALLB, kind: "ServiceL2Status", metadata: { name: "l2-x", namespace: NS, labels }, spec: {} });
  const status = { node: "node-b", serviceName: "web", serviceNamespace: "shop", interfaces: [{ name: "eth0" }] };
  await admin.patch(`${METALLB}/ServiceL2Status`, `${NS}/l2-x`, { status }, { subresource: "status" });
  const now = new Date().toISOString().replace(/\.\d+/, "");
  await admin.apply({
    ...{
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "web.1", namespace: "shop" },
      type: "Normal",
      reason: "nodeAssigned",
      count: 2,
    },
    ...{ message: 'announcing from node "node-b"', firstTimestamp: now, lastTimestamp: now, source: { component: "metallb-speaker" } },
    involvedObject: { kind: "Service", namespace: "shop", name: "web" },
  });
  const { out } = await explain("shop/web");
  assert.match(out, /^shop\/web: 192\.0\.2\.1 is answered by node-b since \d+ s; node-a stands by\n/);
  assert.match(out, /ServiceL2Status: node-b on eth0, since \d+ s\n/);
  assert.match(out, /nodeAssigned x2 +announcing from node "node-b"\n/);
  const { basis, cluster } = JSON.parse((await explain("shop/web", "--json")).out) as Explanation;
  assert.equal([basis, cluster?.l2[0]?.node, cluster?.events[0]?.count, cluster?.refused], ["cluster", "node-b", 2, []]);
  assert.equal(
    cluster?.speakers.map(({ node, isSilent }) => [node, isSilent]),
    NODES.map((node) => [node, node === "node-c"]),
  );
});

testWith(EXPLAIN, [apiServer], "why a Service has no address is the controller's reason", async () => {
  assert.match((await explain("shop/late")).out, /^shop\/late: it has no address: No free IPv4 address in pool "p"\n/);
});

testWith(EXPLAIN, [apiServer], "an unknown Service is told with those that may be meant", async () => {
  const { code, err } = await explain("shop/wbe");
  assert.equal([code, err], [1, "herald explain: There is no Service shop/wbe: did you mean shop/web?\n"]);
});

EXPLAIN.after(async () => {
  await server?.stop();
});

EXPLAIN.run();
