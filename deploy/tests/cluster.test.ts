import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { kindsOf } from "../../host/cluster/kubernetes/kinds.ts";
import { translatorsOf } from "../../host/cluster/plugin-resources/translators.ts";
import { Store } from "../../host/cluster/store.ts";
import { Translated } from "../../host/cluster/translated.ts";
import { type ApiServer, startApiServer } from "../../host/workbench/api-server/api-server.ts";
import { readDefinitions, writeDefinitions } from "../../host/workbench/api-server/definitions.ts";
import type { KubernetesObject } from "../../host/workbench/api-server/test-client.ts";
import { apiServer, asset, findAsset, testWith } from "../../host/workbench/testing/requirements.ts";
import { builtIns } from "../../plugins/index.ts";
import { CHART, MANIFESTS, NAMESPACE, renderManifests, runHelm } from "../render.ts";
import { type Access, access, reviewOf } from "./access.ts";
import { readDocumented } from "./examples.ts";
import { refusalsOf } from "./rules.ts";

const cluster = suite("chart in a cluster");
const VALUES = fileURLToPath(new URL("../../fixtures/chart-values/", import.meta.url));
const DEFINITIONS = fileURLToPath(new URL("../crds", import.meta.url));
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
let server: ApiServer | undefined;

function running(): ApiServer {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
}

/** Kinds of the Prometheus operator, taken as they come. */
function monitoringKind(kind: string): KubernetesObject {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: "monitoring.coreos.com",
      names: { kind, plural },
      scope: "Namespaced",
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
}

function kubectl(args: readonly string[], input?: string): string {
  const { status, stdout, stderr } = spawnSync(findAsset("kubectl"), ["--kubeconfig", running().kubeconfig(), ...args], {
    encoding: "utf8",
    input,
    maxBuffer: 64 << 20,
  });
  if (status !== 0) throw new Error(`kubectl ${args.join(" ")}\n${stderr.replace(/^Warning: .*\n/gm, "")}`);
  return stdout;
}

function templated(...args: string[]): string {
  return runHelm(findAsset("helm"), ["template", "herald", CHART, "--namespace", NAMESPACE, ...args]);
}

testWith(cluster, [apiServer, asset("helm"), asset("kubectl")], "the API server takes manifests/herald.yaml", async () => {
  server = await startApiServer();
  await writeDefinitions(server.admin, [...readDefinitions(), ...["PodMonitor", "ServiceMonitor", "PrometheusRule"].map(monitoringKind)]);
  const text = renderManifests(findAsset("helm"));
  await server.admin.apply((loadAll(text) as KubernetesObject[]).filter(({ kind }) => kind === "Namespace"));
  const told = kubectl(["apply", "--dry-run=server", "--validate=strict", "-f", "-"], text);
  assert.is(told.trim().split("\n").length, loadAll(text).length);
});

testWith(cluster, [apiServer, asset("helm"), asset("kubectl")], "the API server takes what the chart gives, whatever the values", () => {
  for (const file of readdirSync(VALUES)) {
    const objects = running().path(`${file}.rendered.yaml`);
    writeFileSync(objects, templated("--values", `${VALUES}${file}`));
    kubectl(["apply", "--dry-run=server", "--validate=strict", "-f", objects]);
  }
});

testWith(
  cluster,
  [apiServer, asset("helm")],
  "a controller is within the restricted pod security standard, and a speaker is not",
  async () => {
    const { admin } = running();
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "restricted", labels } });
    const objects = loadAll(templated()).filter(Boolean) as KubernetesObject[];
    const create = (kind: string) => {
      const { spec } = objects.find((object) => object.kind === kind)?.spec.template ?? {};
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "pod" }, spec };
      return admin.request("POST", "/api/v1/namespaces/restricted/pods?dryRun=All", pod);
    };
    await create("Deployment");
    await create("DaemonSet").then(
      () => assert.unreachable("a speaker uses the host's network"),
      (error: Error) => assert.match(error.message, /violates PodSecurity "restricted:latest": host namespaces \(hostNetwork=true\)/),
    );
  },
);

testWith(cluster, [apiServer, asset("helm")], "roles may do what they have to, and no more", async () => {
  const { admin } = running();
  const kinds = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
  const objects = loadAll(templated()).filter(Boolean) as KubernetesObject[];
  await admin.apply(objects.filter(({ kind }) => kinds.includes(kind)));
  const isAllowed = async (wanted: Access, role: string): Promise<boolean> => {
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec: reviewOf(wanted, `herald-${role}`) };
    const { status } = await admin.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
    return status.allowed;
  };
  // Bindings reach the authorizer by a watch of its own.
  await untilTrue(() => isAllowed({ verb: "get", resource: "pods", namespace: NAMESPACE }, "speaker"));
  for (const [role, { may, mayNot }] of Object.entries(access)) {
    for (const wanted of may) assert.ok(await isAllowed(wanted, role), `${role} may not ${JSON.stringify(wanted)}`);
    for (const unwanted of mayNot) assert.not(await isAllowed(unwanted, role), `${role} may ${JSON.stringify(unwanted)}`);
  }
});

testWith(cluster, [apiServer, asset("helm")], "resources in a namespace where they would not count are refused", async () => {
  const { admin } = running();
  const objects = loadAll(templated()).filter(Boolean) as KubernetesObject[];
  await admin.apply(objects.filter(({ kind }) => kind.startsWith("ValidatingAdmissionPolicy")));
  const says = async (kind: string, namespace: string): Promise<string> => {
    const spec = kind === "L2Advertisement" ? {} : { addresses: ["192.0.2.9/32"] };
    const object = { apiVersion: kind === "Reservation" ? "herald.dev/v1alpha1" : "metallb.io/v1beta1", kind };
    return admin.tryCreate({ ...object, metadata: { name: "try", namespace }, spec }).then(
      () => "",
      ({ message }: Error) => message,
    );
  };
  // A policy reaches the server's admission by a watch of its own.
  await untilTrue(async () => (await says("L2Advertisement", "default")) !== "");
  for (const kind of ["L2Advertisement", "IPAddressPool", "Reservation"]) {
    assert.match(await says(kind, "default"), /resource must be created in metallb-system namespace/, kind);
    assert.is(await says(kind, NAMESPACE), "", kind);
  }
  // Examples of the documentation are of no namespace.
  await admin.delete("admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding", "herald-namespace");
  await untilTrue(async () => (await says("L2Advertisement", "default")) === "");
});

async function untilTrue(ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error("Still not so after 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

testWith(cluster, [apiServer], "every rule of the chart's roles is in the table", async () => {
  for (const role of ["controller", "speaker"] as const) {
    const { metadata } = (await running().admin.get("rbac.authorization.k8s.io/v1/ClusterRole", `herald-${role}`)) as KubernetesObject;
    assert.is(metadata.name, `herald-${role}`);
    const parts = [
      await running().admin.get("rbac.authorization.k8s.io/v1/ClusterRole", `herald-${role}`),
      await running().admin.get("rbac.authorization.k8s.io/v1/Role", `${NAMESPACE}/herald-${role}`),
    ];
    const granted = parts.flatMap((part) => (part?.["rules"] ?? []).flatMap(grantsOf));
    const known = new Set(access[role].may.map(({ verb, resource }) => `${verb} ${resource}`));
    assert.equal(granted.filter((grant) => !known.has(grant)).sort(), [], role);
  }
});

cluster("every kind that a role watches is in the table", () => {
  const { readers } = new Translated(new Store(), translatorsOf(builtIns), "a");
  for (const role of ["controller", "speaker"] as const) {
    const watched = kindsOf(role, NAMESPACE, role === "speaker" ? readers : {}).map(({ path }) => {
      const [, group = "", namespace, plural] = /^\/(?:api|apis\/([^/]+))\/v[^/]+\/(?:namespaces\/([^/]+)\/)?([^/]+)$/.exec(path) ?? [];
      return { resource: group === "" ? plural : `${group}/${plural}`, namespace };
    });
    for (const { resource, namespace } of watched) {
      for (const verb of ["get", "list", "watch"]) {
        const isKnown = access[role].may.some((one) => one.verb === verb && one.resource === resource && one.namespace === namespace);
        assert.ok(isKnown, `${role}: ${verb} ${resource} ${namespace ?? "everywhere"}`);
      }
    }
  }
});

function grantsOf({ apiGroups, resources, verbs }: { apiGroups: string[]; resources: string[]; verbs: string[] }): string[] {
  const named = apiGroups.flatMap((group) => resources.map((resource) => (group === "" ? resource : `${group}/${resource}`)));
  return named.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`));
}

testWith(cluster, [apiServer], "the API server takes every example of the documentation", async () => {
  const examples = readDocumented();
  assert.ok(examples.length > 10, `only ${examples.length} examples found`);
  for (const { place, object } of examples) {
    const { namespace: _, ...metadata } = object.metadata;
    const problems = await refusalsOf(running().admin, { ...object, metadata });
    assert.equal(problems, [], `${place}: ${object.kind} ${metadata.name}`);
  }
});

/** As MetalLB's controller leaves it: its certificate is in it. */
const converting = {
  strategy: "Webhook",
  webhook: {
    clientConfig: { service: { name: "metallb-webhook-service", namespace: NAMESPACE, path: "/convert" } },
    conversionReviewVersions: ["v1beta1", "v1beta2"],
  },
};

testWith(
  cluster,
  [apiServer, asset("kubectl")],
  "definitions take the place of MetalLB's as the README says, with the objects in them",
  async () => {
    const { admin } = running();
    const name = "bgppeers.metallb.io";
    const peer = { apiVersion: "metallb.io/v1beta2", kind: "BGPPeer", metadata: { name: "router", namespace: NAMESPACE } };
    const spec = { myASN: 64500, peerASN: 64501, peerAddress: "192.0.2.1", vrf: "red" };
    await admin.apply({ ...peer, spec });
    await admin.patch("apiextensions.k8s.io/v1/CustomResourceDefinition", name, { spec: { conversion: converting } });
    const commands = /```sh\n(kubectl patch crd [\s\S]*?)```/.exec(readme)?.[1]?.trim().split("\n") ?? [];
    assert.is(commands.length, 2);
    const [patch = "", apply = ""] = commands.map((command) => command.replace(/^kubectl /, ""));
    const applyWords = apply.replace("deploy/crds", DEFINITIONS).split(" ");
    assert.throws(() => kubectl(applyWords), /webhookClientConfig: Forbidden/);
    kubectl(patch.split(" ").map((word) => word.replace(/^'(.*)'$/, "$1")));
    kubectl(applyWords);
    const definition = await admin.get("apiextensions.k8s.io/v1/CustomResourceDefinition", name);
    assert.equal(definition?.spec.conversion, { strategy: "None" });
    assert.is((await admin.get("metallb.io/v1beta1/BGPPeer", `${NAMESPACE}/router`))?.spec.vrf, "red");
  },
);

testWith(cluster, [apiServer, asset("kubectl")], "a kustomization as in the README gives the image from outside", () => {
  const folder = running().path("kustomize");
  mkdirSync(folder);
  const text = /```yaml\n(# kustomization.yaml\n[\s\S]*?)```/.exec(readme)?.[1] ?? "";
  writeFileSync(`${folder}/kustomization.yaml`, text.replace("deploy/manifests", relative(realpathSync(folder), dirname(MANIFESTS))));
  const objects = loadAll(kubectl(["kustomize", folder])) as KubernetesObject[];
  const images = objects.flatMap(({ spec }) => (spec?.template?.spec.containers ?? []).map(({ image }: { image: string }) => image));
  assert.equal(images, ["registry.example/herald:0.1.0", "registry.example/herald:0.1.0"]);
  kubectl(["apply", "--dry-run=server", "--server-side", "--force-conflicts", "-k", folder]);
});

cluster.after(() => server?.stop());
cluster.run();
