/** Both roles with the flags of the chart, and with what their accounts may do. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiServer, startApiServer } from "../../host/workbench/api-server/api-server.ts";
import { Daemon } from "../../host/workbench/api-server/daemon.ts";
import { writeDefinitions } from "../../host/workbench/api-server/definitions.ts";
import { writeEndpoints, writeNode } from "../../host/workbench/api-server/objects.ts";
import type { KubernetesObject } from "../../host/workbench/api-server/test-client.ts";
import { insideTests } from "../../host/workbench/testing/inside.ts";
import { apiServer, asset, findAsset, tool } from "../../host/workbench/testing/requirements.ts";
import { NAMESPACE, renderManifests } from "../render.ts";

const roles = suite("roles of the chart");
const inside = insideTests(roles, import.meta.url);
const needs = [apiServer, asset("helm"), tool("ip", "iproute2")];
const MAIN = fileURLToPath(new URL("../../host/main.ts", import.meta.url));
const LIMIT_MS = 25_000;
let server: ApiServer | undefined;
const started: Daemon[] = [];

function running(): ApiServer {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
}

const manifests = (): KubernetesObject[] => loadAll(renderManifests(findAsset("helm"))) as KubernetesObject[];

/** Starts a role as the chart does, on the node `a`. */
async function startRole(role: "controller" | "speaker", kind: string, ...more: string[]): Promise<Daemon> {
  const { admin } = running();
  const pod = `herald-${role}-1`;
  const { spec } = manifests().find((object) => object.kind === kind)?.spec.template ?? {};
  await admin.apply({ apiVersion: "v1", kind: "Pod", metadata: { name: pod, namespace: NAMESPACE }, spec });
  const known: Readonly<Record<string, string>> = { NODE_NAME: "a", POD_NAME: pod, NAMESPACE };
  const args = spec.containers[0].args.map((arg: string) => arg.replace(/\$\((\w+)\)/, (_, name: string) => known[name] ?? ""));
  const kubeconfig = running().kubeconfig({ token: await running().tokenOf(NAMESPACE, `herald-${role}`) });
  const daemon = new Daemon([process.execPath, "--import", "tsx", MAIN, ...args, "--kubeconfig", kubeconfig, ...more]);
  daemon.start();
  started.push(daemon);
  return daemon;
}

inside("an API server has what the manifests bring", needs, async () => {
  spawnSync("ip", ["link", "set", "lo", "up"]);
  server = await startApiServer();
});

inside("a namespace, accounts and roles are there", needs, async () => {
  const { admin } = running();
  await writeDefinitions(admin);
  const kinds = ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
  const objects = manifests().filter(({ kind }) => kinds.includes(kind));
  await admin.apply([...objects].sort((one, other) => kinds.indexOf(one.kind) - kinds.indexOf(other.kind)));
  await writeNode(admin, "a", { addresses: ["192.0.2.1"] });
});

inside("a controller gives a Service an address, and says so", needs, async () => {
  const { admin } = running();
  // It is no neighbor of the speaker otherwise.
  await startRole("controller", "Deployment", "--port=19120", "--health-probe-port=19472");
  const apiVersion = "metallb.io/v1beta1";
  const metadata = { name: "home", namespace: NAMESPACE };
  await admin.apply([
    { apiVersion, kind: "IPAddressPool", metadata, spec: { addresses: ["198.51.100.0/28"] } },
    { apiVersion, kind: "BGPAdvertisement", metadata },
    { apiVersion: "metallb.io/v1beta2", kind: "BGPPeer", metadata, spec: { myASN: 64500, peerASN: 64501, peerAddress: "127.0.0.2" } },
    { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } },
  ]);
  await writeEndpoints(admin, "default/web", [{ address: "10.244.0.1", node: "a" }]);
  const address = ({ status }: KubernetesObject) => status?.loadBalancer?.ingress?.[0]?.ip;
  assert.is(await admin.until("v1/Service", "default/web", "address", address, LIMIT_MS), "198.51.100.0");
});

inside("the controller writes what it may write", needs, async () => {
  const { admin } = running();
  const own = (kind: string, name: string) => [kind, `${NAMESPACE}/${name}`] as const;
  await admin.until(...own("metallb.io/v1beta1/IPAddressPool", "home"), "count", ({ status }) => status?.assignedIPv4 === 1, LIMIT_MS);
  await admin.until(...own("metallb.io/v1beta1/ConfigurationState", "controller"), "result", ({ status }) => status?.result === "Valid");
});

inside("a speaker starts", needs, async () => {
  const speaker = await startRole("speaker", "DaemonSet");
  await speaker.until(async () => speaker.log().includes("Speaker runs"), LIMIT_MS);
});

inside("the speaker writes what it may write, and nothing was forbidden to either", needs, async () => {
  const { admin } = running();
  const state = `${NAMESPACE}/speaker-a`;
  await admin.until("metallb.io/v1beta1/ConfigurationState", state, "result", ({ status }) => status?.result === "Valid", LIMIT_MS);
  const deadline = performance.now() + LIMIT_MS;
  const sessions = () => admin.list("herald.dev/v1alpha1/BGPSessionState", NAMESPACE);
  while ((await sessions()).length === 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(
    (await sessions()).map(({ status }) => [status.node, status.peer]),
    [["a", "home"]],
  );
  for (const daemon of started) {
    assert.not(/forbidden/i.test(daemon.log()), daemon.log());
    await daemon.end("SIGTERM");
  }
});

inside("all of it ends", needs, async () => {
  for (const daemon of started) await daemon.end("SIGKILL");
  await server?.stop();
});

roles.run();
