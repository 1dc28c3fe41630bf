/** Taking a node out of service by its Node, against a real API server. */

import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiServer, startApiServer } from "../workbench/api-server/api-server.ts";
import { writeNamespace, writeNode } from "../workbench/api-server/objects.ts";
import { apiServer, testWith } from "../workbench/testing/requirements.ts";
import { runHere } from "../workbench/testing/run-command.ts";
import type { Api } from "./api/api.ts";
import { Client } from "./api/client.ts";
import { findCredentials } from "./api/credentials.ts";
import { drainNode } from "./drain-node.ts";
import { NODE_LABEL } from "./kubernetes/reports/service-statuses.ts";

const DRAIN = suite("drain of a Node");

const NS = "herald";
const STATUS = "metallb.io/v1beta1/ServiceL2Status";
const CRDS = new URL("../../deploy/crds/", import.meta.url);
const WAIT = { patienceMs: 20_000, everyMs: 50 };

let server: ApiServer | undefined;
let client: Client | undefined;

function running(): { server: ApiServer; client: Client } {
  if (server === undefined || client === undefined) throw new Error("The API server did not start");
  return { server, client };
}

async function writeStatus(name: string, node: string, service: string): Promise<void> {
  const { admin } = running().server;
  await admin.apply({
    apiVersion: "metallb.io/v1beta1",
    kind: "ServiceL2Status",
    metadata: { name, namespace: NS, labels: { [NODE_LABEL]: node } },
    spec: {},
  });
  const status = { node, serviceName: service, serviceNamespace: "shop", interfaces: [] };
  await admin.patch(STATUS, `${NS}/${name}`, { status }, { subresource: "status" });
}

const annotation = async (): Promise<unknown> =>
  (await running().server.admin.get("v1/Node", "node-a"))?.metadata["annotations"]?.["herald.dev/drain"];

testWith(DRAIN, [apiServer], "an API server starts, with the resources", async () => {
  server = await startApiServer();
  for (const name of readdirSync(CRDS)) await server.admin.apply(readFileSync(new URL(name, CRDS), "utf8"));
  await writeNamespace(server.admin, NS);
  for (const name of ["node-a", "node-b"]) await writeNode(server.admin, name);
  client = new Client({ credentials: await findCredentials(server.kubeconfig()) });
});

testWith(DRAIN, [apiServer], "annotates the Node, and waits until another says that it has taken over", async () => {
  const { client: plain, server: api } = running();
  await writeStatus("web-a", "node-a", "web");
  await writeStatus("mail-b", "node-b", "mail");
  let patched = 0;
  const moving: Api = {
    request: async (request) => {
      const answer = await plain.request(request);
      if (request.method === "PATCH" && patched++ === 0) {
        await writeStatus("web-b", "node-b", "web");
        await api.admin.delete(STATUS, `${NS}/web-a`);
      }
      return answer as never;
    },
    stream: (request) => plain.stream(request),
    cutOff() {},
    close() {},
  };
  assert.equal(await drainNode(moving, "node-a", true, WAIT), { handedOver: [{ service: "shop/web", to: ["node-b"] }], kept: [] });
  assert.is(await annotation(), "true");
  assert.equal(await drainNode(plain, "node-a", false, WAIT), { handedOver: [], kept: [] });
  assert.is(await annotation(), undefined);
});

testWith(DRAIN, [apiServer], "what the node goes on to answer for is told", async () => {
  const { client: api } = running();
  assert.equal(await drainNode(api, "node-b", true, { patienceMs: 200, everyMs: 50 }), { handedOver: [], kept: ["shop/mail", "shop/web"] });
});

testWith(DRAIN, [apiServer], "the command says who is in service, and which Nodes there are", async () => {
  const { drain } = await import("../cli/drain.ts");
  const kubeconfig = running().server.kubeconfig();
  const { code, out } = await runHere(drain, "node-a", "--kubeconfig", kubeconfig);
  assert.equal([code, out, await annotation()], [0, "node-a is out of service\n  it answered for nothing\n", "true"]);
  assert.is((await runHere(drain, "node-a", "--undo", "--kubeconfig", kubeconfig)).out, "node-a is in service again\n");
  const unknown = await runHere(drain, "node-z", "--kubeconfig", kubeconfig);
  assert.equal([unknown.code, unknown.err], [1, "herald drain: There is no Node node-z: found node-a, node-b\n"]);
});

DRAIN.after(async () => {
  client?.close();
  await server?.stop();
});

DRAIN.run();
