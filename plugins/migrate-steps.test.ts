/**
 * The steps of `herald migrate` are done as they are printed, on a real API server with a MetalLB of which only the objects are real: no pool,
 * no peer and no address may be gone, neither after them nor on the way back.
 */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { migrateCommandFor } from "../host/cli/migrate.ts";
import type { Report, Step } from "../host/cluster/migrate/report.ts";
import { type ApiServer, startApiServer } from "../host/workbench/api-server/api-server.ts";
import { writeNamespace, writeNode } from "../host/workbench/api-server/objects.ts";
import { apiServer, asset, testWith } from "../host/workbench/testing/requirements.ts";
import { runHere } from "../host/workbench/testing/run-command.ts";
import { builtIns } from "./index.ts";

const steps = suite("the steps of herald migrate");

const NAMESPACE = "metallb-system";
const definition = (kind: string, plural: string, versions: readonly string[], conversion = "") => `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.metallb.io }
spec:
  group: metallb.io
  scope: Namespaced
  names: { kind: ${kind}, plural: ${plural}, singular: ${kind.toLowerCase()}, listKind: ${kind}List }
${conversion}  versions:
${versions
  .map(
    (version, at) => `    - name: ${version}
      served: true
      storage: ${at === versions.length - 1}
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`,
  )
  .join("")}`;
const CONVERSION = `  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1beta1, v1beta2]
      clientConfig: { service: { namespace: ${NAMESPACE}, name: metallb-webhook-service, path: /convert } }
`;
const DEFINITIONS = [
  definition("IPAddressPool", "ipaddresspools", ["v1beta1"]),
  definition("L2Advertisement", "l2advertisements", ["v1beta1"]),
  definition("BGPAdvertisement", "bgpadvertisements", ["v1beta1"]),
  definition("BGPPeer", "bgppeers", ["v1beta1", "v1beta2"], CONVERSION),
  definition("BFDProfile", "bfdprofiles", ["v1beta1"]),
  definition("Community", "communities", ["v1beta1"]),
].join("");
const workload = (kind: string, component: string) => `---
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${component}, namespace: ${NAMESPACE}, labels: { app: metallb, component: ${component} } }
spec:
  selector: { matchLabels: { component: ${component} } }
  template:
    metadata: { labels: { app: metallb, component: ${component} } }
    spec: { containers: [{ name: ${component}, image: "quay.io/metallb/${component}:v0.15.3" }] }
`;
const WORKLOADS = `${workload("Deployment", "controller")}${workload("DaemonSet", "speaker")}---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: metallb-webhook-configuration, labels: { app: metallb } }
webhooks:
  - name: ipaddresspoolvalidationwebhook.metallb.io
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Ignore # MetalLB's is Fail, and answered
    clientConfig: { service: { namespace: ${NAMESPACE}, name: metallb-webhook-service, path: /validate } }
    rules: [{ apiGroups: [metallb.io], apiVersions: [v1beta1], operations: [CREATE, UPDATE], resources: [ipaddresspools] }]
`;
const OBJECTS = `
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: home, namespace: ${NAMESPACE}}, spec: {addresses: [192.0.2.0/24]}}
---
{apiVersion: metallb.io/v1beta2, kind: BGPPeer, metadata: {name: tor, namespace: ${NAMESPACE}}, spec: {myASN: 64500, peerASN: 64512, peerAddress: 192.0.2.1, holdTime: 90s}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
`;

/** MetalLB as a chart, and as manifests. */
function writeMetalLb(folder: string): void {
  mkdirSync(join(folder, "metallb/templates"), { recursive: true });
  writeFileSync(join(folder, "metallb/Chart.yaml"), "apiVersion: v2\nname: metallb\nversion: 0.15.3\n");
  writeFileSync(join(folder, "metallb/values.yaml"), "crds: { enabled: true }\n");
  writeFileSync(join(folder, "metallb/templates/crds.yaml"), `{{- if .Values.crds.enabled }}\n${DEFINITIONS}{{- end }}\n`);
  writeFileSync(join(folder, "metallb/templates/workloads.yaml"), WORKLOADS);
  writeFileSync(join(folder, "metallb.yaml"), DEFINITIONS + WORKLOADS);
  // Helm follows no link out of a chart without a word about it.
  cpSync(fileURLToPath(new URL("../deploy/chart", import.meta.url)), join(folder, "herald"), { recursive: true, dereference: true });
}

for (const [by, install] of [
  ["Helm", `helm -n ${NAMESPACE} install metallb metallb`],
  ["kubectl", "kubectl apply -f metallb.yaml"],
] as const) {
  testWith(
    steps,
    [apiServer, asset("kubectl"), asset("helm")],
    `MetalLB from ${by} gives way to Herald, and back, and nothing is lost`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "herald-steps-"));
      const server = await startApiServer();
      try {
        writeMetalLb(folder);
        const shell = shellOf(server, folder);
        await writeNamespace(server.admin, NAMESPACE);
        await writeNode(server.admin, "node-a");
        shell(install);
        await server.admin.apply(OBJECTS);
        const caBundle = Buffer.from(server.ca).toString("base64");
        const certificate = { spec: { conversion: { webhook: { clientConfig: { caBundle } } } } };
        await server.admin.patch("apiextensions.k8s.io/v1/CustomResourceDefinition", "bgppeers.metallb.io", certificate);
        const status = { loadBalancer: { ingress: [{ ip: "192.0.2.7" }] } };
        await server.admin.patch("v1/Service", "default/web", { status }, { subresource: "status" });

        const { out } = await runHere(migrateCommandFor(builtIns), "--json", "--kubeconfig", server.kubeconfig());
        const report = JSON.parse(out) as Report;
        const workloads = () => shell(`kubectl -n ${NAMESPACE} get daemonset,deployment -o name`).trim().split("\n");
        // There, as far as one can go back; back; and there for good.
        await walk(report.steps.slice(0, -1), shell, server);
        await walk(report.rollback, shell, server);
        assert.equal(workloads(), ["daemonset.apps/speaker", "deployment.apps/controller"]);
        await walk(report.steps, shell, server);
        assert.equal(workloads(), ["daemonset.apps/herald-speaker", "deployment.apps/herald-controller"]);
      } finally {
        await server.stop();
        rmSync(folder, { recursive: true });
      }
    },
  );
}

/** Does each command that can be done without pods, and looks after each that nothing is gone. */
async function walk(all: readonly Step[], shell: (command: string) => string, server: ApiServer): Promise<void> {
  for (const command of all.flatMap(({ commands }) => commands)) {
    if (command.includes(" exec ")) continue;
    shell(command);
    for (const [kind, name] of [
      ["metallb.io/v1beta1/IPAddressPool", `${NAMESPACE}/home`],
      ["metallb.io/v1beta2/BGPPeer", `${NAMESPACE}/tor`],
    ] as const) {
      assert.ok((await server.admin.get(kind, name))?.spec, `${kind} is gone after: ${command}`);
    }
    const service = await server.admin.get("v1/Service", "default/web");
    assert.equal(service?.status.loadBalancer.ingress, [{ ip: "192.0.2.7", ipMode: "VIP" }], command);
  }
}

function shellOf(server: ApiServer, folder: string): (command: string) => string {
  const env = {
    ...process.env,
    KUBECONFIG: server.kubeconfig(),
    PATH: `${process.env["KUBEBUILDER_ASSETS"]}:${process.env["PATH"]}`,
    HOME: folder,
  };
  return (command) => {
    const filled = command
      .replaceAll("METALLB_CHART", "metallb")
      .replaceAll("HERALD_CHART", "./herald")
      .replaceAll("HERALD_IMAGE", "herald")
      .replaceAll("METALLB_MANIFESTS", "metallb.yaml");
    const { status, stdout, stderr } = spawnSync("sh", ["-c", filled], { env, cwd: folder, encoding: "utf8", timeout: 120_000 });
    // diff and grep say by their code what they found: nothing.
    const isSearch = /\b(diff|grep)\b/.test(command);
    if (isSearch ? stdout !== "" : status !== 0) throw new Error(`${filled}\n${stdout}${stderr}`);
    return stdout;
  };
}

steps.run();
