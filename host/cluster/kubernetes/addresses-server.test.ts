/** What our own resources and annotations do, against a real API server. */

import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiServer, startApiServer } from "../../workbench/api-server/api-server.ts";
import { writeDefinitions } from "../../workbench/api-server/definitions.ts";
import { apiServer, testWith } from "../../workbench/testing/requirements.ts";
import { Client } from "../api/client.ts";
import { kubeConfigCredentials } from "../api/credentials.ts";
import { Controller } from "../controller.ts";
import { Store } from "../store.ts";
import { ServiceWriter } from "./service-writer.ts";
import { KubernetesSource } from "./source.ts";

const addresses = suite("addresses on a server");

const clock = {
  after(delayMs: number, call: () => void) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const fence = { mayWrite: () => true, writeTimeoutMs: 20_000, signal: new AbortController().signal, noteUnanswered: () => undefined };

const pool = (name: string, range: string, annotations = "{}") =>
  `apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: ${name}, namespace: default, annotations: ${annotations}}\nspec: {addresses: ["${range}"]}\n`;
const service = (name: string, more = "") =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: default}\nspec: {type: LoadBalancer, ports: [{port: 80}]${more}}\n`;
const RESERVATION =
  "apiVersion: herald.dev/v1alpha1\nkind: Reservation\nmetadata: {name: r, namespace: default}\nspec: {addresses: [192.0.2.2], service: {namespace: default, name: web}}\n";

testWith(addresses, [apiServer], "a Reservation, a drained pool and another controller's Service are minded", async () => {
  const server: ApiServer = await startApiServer();
  const api = new Client({ credentials: await kubeConfigCredentials(server.kubeconfig()) });
  try {
    await writeDefinitions(server.admin);
    await server.admin.apply(
      [pool("a", "192.0.2.0/29"), RESERVATION, service("foreign", ", loadBalancerClass: example.com/x")].join("---\n"),
    );
    const body = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.0" }] } } };
    await api.request({ method: "PATCH", path: "/api/v1/namespaces/default/services/foreign/status", body });
    const store = new Store();
    const source = await KubernetesSource.open({ api, role: "controller", namespace: "default", log }, store, fence.signal);
    const controller = new Controller({ store, source, status: new ServiceWriter({ api, fence, services: source, clock }), log });
    await controller.start();
    const vips = () => Object.fromEntries(Array.from(store.snapshot().services.values(), ({ name, ingress: has }) => [name, has.join()]));
    const until = async (expected: Readonly<Record<string, string>>) => {
      const deadline = performance.now() + 20_000;
      const wanted = JSON.stringify(Object.entries({ foreign: "192.0.2.0", ...expected }).sort());
      while (JSON.stringify(Object.entries(vips()).sort()) !== wanted && performance.now() < deadline) await delay(20);
      assert.equal(vips(), { foreign: "192.0.2.0", ...expected });
    };
    await server.admin.apply([service("b"), service("c")].join("---\n"));
    await until({ b: "192.0.2.1", c: "192.0.2.3" });
    await server.admin.apply(service("web"));
    await until({ b: "192.0.2.1", c: "192.0.2.3", web: "192.0.2.2" });
    await server.admin.apply(pool("a", "192.0.2.0/29", '{herald.dev/drain: "true"}'));
    // Pools and Services come by two streams.
    while (!store.snapshot().pools.get("a")?.isDraining) await delay(20);
    await server.admin.apply([pool("z", "198.51.100.0/29"), service("d")].join("---\n"));
    await until({ b: "192.0.2.1", c: "192.0.2.3", d: "198.51.100.0", web: "192.0.2.2" });
    await controller.close();
    source.close();
  } finally {
    api.close();
    await server.stop();
  }
});

addresses.run();
