/** What Prometheus and a kubelet see of a controller in a whole cluster, while its API server is there and when it is not. */

import { request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../api-server/free-port.ts";
import { parseMetrics } from "../testing/metrics-text.ts";
import { apiServer, testWith } from "../testing/requirements.ts";
import { Cluster } from "./cluster.ts";

const ports = suite("ports of a controller in a cluster");
let cluster: Cluster | undefined;

const OBJECTS = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: home, namespace: metallb-system }
spec: { addresses: [192.0.2.0/28] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
`;

/** Status and text; "nothing" where nobody listens. */
function scrape(port: number, token: string): Promise<readonly [number | undefined, string]> {
  const options = {
    port,
    host: "127.0.0.1",
    path: "/metrics",
    headers: { authorization: `Bearer ${token}` },
    rejectUnauthorized: false,
    agent: false,
  };
  return new Promise((done) => {
    request(options, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => done([answer.statusCode, Buffer.concat(pieces).toString()]));
    })
      .on("error", () => done([undefined, "nothing"]))
      .end();
  });
}

async function readValue(port: number, token: string, series: string): Promise<string | undefined> {
  const [status, text] = await scrape(port, token);
  if (status !== 200) return undefined;
  const lines = Object.values(parseMetrics(text)).flatMap(({ samples }) => samples);
  return lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);
}

async function becomes(what: string, expected: string, ask: () => Promise<string | undefined>): Promise<void> {
  let found: string | undefined;
  for (let left = 300; left > 0; left--) {
    found = await ask();
    if (found === expected) return;
    await pause(200);
  }
  assert.is(found, expected, what);
}

testWith(ports, [apiServer], "it is ready and tells its metrics, also when the API server has gone", async () => {
  cluster = await Cluster.start();
  const { server } = cluster;
  await server.admin.apply(OBJECTS);
  const [metrics, health] = [await freePort(), await freePort()];
  cluster.controller({ flags: ["--port", String(metrics), "--health-probe-port", String(health)] });
  const probe = (path: string) =>
    fetch(`http://127.0.0.1:${health}${path}`).then(
      (answer) => answer.text(),
      () => "nothing",
    );
  const value = (series: string) => readValue(metrics, server.adminToken, series);
  await becomes("alive", "ok", () => probe("/healthz"));
  await becomes("ready", "ok", () => probe("/readyz"));
  await becomes("in use", "1", () => value('metallb_allocator_addresses_in_use_total{pool="home"}'));
  assert.is(await value('metallb_allocator_addresses_total{pool="home"}'), "16");
  assert.equal(
    await Promise.all(
      ["herald_leader", "herald_ready", "metallb_k8s_client_config_loaded_bool", "metallb_k8s_client_config_stale_bool"].map(value),
    ),
    ["1", "1", "1", "0"],
  );
  assert.is(await value('herald_source_following{resource="v1/Service"}'), "1");
  assert.ok(Number(await value("herald_reconcile_seconds_count")) > 0);
  assert.is((await scrape(metrics, "a.b.c"))[0], 401);
  await server.kill();
  // It gives up the Lease, as it cannot renew it, and waits for it again.
  await becomes("leader", "0", () => value("herald_leader"));
  assert.equal([await probe("/healthz"), await probe("/readyz")], ["ok", "ok"]);
});

ports.after(() => cluster?.stop());
ports.run();
