import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apiServer, testWith } from "../testing/requirements.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";
import { writeEndpoints, writeNamespace, writeNode } from "./objects.ts";
import { ApiFailure } from "./send.ts";

const kit = suite("API server");
let server: ApiServer | undefined;

function running(): ApiServer {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
}

testWith(kit, [apiServer], "startApiServer() starts one that takes objects of all kinds", async () => {
  server = await startApiServer();
  const { admin } = server;
  await writeNamespace(admin, "shop", { team: "shop" });
  await admin.apply(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: lamps.example.com }
spec:
  group: example.com
  names: { kind: Lamp, plural: lamps }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { spec: { type: object, properties: { on: { type: boolean } } } }
---
apiVersion: example.com/v1
kind: Lamp
metadata: { name: desk, namespace: shop }
spec: { on: true }
`);
  assert.is((await admin.get("example.com/v1/Lamp", "shop/desk"))?.spec.on, true);
  assert.is((await admin.list("example.com/v1/Lamp")).length, 1);
  assert.is((await admin.list("example.com/v1/Lamp", "default")).length, 0);
  await admin.delete("example.com/v1/Lamp", "shop/desk");
  assert.is(await admin.get("example.com/v1/Lamp", "shop/desk"), undefined);
});

testWith(kit, [apiServer], "nodes, dual-stack Services and their endpoints are written", async () => {
  const { admin } = running();
  await writeNode(admin, "node1", { addresses: ["192.0.2.1", "2001:db8::1"], labels: { rack: "a" } });
  const node = await admin.get("v1/Node", "node1");
  assert.is(node?.metadata["labels"].rack, "a");
  assert.is(node?.status.addresses.length, 3);
  const [service] = await admin.apply(
    `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: LoadBalancer, ipFamilyPolicy: RequireDualStack, ports: [{ port: 80 }] }
`,
    "shop",
  );
  assert.equal(service?.spec.ipFamilies, ["IPv4", "IPv6"]);
  await writeEndpoints(admin, "shop/web", [
    { address: "10.0.0.1", node: "node1" },
    { address: "fd00::1", node: "node1", ready: false },
  ]);
  assert.is((await admin.list("discovery.k8s.io/v1/EndpointSlice", "shop")).length, 2);
  await writeEndpoints(admin, "shop/web", [{ address: "10.0.0.1", node: "node1" }]);
  const slices = await admin.list("discovery.k8s.io/v1/EndpointSlice", "shop");
  assert.equal(
    slices.map(({ endpoints }) => endpoints),
    [[{ addresses: ["10.0.0.1"], nodeName: "node1", conditions: { ready: true, serving: true, terminating: false } }]],
  );
});

testWith(kit, [apiServer], "a service account may do what its roles say, and its token can be reviewed", async () => {
  const { admin } = running();
  await admin.apply(
    `
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ apiGroups: [""], resources: [services], verbs: [list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: reader, namespace: shop }]
`,
    "shop",
  );
  const token = await running().tokenOf("shop", "reader");
  const reader = running().clientOf(token);
  try {
    assert.is((await reader.list("v1/Service", "shop")).length, 1);
    const refused = await reader.list("v1/Service").catch((error: unknown) => error);
    assert.ok(refused instanceof ApiFailure);
    assert.is(refused.status, 403);
  } finally {
    reader.close();
  }
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
  const { status } = await admin.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review);
  assert.is(status.user.username, "system:serviceaccount:shop:reader");
});

testWith(kit, [apiServer], "a killed one comes back with its data, and refuses watches from before", async () => {
  const { admin } = running();
  const before = await admin.get("v1/Service", "shop/web");
  await running().kill();
  assert.is(running().pid, undefined);
  const refused = await admin.get("v1/Service", "shop/web").catch((error: NodeJS.ErrnoException) => error.code);
  assert.ok(refused === "ECONNREFUSED" || refused === "ECONNRESET", String(refused));
  await running().restart();
  await admin.patch("v1/Service", "shop/web", { metadata: { annotations: { seen: "yes" } } });
  await running().kill();
  await running().restart();
  const path = `/api/v1/namespaces/shop/services?watch=true&timeoutSeconds=1&resourceVersion=${before?.metadata["resourceVersion"]}`;
  const answer = await admin.request<unknown>("GET", path).catch((error: unknown) => error);
  assert.match(answer instanceof Error ? answer.message : JSON.stringify(answer), /too old resource version/);
});

testWith(kit, [apiServer], "after compaction and a restart the next page is gone", async () => {
  const { admin } = running();
  for (const name of ["a", "b", "c"]) {
    await admin.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" } });
  }
  const path = "/api/v1/namespaces/shop/configmaps?limit=1";
  const first = await admin.request("GET", path);
  await admin.patch("v1/ConfigMap", "shop/c", { data: { a: "b" } });
  await running().compact();
  await running().kill();
  await running().restart();
  const next = await admin.request("GET", `${path}&continue=${first.metadata.continue}`).catch((error: unknown) => error);
  assert.ok(next instanceof ApiFailure, JSON.stringify(next));
  assert.is(next.status, 410);
});

testWith(kit, [apiServer], "a frozen one answers nothing until it thaws", async () => {
  const { admin } = running();
  running().freeze();
  let answered = false;
  const answer = admin.get("v1/Service", "shop/web").then((service) => {
    answered = true;
    return service;
  });
  await wait(300);
  assert.is(answered, false);
  running().thaw();
  assert.is((await answer)?.metadata.name, "web");
});

testWith(kit, [apiServer], "stop() leaves nothing", async () => {
  const folder = running().path("");
  assert.ok(existsSync(folder));
  await running().stop();
  assert.not(existsSync(folder));
  assert.is(running().pid, undefined);
});

kit.after(() => server?.stop());
kit.run();
