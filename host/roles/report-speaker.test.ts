/** A whole speaker against a real API server, with announcers that only take over: what it reports, and what of that a successor finds. */

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Announcer, definePlugin } from "../announcer.ts";
import { memoryWire } from "../packets/memory-wire.ts";
import { openMemoryNetwork } from "../packets/network.ts";
import { type ApiServer, startApiServer } from "../workbench/api-server/api-server.ts";
import { writeEndpoints, writeNamespace, writeNode } from "../workbench/api-server/objects.ts";
import type { KubernetesObject } from "../workbench/api-server/test-client.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { apiServer, testWith } from "../workbench/testing/requirements.ts";
import { inCluster } from "./in-cluster.ts";
import { type Speaker, startSpeaker } from "./speaker.ts";

const REPORT = suite("reportSpeaker");

const NS = "metallb-system";
const NODE = "node-1";
const SPEAKER_NAME = `${NS}/speaker-${NODE}`;
const CRDS = new URL("../../deploy/crds/", import.meta.url);

const CLUSTER = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: home, namespace: ${NS} }
spec: { addresses: [192.0.2.0/28] }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: home, namespace: ${NS} }
spec: { interfaces: [eth0] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80 }] }
`;

let server: ApiServer | undefined;
let speaker: Speaker | undefined;
const sessions = [{ name: "tor-a", state: "established", prefixes: 1, uptimeSeconds: 5, localAs: 64512, peerAs: 64513 }];

function toy(name: string, kind: string, from: "owner" | "every-node", more: Partial<Announcer> = {}) {
  const announcer: Announcer = { apply: async () => [], stop: async () => {}, ...more };
  return definePlugin<unknown>({
    ...{ name, api: 1, from, serves: { kind, families: [4, 6] }, config: {}, attributes: {}, example: {} },
    permissions: () => [],
    start: async () => announcer,
  });
}

async function leaseWords(): Promise<unknown> {
  const name = `${NS}/herald-speaker-${NODE}`;
  const look = ({ metadata }: KubernetesObject) => metadata["annotations"]?.["herald.dev/speaker"];
  return JSON.parse((await server?.admin.until("coordination.k8s.io/v1/Lease", name, "words", look)) ?? "null");
}

async function start(): Promise<Speaker> {
  if (server === undefined) throw new Error("The API server did not start");
  const { log } = recordedLog();
  const cluster = await inCluster({
    ...{ kubeconfig: server.kubeconfig(), namespace: NS, node: NODE, podName: "speaker-x", loadBalancerClass: undefined },
    ...{ ignoreExcludeLabel: false, honorCordon: false, isTakeover: false, endpoints: { metricsPort: 0, healthPort: 0, tls: {} } },
    ...{ log, signal: new AbortController().signal },
  });
  const bgp = toy("bgp", "BGPAdvertisement", "every-node", { inspect: (what) => (what === "peers" ? sessions : undefined) });
  return startSpeaker({
    node: NODE,
    ...cluster,
    openNetwork: async () => openMemoryNetwork(memoryWire(), NODE, "02:00:00:00:00:01"),
    plugins: [toy("arp", "L2Advertisement", "owner"), bgp].map((definition) => ({ definition, config: {} })),
    log,
    onFatal: () => {},
  });
}

testWith(REPORT, [apiServer], "a Service, a session and the configuration of a cluster are reported", async () => {
  server = await startApiServer();
  const { admin } = server;
  for (const name of readdirSync(CRDS)) await admin.apply(readFileSync(new URL(name, CRDS), "utf8"));
  for (const name of [NS, "shop"]) await writeNamespace(admin, name);
  await writeNode(admin, NODE, { addresses: ["192.0.2.101"] });
  const service = (await admin.apply(CLUSTER)).at(-1);
  await writeEndpoints(admin, "shop/web", [{ address: "10.0.0.1", node: NODE }]);
  await admin.patch("v1/Service", "shop/web", { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } }, { subresource: "status" });
  speaker = await start();
  const find = async (kind: string, namespace: string, isSo: (object: Awaited<ReturnType<typeof admin.list>>[number]) => boolean) => {
    for (const deadline = performance.now() + 40_000; ; await wait(100)) {
      const found = (await admin.list(kind, namespace).catch(() => [])).find(isSo);
      if (found !== undefined) return found;
      if (performance.now() > deadline) throw new Error(`No such ${kind}`);
    }
  };
  const status = await find("metallb.io/v1beta1/ServiceL2Status", NS, (object) => object.status?.interfaces !== undefined);
  assert.equal(status.status, { node: NODE, serviceName: "web", serviceNamespace: "shop", interfaces: [{ name: "eth0" }] });
  const event = await find("v1/Event", "shop", ({ reason }) => reason === "nodeAssigned");
  assert.equal(
    [event["message"], event["involvedObject"].uid],
    [`announcing from node "${NODE}" with protocol "layer2"`, service?.metadata["uid"]],
  );
  const session = await find("herald.dev/v1alpha1/BGPSessionState", NS, (object) => object.status?.state === "Established");
  await admin.until("metallb.io/v1beta1/ConfigurationState", SPEAKER_NAME, "Valid", (object) => object.status?.result === "Valid");
  assert.equal(await leaseWords(), { node: NODE, links: ["eth0"], macs: ["02:00:00:00:00:01"], isLeaving: false });

  await speaker.stop("replace");
  sessions[0] = { ...(sessions[0] as (typeof sessions)[0]), uptimeSeconds: 12, prefixes: 2 };
  speaker = await start();
  const after = await find("herald.dev/v1alpha1/BGPSessionState", NS, (object) => object.status?.prefixes === 2);
  assert.is(after.metadata["uid"], session.metadata["uid"], "a successor takes over what is there");
  const taken = await find("metallb.io/v1beta1/ServiceL2Status", NS, () => true);
  assert.is(taken.metadata["uid"], status.metadata["uid"]);
});

testWith(REPORT, [apiServer], "a pool that overlaps with another makes the configuration Invalid, and announcements stay", async () => {
  if (server === undefined) throw new Error("The API server did not start");
  const { admin } = server;
  const STATE = "metallb.io/v1beta1/ConfigurationState";
  const other = { apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata: { name: "other", namespace: NS } };
  await admin.apply({ ...other, spec: { addresses: ["192.0.2.8-192.0.2.20"] } });
  const said = await admin.until(STATE, SPEAKER_NAME, "Invalid", ({ status }) => status?.result === "Invalid" && status.errorSummary);
  assert.match(said, /^configuration error: IPAddressPool other spec\.addresses\[0\]: found /);
  const [status] = await admin.list("metallb.io/v1beta1/ServiceL2Status", NS);
  assert.is(status?.status.node, NODE);
  await admin.delete("metallb.io/v1beta1/IPAddressPool", `${NS}/other`);
  await admin.until(STATE, SPEAKER_NAME, "Valid", (object) => object.status?.result === "Valid");
});

testWith(REPORT, [apiServer], "a speaker that leaves says so by its Lease", async () => {
  await speaker?.stop("leave");
  speaker = undefined;
  assert.equal(await leaseWords(), { node: NODE, links: ["eth0"], macs: ["02:00:00:00:00:01"], isLeaving: true });
});

REPORT.after(async () => {
  await speaker?.stop("replace");
  await server?.stop();
});

REPORT.run();
