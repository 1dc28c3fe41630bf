/** What Prometheus reads of speakers: of MetalLB's end-to-end suite what `l2.go` and `metrics.go` check of them. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../bgp-peers/until.ts";
import { parseMetrics } from "../testing/metrics-text.ts";
import { NODES, type NodeName, ranked } from "./hosts.ts";
import type { WireStage } from "./wire-stage.ts";
import { routedTests } from "./wire-tests.ts";

const metrics = suite("metrics in a cluster");
const behaves = routedTests(metrics, import.meta.url);

const ACCOUNTS = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: prometheus, namespace: default }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: nobody, namespace: default }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: prometheus }
rules: [{ nonResourceURLs: [/metrics], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: prometheus }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus }
subjects: [{ kind: ServiceAccount, name: prometheus, namespace: default }]
`;

type Labels = Readonly<Record<string, string>>;

let token: Promise<string> | undefined;

function tokenOf({ admin, cluster }: WireStage): Promise<string> {
  token ??= admin.apply(ACCOUNTS).then(() => cluster.server.tokenOf("default", "prometheus"));
  return token;
}

/** Of one series; undefined where there is none. */
async function readValue(stage: WireStage, node: NodeName, name: string, labels: Labels = {}): Promise<number | undefined> {
  const { status, text } = await stage.metrics(node, await tokenOf(stage));
  if (status !== 200) return undefined;
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const samples = parseMetrics(text)[name]?.samples ?? [];
  const line = samples.find((sample) => wanted.every((part) => sample.includes(part)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ")));
}

async function becomes(stage: WireStage, node: NodeName, name: string, labels: Labels, isRight: (value: number | undefined) => boolean) {
  await until(`right ${name} of ${node}`, async () => isRight(await readValue(stage, node, name, labels)) || undefined);
}

behaves("metrics are for those who may read them", async ({ stage }) => {
  await tokenOf(stage);
  const asked = async (who: string) => (await stage.metrics("node-a", who)).status;
  await until("port for metrics", async () => (await stage.metrics("node-a", "x").catch(() => undefined)) && true);
  assert.is(await asked("wrong"), 401);
  assert.is(await asked(await stage.cluster.server.tokenOf("default", "nobody")), 403);
  assert.is(await asked(await tokenOf(stage)), 200);
});

behaves("only the winner counts ARP, and announces no longer when the Service has gone", async ({ scene, stage, play }) => {
  await scene.pool("public", ["198.51.100.0/28"]);
  await play.l2("all");
  const vip = await play.service("web", NODES);
  const [first, ...others] = ranked(vip) as [NodeName, ...NodeName[]];
  await stage.client.finds(vip, first);
  const announced = { service: play.whole("web"), protocol: "layer2", node: first, ip: vip };
  await becomes(stage, first, "metallb_speaker_announced", announced, (value) => value === 1);
  for (const name of ["requests_received", "responses_sent", "gratuitous_sent"]) {
    await becomes(stage, first, `metallb_layer2_${name}`, { ip: vip }, (value) => value !== undefined && value > 0);
    for (const other of others) assert.is(await readValue(stage, other, `metallb_layer2_${name}`, { ip: vip }), undefined);
  }
  for (const other of others) assert.is(await readValue(stage, other, "metallb_speaker_announced", { ip: vip }), undefined);
  await scene.deleteService("web");
  await becomes(stage, first, "metallb_speaker_announced", { ip: vip }, (value) => value === undefined);
  await becomes(stage, first, "metallb_layer2_requests_received", { ip: vip }, (value) => value === undefined);
});

behaves("every node tells its sessions and what it has announced over them", async ({ scene, stage, play, external }) => {
  await scene.pool("public", ["198.51.100.0/28"]);
  await play.bgp("all");
  const vip = await play.service("web", NODES);
  await external.hears(`${vip}/32`, NODES);
  const peer = { peer: "192.0.2.1:179", vrf: "default" };
  for (const node of NODES) {
    await becomes(stage, node, "metallb_bgp_session_up", peer, (value) => value === 1);
    await becomes(stage, node, "metallb_bgp_announced_prefixes_total", peer, (value) => value === 1);
    await becomes(stage, node, "metallb_bgp_updates_total", peer, (value) => value !== undefined && value > 0);
    await becomes(
      stage,
      node,
      "metallb_speaker_announced",
      { service: play.whole("web"), protocol: "bgp", node, ip: vip },
      (value) => value === 1,
    );
  }
  await scene.deleteService("web");
  for (const node of NODES) {
    await becomes(stage, node, "metallb_bgp_announced_prefixes_total", peer, (value) => value === 0);
    await becomes(stage, node, "metallb_speaker_announced", { ip: vip }, (value) => value === undefined);
  }
});

behaves("bad configuration makes it stale, and its repair ends that", async ({ stage, play }) => {
  await becomes(stage, "node-a", "metallb_k8s_client_config_stale_bool", {}, (value) => value === 0);
  await play.bgp("bad", { communities: ["unknown-name"] });
  for (const node of NODES) await becomes(stage, node, "metallb_k8s_client_config_stale_bool", {}, (value) => value === 1);
  assert.is(await readValue(stage, "node-a", "metallb_k8s_client_config_loaded_bool"), 1);
  await play.configure("Community", "names", { communities: [{ name: "unknown-name", value: "65001:1" }] });
  for (const node of NODES) await becomes(stage, node, "metallb_k8s_client_config_stale_bool", {}, (value) => value === 0);
});

metrics.run();
