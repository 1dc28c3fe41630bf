/** `herald migrate` asks a real API server, and says what it says of the same cluster as YAML. Nothing is written. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { migrateCommandFor } from "../host/cli/migrate.ts";
import { startApiServer } from "../host/workbench/api-server/api-server.ts";
import { writeDefinitions } from "../host/workbench/api-server/definitions.ts";
import { writeNamespace } from "../host/workbench/api-server/objects.ts";
import type { KubernetesObject, TestClient } from "../host/workbench/api-server/test-client.ts";
import { apiServer, testWith } from "../host/workbench/testing/requirements.ts";
import { runHere } from "../host/workbench/testing/run-command.ts";
import { builtIns } from "./index.ts";

const migrate = suite("herald migrate on an API server");

const folder = fileURLToPath(new URL("../fixtures/migrate/layer2/", import.meta.url));
const MAY_READ = `
{apiVersion: v1, kind: ServiceAccount, metadata: {name: reader, namespace: default}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: ["", metallb.io, discovery.k8s.io], verbs: [list], resources: [services, nodes, namespaces, ipaddresspools, l2advertisements]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: default}]
`;

testWith(migrate, [apiServer], "a cluster gives the answer that its YAML gives, and is as it was", async () => {
  const server = await startApiServer();
  try {
    await writeDefinitions(server.admin);
    for (const name of ["shop", "metallb-system"]) await writeNamespace(server.admin, name);
    const { items } = load(readFileSync(`${folder}cluster.yaml`, "utf8")) as { items: KubernetesObject[] };
    for (const object of items.map(completed)) await write(server.admin, object);
    const before = await versions(server.admin);

    const command = migrateCommandFor(builtIns);
    const { code, out, err } = await runHere(command, "--kubeconfig", server.kubeconfig());
    assert.is(err, "");
    assert.fixture(`${out}exit code ${code}\n`, readFileSync(`${folder}expected.txt`, "utf8"));

    await server.admin.apply(MAY_READ);
    const token = await server.tokenOf("default", "reader");
    const little = await runHere(command, "--json", "--kubeconfig", server.kubeconfig({ token }));
    const { unknown, addresses } = JSON.parse(little.out);
    assert.equal(addresses.changes, []);
    assert.ok(unknown.some((line: string) => line.startsWith("Not read: /apis/apps/v1/deployments")));
    assert.ok(unknown.some((line: string) => line.startsWith("No EndpointSlice was read")));
    assert.equal(await versions(server.admin), before);

    await server.kill();
    const away = await runHere(command, "--kubeconfig", server.kubeconfig());
    assert.equal([away.code, away.out], [1, ""]);
    assert.match(away.err, /^herald migrate: Cannot GET/);
  } finally {
    await server.stop();
  }
});

/** What the API server demands and the fixture leaves out. */
function completed(object: KubernetesObject): KubernetesObject {
  const labels = { app: "x" };
  const { containers = [], ...pod } = object.spec?.template?.spec ?? {};
  const named = containers.map((container: object, at: number) => ({ name: `c${at}`, image: "none", ...container }));
  switch (object.kind) {
    case "Deployment":
    case "DaemonSet":
      return {
        ...object,
        spec: {
          ...object.spec,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { ...pod, containers: named } },
        },
      };
    case "Pod":
      return { ...object, spec: { ...object.spec, containers: [{ name: "c", image: "none" }] } };
    default:
      return object;
  }
}

async function write(client: TestClient, { status, ...object }: KubernetesObject): Promise<void> {
  // Its definition is there already, and the webhook's needs none.
  if (object.kind === "CustomResourceDefinition" || object.kind === "ServiceAccount") return;
  await client.apply(object as KubernetesObject);
  const { namespace, name } = object.metadata;
  if (status === undefined || object.kind === "Deployment") return;
  const kind = `${object.apiVersion}/${object.kind}`;
  await client.patch(kind, namespace === undefined ? name : `${namespace}/${name}`, { status }, { subresource: "status" });
}

async function versions(client: TestClient): Promise<Record<string, unknown>> {
  const all = await Promise.all(["v1/Service", "metallb.io/v1beta1/IPAddressPool", "apps/v1/DaemonSet"].map((kind) => client.list(kind)));
  return Object.fromEntries(all.flat().map(({ metadata }) => [metadata.name, metadata["resourceVersion"]]));
}

migrate.run();
