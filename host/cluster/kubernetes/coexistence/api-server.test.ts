/** The gate of a speaker on a real API server, with no more permissions than it needs. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clock } from "../../../roles/clock.ts";
import { type ApiServer, startApiServer } from "../../../workbench/api-server/api-server.ts";
import { writeNamespace } from "../../../workbench/api-server/objects.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";
import { Client } from "../../api/client.ts";
import { findCredentials } from "../../api/credentials.ts";
import { Coexistence } from "./coexistence.ts";

const gates = suite("coexistence on an API server");

const SPEAKER = `
{apiVersion: v1, kind: ServiceAccount, metadata: {name: speaker, namespace: default}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: speaker}
rules: [{apiGroups: [apps], resources: [daemonsets], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: speaker}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: speaker}
subjects: [{kind: ServiceAccount, name: speaker, namespace: default}]
`;

function daemonSet(name: string, labels: object) {
  const template = { metadata: { labels: { x: "y" } }, spec: { containers: [{ name: "c", image: "none" }] } };
  const spec = { selector: { matchLabels: { x: "y" } }, template };
  return { apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name, namespace: "metallb-system", labels: { ...labels } }, spec };
}

async function open(server: ApiServer) {
  const token = await server.tokenOf("default", "speaker");
  const api = new Client({ credentials: await findCredentials(server.kubeconfig({ token })) });
  const { log, lines } = recordedLog();
  const gate = new Coexistence({ api, part: "speaker", log, clock });
  await gate.start();
  const close = () => {
    gate.close();
    api.close();
  };
  return { gate, lines, close };
}

/** Resolves when the gate is open, or is not. */
async function until(gate: Coexistence, isOpen: boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (gate.isOpen("speaker") !== isOpen) {
    if (performance.now() > deadline) throw new Error(`The gate is ${isOpen ? "closed" : "open"}: ${JSON.stringify(gate.findings())}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

testWith(
  gates,
  [apiServer],
  "a speaker waits for MetalLB's to go, whoever else is there, and an absent API server is no reason",
  async () => {
    const server = await startApiServer();
    try {
      await writeNamespace(server.admin, "metallb-system");
      await server.admin.apply(SPEAKER);
      await server.admin.apply([
        daemonSet("speaker", { app: "metallb", component: "speaker" }),
        daemonSet("metallb-speaker", { "app.kubernetes.io/name": "metallb", "app.kubernetes.io/component": "speaker" }),
        daemonSet("svclb-web", { "svccontroller.k3s.cattle.io/svcname": "web" }),
        daemonSet("kube-vip-ds", { "app.kubernetes.io/name": "kube-vip-ds" }),
        daemonSet("other", { app: "other" }),
      ]);
      const { gate, close } = await open(server);
      assert.equal(
        gate.findings().map(({ reason, object }) => `${reason}: ${object}`),
        [
          "MetalLB: DaemonSet metallb-system/metallb-speaker",
          "MetalLB: DaemonSet metallb-system/speaker",
          "ServiceLB: DaemonSet metallb-system/svclb-web",
        ],
      );
      assert.is(gate.isOpen("speaker"), false);
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, 6000));
      assert.is(gate.isOpen("speaker"), false, "what is not known is as it was");
      await server.restart();
      for (const name of ["speaker", "metallb-speaker", "svclb-web"])
        await server.admin.delete("apps/v1/DaemonSet", `metallb-system/${name}`);
      await until(gate, true);
      close();

      const later = await open(server);
      assert.is(later.gate.isOpen("speaker"), true);
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      assert.is(later.gate.isOpen("speaker"), true);
      later.close();
    } finally {
      await server.stop();
    }
  },
);

gates.run();
