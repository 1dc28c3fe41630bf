import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiServer, startApiServer } from "../../workbench/api-server/api-server.ts";
import { writeEndpoints, writeNamespace, writeNode } from "../../workbench/api-server/objects.ts";
import { recordedLog } from "../../workbench/testing/log.ts";
import { until } from "../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../workbench/testing/requirements.ts";
import { Client } from "../api/client.ts";
import { kubeConfigCredentials } from "../api/credentials.ts";
import { Store } from "../store.ts";
import { KubernetesSource } from "./source.ts";

const source = suite("Kubernetes source");

const CRDS = fileURLToPath(new URL("../../../deploy/crds", import.meta.url));
const NAMESPACE = "herald-system";
const POOL = (name: string, addresses: string, namespace = NAMESPACE) =>
  `{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: ${name}, namespace: ${namespace}}, spec: {addresses: [${addresses}]}}`;
const SERVICE = (type: string) =>
  `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {type: ${type}, selector: {app: web}, ports: [{port: 80}]}}`;

let server: ApiServer | undefined;
const running = (): ApiServer => {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
};

interface Opened {
  readonly source: KubernetesSource;
  readonly store: Store;
}

async function withSource(use: (opened: Opened) => Promise<void>): Promise<void> {
  const api = new Client({ credentials: await kubeConfigCredentials(running().kubeconfig()) });
  const store = new Store();
  const options = { api, role: "speaker", namespace: NAMESPACE, node: "node-a", log: recordedLog().log } as const;
  const opened = await KubernetesSource.open(options, store);
  try {
    await use({ source: opened, store });
  } finally {
    opened.close();
    api.close();
  }
}

testWith(source, [apiServer], "open() resolves with everything there is, and nothing of other namespaces", async () => {
  server = await startApiServer();
  const { admin } = server;
  for (const file of readdirSync(CRDS)) await admin.apply(readFileSync(join(CRDS, file), "utf8"));
  for (const namespace of [NAMESPACE, "other"]) await writeNamespace(admin, namespace);
  await admin.apply(POOL("ours", "192.0.2.0/28"));
  await admin.apply(POOL("theirs", "198.51.100.0/28", "other"));
  await admin.apply(SERVICE("LoadBalancer"));
  await writeNode(admin, "node-a", { addresses: ["192.0.2.1"] });
  await writeEndpoints(admin, "default/web", [{ address: "10.0.0.1", node: "node-a" }]);
  await withSource(async ({ source: opened, store }) => {
    const { services, endpoints, nodes, pools } = store.snapshot();
    assert.equal([...services.keys()], ["default/web"]);
    assert.equal(endpoints.get("default/web"), [{ nodeName: "node-a", servable: true }]);
    assert.equal([...nodes.keys()], ["node-a"]);
    assert.equal([...pools.keys()], ["ours"]);
    assert.equal(opened.problems(), []);
    assert.ok(opened.isComplete());
  });
});

testWith(source, [apiServer], "a Service that is no load balancer any more is gone, and comes back", async () => {
  const { admin } = running();
  await withSource(async ({ store }) => {
    await admin.apply(SERVICE("ClusterIP"));
    await until(() => store.snapshot().services.size === 0);
    await admin.apply(SERVICE("LoadBalancer"));
    await until(() => store.snapshot().services.size === 1);
  });
});

testWith(source, [apiServer], "of pools that overlap the first stays in force, and the problem names the second", async () => {
  const { admin } = running();
  await withSource(async ({ source: opened, store }) => {
    let calls = 0;
    opened.onProblems(() => (calls += 1));
    await admin.apply(POOL("a-late", "192.0.2.8-192.0.2.40"));
    await until(() => opened.problems().length > 0);
    assert.equal([...store.snapshot().pools.keys()], ["ours"]);
    assert.is(opened.problems()[0]?.object, "IPAddressPool a-late");
    await admin.delete("metallb.io/v1beta1/IPAddressPool", `${NAMESPACE}/a-late`);
    await until(() => opened.problems().length === 0);
    assert.is(calls, 2);
  });
});

testWith(source, [apiServer], "what a pool says of itself is shown, and a pool that is made anew says nothing", async () => {
  const { admin } = running();
  const kind = "metallb.io/v1beta1/IPAddressPool";
  await withSource(async ({ source: opened }) => {
    let calls = 0;
    const close = opened.onPools(() => (calls += 1));
    const status = { assignedIPv4: 1, assignedIPv6: 0, availableIPv4: 15, availableIPv6: 0 };
    await admin.patch(kind, `${NAMESPACE}/ours`, { status }, { subresource: "status" });
    await until(() => calls > 0);
    assert.equal(opened.poolStatusOf("ours"), status);
    close();
    await admin.delete(kind, `${NAMESPACE}/ours`);
    await admin.apply(POOL("ours", "192.0.2.0/28"));
    await until(() => opened.poolStatusOf("ours") === undefined);
    assert.is(calls, 1);
  });
});

testWith(source, [apiServer], "a node that the cluster does not have is told", async () => {
  const { admin } = running();
  await writeNode(admin, "node-b");
  await withSource(async ({ source: opened }) => {
    await admin.delete("v1/Node", "node-a");
    await until(() => opened.problems().length > 0);
    assert.equal(opened.problems()[0], {
      ...{ object: "Node node-a", path: "", found: "only node-b" },
      expected: "the name of this node with --node-name; it announces nothing",
    });
  });
});

testWith(
  source,
  [apiServer],
  "what was read stays while the server is away, and what changed meanwhile comes with its return",
  async () => {
    const { admin } = running();
    await withSource(async ({ store }) => {
      await running().kill();
      assert.is(store.snapshot().services.size, 1);
      await running().restart();
      await admin.delete("v1/Service", "default/web");
      await until(() => store.snapshot().services.size === 0, 60_000);
      assert.equal([...store.snapshot().pools.keys()], ["ours"]);
    });
  },
);

testWith(source, [apiServer], "stops", async () => {
  await running().stop();
});

source.run();
