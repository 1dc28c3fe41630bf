import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeClock, settled } from "../../../workbench/testing/fake-clock.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { type Api, ApiError, type ApiRequest } from "../../api/api.ts";
import type { Happening } from "../events/events.ts";
import { Coexistence, type CoexistenceOptions } from "./coexistence.ts";
import { findIpvs } from "./ipvs.ts";

const coexistence = suite("coexistence");

type Labels = Readonly<Record<string, string>>;
const CHART = { "app.kubernetes.io/name": "metallb", "app.kubernetes.io/component": "speaker" };

function workload(name: string, labels: Labels, parts: { args?: string[]; replicas?: number; status?: object } = {}) {
  const { args = [], replicas, status } = parts;
  const containers = [{ name: "main", args, env: [{ name: "svc_enable", value: "true" }] }];
  const spec = { ...(replicas === undefined ? {} : { replicas }), template: { spec: { containers } } };
  return { metadata: { namespace: "metallb-system", name, labels, generation: 1 }, spec, ...(status === undefined ? {} : { status }) };
}

/** An API server with these workloads, which finds them by `key=value`, `key in (…)` and `key`. */
class Cluster implements Api {
  daemonsets: ReturnType<typeof workload>[] = [];
  deployments: ReturnType<typeof workload>[] = [];
  cilium: object[] = [];
  /** Of every answer, or of those about Cilium. */
  error: ApiError | undefined;
  ciliumError: ApiError | undefined = new ApiError("not found", { status: 404 });
  asked: ApiRequest[] = [];

  async request<Answer>(request: ApiRequest): Promise<Answer> {
    this.asked.push(request);
    const { path, query } = request;
    const isCilium = path.includes("cilium");
    const error = this.error ?? (isCilium ? this.ciliumError : undefined);
    if (error !== undefined) throw error;
    if (isCilium) return { items: this.cilium } as Answer;
    const all = path.endsWith("daemonsets") ? this.daemonsets : this.deployments;
    return { items: all.filter(({ metadata }) => selects(String(query?.["labelSelector"]), metadata.labels)) } as Answer;
  }

  stream = () => Promise.reject(new Error("Not asked"));
  cutOff = () => {};
  close = () => {};
}

function selects(selector: string, labels: Labels): boolean {
  const [, key = selector, values = ""] = /^(\S+?)(?:=| in \()([^)]*)\)?$/.exec(selector) ?? [];
  return values === "" ? key in labels : values.split(",").includes(labels[key] ?? "");
}

function open(cluster: Cluster, options: Partial<CoexistenceOptions> = {}) {
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  const told: Happening[] = [];
  const subject = { apiVersion: "v1", kind: "Node", name: "a" };
  const events = { sink: { record: (happening: Happening) => void told.push(happening) }, subject };
  const gate = new Coexistence({ api: cluster, part: "speaker", log, clock, events, random: () => 0.5, ...options });
  const changes: boolean[] = [];
  gate.onChange(() => changes.push(gate.isOpen("speaker")));
  return { gate, clock, lines, told, changes };
}

coexistence("a speaker in an empty cluster is closed until it has looked, and then open", async () => {
  const { gate, changes, clock } = open(new Cluster());
  assert.is(gate.isOpen("speaker"), false);
  await gate.start();
  assert.equal([gate.isOpen("speaker"), gate.isOpen("layer2"), gate.findings(), changes], [true, true, [], [true]]);
  gate.close();
  assert.is(clock.pending, 0);
});

for (const [by, labels] of [
  ["manifests", { app: "metallb", component: "speaker" }],
  ["chart", CHART],
  ["both", { ...CHART, app: "metallb", component: "speaker" }],
] as const) {
  coexistence(`a speaker announces nothing beside MetalLB's, installed by ${by}, and goes on soon after that has gone`, async () => {
    const cluster = new Cluster();
    cluster.daemonsets = [workload("speaker", labels)];
    const { gate, clock, lines, told, changes } = open(cluster);
    await gate.start();
    assert.equal([gate.isOpen("speaker"), gate.isOpen("layer2")], [false, false]);
    assert.equal(
      gate.findings().map(({ reason, object }) => [reason, object]),
      [["MetalLB", "DaemonSet metallb-system/speaker"]],
    );
    assert.is(lines[0]?.message, "MetalLB's speakers announce the addresses of the same Services; nothing is announced");
    assert.match(String(lines[0]?.fields["remedy"]), /^kubectl -n metallb-system delete daemonset speaker; herald migrate/);
    assert.equal(
      told.map(({ type, reason, object }) => [type, reason, object.name]),
      [["Warning", "AnotherLoadBalancer", "a"]],
    );
    await clock.advance(30_000);
    assert.is(lines.length, 1, "said once");
    cluster.daemonsets = [];
    await clock.advance(5_000);
    assert.equal([gate.isOpen("speaker"), changes], [true, [false, true]]);
    cluster.daemonsets = [workload("speaker", labels)];
    await clock.advance(75_000);
    assert.is(gate.isOpen("speaker"), false, "one that comes later counts too");
    gate.close();
  });
}

coexistence("MetalLB of another class, one that has no pods, and its other parts are no reason", async () => {
  const cluster = new Cluster();
  cluster.daemonsets = [
    workload("other-class", CHART, { args: ["--port=1", "--lb-class=metallb"] }),
    workload("no-node", CHART, { status: { observedGeneration: 1, desiredNumberScheduled: 0, currentNumberScheduled: 0 } }),
    workload("frr-k8s", { ...CHART, "app.kubernetes.io/component": "frr-k8s" }),
  ];
  const { gate } = open(cluster);
  await gate.start();
  assert.equal([gate.isOpen("speaker"), gate.findings()], [true, []]);
  gate.close();
  const same = open(cluster, { lbClass: "metallb" });
  await same.gate.start();
  assert.equal(
    same.gate.findings().map(({ object }) => object),
    ["DaemonSet metallb-system/other-class"],
  );
  same.gate.close();
});

coexistence("with takeover it tells and goes on", async () => {
  const cluster = new Cluster();
  cluster.daemonsets = [workload("speaker", CHART)];
  const { gate, lines } = open(cluster, { takeover: true });
  await gate.start();
  assert.equal([gate.isOpen("speaker"), gate.findings().length], [true, 1]);
  assert.match(lines[0]?.message ?? "", /; Herald goes on, since it takes over$/);
  gate.close();
});

coexistence("a controller waits for MetalLB's controller to be scaled to zero, and minds no speaker", async () => {
  const cluster = new Cluster();
  const labels = { app: "metallb", component: "controller" };
  cluster.deployments = [workload("controller", labels, { replicas: 1 })];
  cluster.daemonsets = [workload("speaker", CHART)];
  const { gate, clock } = open(cluster, { part: "controller" });
  await gate.start();
  assert.is(gate.isOpen("controller"), false);
  assert.match(gate.findings()[0]?.remedy ?? "", /^kubectl -n metallb-system scale deployment controller --replicas=0;/);
  cluster.deployments = [workload("controller", labels, { replicas: 0, status: { replicas: 1 } })];
  await clock.advance(5_000);
  assert.is(gate.isOpen("controller"), false, "its pod is still there");
  cluster.deployments = [workload("controller", labels, { replicas: 0, status: {} })];
  await clock.advance(5_000);
  assert.equal([gate.isOpen("controller"), gate.findings()], [true, []]);
  gate.close();
});

coexistence("ServiceLB closes both parts, unless Herald has a class of its own", async () => {
  const cluster = new Cluster();
  cluster.daemonsets = [workload("svclb-traefik-1", { "svccontroller.k3s.cattle.io/svcname": "traefik" })];
  for (const part of ["speaker", "controller"] as const) {
    const { gate } = open(cluster, { part });
    await gate.start();
    assert.equal([gate.isOpen(part), gate.findings()[0]?.reason], [false, "ServiceLB"]);
    gate.close();
  }
  const { gate } = open(cluster, { lbClass: "herald.dev/lb" });
  await gate.start();
  assert.equal([gate.isOpen("speaker"), gate.findings()], [true, []]);
  gate.close();
});

coexistence("kube-vip is told and closes nothing", async () => {
  const cluster = new Cluster();
  cluster.daemonsets = [workload("kube-vip-ds", { "app.kubernetes.io/name": "kube-vip-ds" })];
  const { gate, lines } = open(cluster);
  await gate.start();
  assert.equal([gate.isOpen("speaker"), gate.findings()[0]?.reason], [true, "kube-vip"]);
  assert.match(lines[0]?.message ?? "", /; Herald goes on$/);
  gate.close();
});

coexistence("Cilium's policy for all Services closes layer 2 alone, and one for some Services nothing", async () => {
  const cluster = new Cluster();
  cluster.ciliumError = undefined;
  cluster.cilium = [{ metadata: { name: "all" }, spec: { loadBalancerIPs: true } }];
  const { gate, clock } = open(cluster);
  await gate.start();
  assert.equal([gate.isOpen("speaker"), gate.isOpen("layer2")], [true, false]);
  cluster.cilium = [
    { metadata: { name: "some" }, spec: { loadBalancerIPs: true, serviceSelector: {} } },
    { metadata: { name: "external" } },
  ];
  await clock.advance(5_000);
  assert.equal([gate.isOpen("layer2"), gate.findings().length], [true, 1]);
  gate.close();
});

coexistence("an error leaves everything as it was, open or closed", async () => {
  const cluster = new Cluster();
  const { gate, clock, changes } = open(cluster);
  await gate.start();
  for (const status of [0, 429, 500]) {
    cluster.error = new ApiError("away", { status });
    await clock.advance(200_000);
    assert.is(gate.isOpen("speaker"), true);
  }
  cluster.error = undefined;
  cluster.daemonsets = [workload("speaker", CHART)];
  await clock.advance(100_000);
  cluster.error = new ApiError("away", { status: 503 });
  await clock.advance(200_000);
  assert.equal([gate.isOpen("speaker"), changes], [false, [true, false]]);
  gate.close();
});

coexistence("without any answer it stays closed; where one question stays open it goes on after 20 s", async () => {
  const cluster = new Cluster();
  cluster.error = new ApiError("away", { status: 0 });
  const { gate, clock } = open(cluster);
  await gate.start();
  await clock.advance(600_000);
  assert.is(gate.isOpen("speaker"), false);
  assert.ok(cluster.asked.length < 5 * 700, "it asks, but not without pause");
  cluster.error = undefined;
  cluster.ciliumError = new ApiError("broken", { status: 500 });
  await clock.advance(19_000);
  assert.is(gate.isOpen("speaker"), false);
  await clock.advance(5_000);
  assert.is(gate.isOpen("speaker"), true);
  gate.close();
});

coexistence("what it may not ask it does not find, and what it is answered may be anything", async () => {
  const cluster = new Cluster();
  cluster.error = new ApiError("forbidden", { status: 403 });
  const { gate } = open(cluster);
  await gate.start();
  assert.is(gate.isOpen("speaker"), true);
  gate.close();
  const odd = new Cluster();
  for (const items of [undefined, 7, [null, 7, {}, { metadata: 3 }, { spec: { template: { spec: { containers: {} } } } }]]) {
    odd.request = async <Answer>() => ({ items }) as Answer;
    const other = open(odd);
    await other.gate.start();
    assert.is(other.gate.isOpen("speaker"), !Array.isArray(items), "only a list can hold something");
    other.gate.close();
  }
  await settled();
});

coexistence("IPVS without strictARP is seen on the node itself", async () => {
  const settings = mkdtempSync(join(tmpdir(), "herald-ipvs-"));
  const set = (link: string, value: string) => {
    mkdirSync(join(settings, link), { recursive: true });
    writeFileSync(join(settings, link, "arp_ignore"), `${value}\n`);
  };
  try {
    set("all", "0");
    assert.equal(await findIpvs("a", settings), []);
    set("kube-ipvs0", "0");
    const { gate, clock } = open(new Cluster(), { node: "a", settings });
    await gate.start();
    assert.equal([gate.isOpen("speaker"), gate.isOpen("layer2"), gate.findings()[0]?.object], [true, false, "Node a"]);
    set("all", "1");
    await clock.advance(5_000);
    // Reading files takes turns of the event loop that a fake clock knows nothing of.
    for (let turn = 0; turn < 200 && !gate.isOpen("layer2"); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.is(gate.isOpen("layer2"), true);
    gate.close();
  } finally {
    rmSync(settings, { recursive: true });
  }
});

coexistence.run();
