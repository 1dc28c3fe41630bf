import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { kubeconfigText } from "../workbench/api-server/kubeconfig.ts";
import { startController } from "./controller.ts";

const roles = suite("controller role");
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Gives the Lease to whoever wants it, and lets nobody read anything. */
function poorServer(): { readonly server: Server; readonly holders: string[] } {
  const holders: string[] = [];
  const server = createServer(async (asked, answer) => {
    const isLease = asked.url?.includes("/leases") === true;
    const status = !isLease ? 403 : asked.method === "GET" ? 404 : 201;
    const lease = isLease && asked.method !== "GET" ? JSON.parse(await textOf(asked)) : {};
    if (lease.spec !== undefined) holders.push(lease.spec.holderIdentity);
    answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(lease));
  });
  return { server, holders };
}

async function textOf(asked: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of asked.setEncoding("utf8")) text += part;
  return text;
}

roles("one that leads and may not read stops at once, and gives the Lease back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "herald-controller-"));
  const { server, holders } = poorServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const kubeconfig = join(folder, "kubeconfig");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(kubeconfig, kubeconfigText({ url, ca: "", token: "token" }));
    const options = { namespace: "metallb-system", podName: "controller-1", loadBalancerClass: undefined, isTakeover: false };
    const endpoints = { metricsPort: 0, healthPort: 0, tls: {} } as Parameters<typeof startController>[0]["endpoints"];
    const controller = await startController({ ...options, kubeconfig, endpoints, version: "", log: quiet });
    while (holders.length === 0) await wait(20);
    await wait(200);
    const stoppedMs = performance.now();
    await controller.stop();
    assert.ok(performance.now() - stoppedMs < 5_000, "not only when the Lease has run out");
    assert.is(holders.at(-1), "");
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
});

roles.run();
