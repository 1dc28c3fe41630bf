/** The same against a real API server, with no more rights than the controller is to have. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolUsage } from "../../rules/pool-usage.ts";
import { type ApiServer, startApiServer } from "../../workbench/api-server/api-server.ts";
import { createServices, writePool } from "../../workbench/api-server/balanced-services.ts";
import { poolFact, serviceFact } from "../../workbench/testing/facts.ts";
import { rejects } from "../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../workbench/testing/requirements.ts";
import { Client } from "../api/client.ts";
import { kubeConfigCredentials } from "../api/credentials.ts";
import type { ServiceStatus } from "../service-status.ts";
import { PoolStatus } from "./reports/pool-status.ts";
import { ServiceWriter } from "./service-writer.ts";

const writer = suite("service-writer on a server");

const RIGHTS = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: controller}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: controller}
rules:
- {apiGroups: [""], resources: [services/status], verbs: [patch]}
- {apiGroups: [metallb.io], resources: [ipaddresspools/status], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: controller}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: controller}
subjects: [{kind: ServiceAccount, name: controller, namespace: default}]
`;
const HOME: ServiceStatus = { vips: ["192.0.2.10"], pool: "home" };

const clock = {
  after(delayMs: number, call: () => void) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
const fence = { mayWrite: () => true, writeTimeoutMs: 20_000, signal: new AbortController().signal, noteUnanswered: () => undefined };

let server: ApiServer;
let api: Client;
let status: ServiceWriter;
const versions = new Map<string, string>();
writer.before(async () => {
  if (!apiServer.isMet()) return;
  server = await startApiServer();
  await server.admin.apply(RIGHTS);
  const token = await server.tokenOf("default", "controller");
  api = new Client({ credentials: await kubeConfigCredentials(server.kubeconfig({ token })) });
  const services = { versionOf: (key: string) => versions.get(key), accept: () => undefined };
  status = new ServiceWriter({ api, fence, services, clock });
});
writer.after(async () => {
  api?.close();
  await server?.stop();
});

/** Makes it, and remembers the version that it has. */
async function make(prefix: string): Promise<void> {
  await createServices(server.admin, prefix, 1);
  await look(`${prefix}0`);
}

async function look(name: string) {
  const service = await server.admin.get("v1/Service", `default/${name}`);
  versions.set(`default/${name}`, service?.metadata["resourceVersion"]);
  const pool = service?.metadata["annotations"]?.["metallb.io/ip-allocated-from-pool"];
  return { ingress: service?.status.loadBalancer.ingress, pool };
}

testWith(writer, [apiServer], "writes and clears status and annotation; entries of others go", async () => {
  await make("a-");
  const hostname = { status: { loadBalancer: { ingress: [{ hostname: "elsewhere.example" }] } } };
  await server.admin.patch("v1/Service", "default/a-0", hostname, { subresource: "status" });
  await look("a-0");
  await status.write("default/a-0", HOME);
  assert.equal(await look("a-0"), { ingress: [{ ip: "192.0.2.10", ipMode: "VIP" }], pool: "home" });
  await status.write("default/a-0", { vips: [] });
  assert.equal(await look("a-0"), { ingress: undefined, pool: undefined });
});

testWith(writer, [apiServer], "a Service that changed, or was made anew, does not get what was meant for the one before", async () => {
  await make("b-");
  await server.admin.patch("v1/Service", "default/b-0", { metadata: { labels: { changed: "yes" } } });
  await rejects(status.write("default/b-0", HOME), /ApiError: .*(modified|conflict)/i);
  await look("b-0");
  await server.admin.delete("v1/Service", "default/b-0");
  await status.write("default/b-0", HOME);
  await createServices(server.admin, "b-", 1);
  await rejects(status.write("default/b-0", HOME), /ApiError: .*(modified|conflict)/i);
  assert.equal(await look("b-0"), { ingress: undefined, pool: undefined });
});

testWith(writer, [apiServer], "a Service that becomes another type is left without a trace", async () => {
  await make("c-");
  await status.write("default/c-0", HOME);
  await server.admin.patch("v1/Service", "default/c-0", { spec: { type: "ClusterIP", allocateLoadBalancerNodePorts: null } });
  assert.equal(await look("c-0"), { ingress: undefined, pool: "home" }, "the server empties the status alone");
  await status.write("default/c-0", undefined);
  assert.equal(await look("c-0"), { ingress: undefined, pool: undefined });
});

testWith(writer, [apiServer], "a pool says how full it is, also where that is more than JavaScript can count", async () => {
  const addresses = ["192.0.2.0/28", "2001:db8::/64"];
  await writePool(server.admin, "home", addresses);
  const service = serviceFact("web", { ingress: ["192.0.2.1", "2001:db8::1"] });
  const snapshot = { pools: new Map([["home", poolFact("home", addresses)]]), services: new Map([[service.key, service]]) };
  const log = { warn: () => undefined };
  const shown = { poolStatusOf: () => undefined, onPools: () => () => undefined };
  const pools = new PoolStatus({ api, fence, namespace: "default", usage: () => poolUsage(snapshot), pools: shown, clock, log });
  pools.changed();
  const found = await server.admin.until("metallb.io/v1beta1/IPAddressPool", "default/home", "status", (pool) => pool.status);
  // What the server takes for an int64; read here, it is rounded.
  assert.equal(found, { assignedIPv4: 1, assignedIPv6: 1, availableIPv4: 15, availableIPv6: 2 ** 63 });
  pools.close();
});

writer.run();
