import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { collectController } from "./collect-controller.ts";
import { collectSource } from "./collect-source.ts";
import { createMetrics } from "./metrics.ts";

const controller = suite("metrics of a controller");

controller("tells how full each pool is, what was done, and whether it leads", async () => {
  const metrics = createMetrics();
  const service = serviceFact("web", { ingress: ["192.0.2.1", "2001:db8::1"] });
  collectController(metrics, {
    snapshot: () => ({
      pools: new Map([
        ["home", poolFact("home", ["192.0.2.0/28", "2001:db8::/120"])],
        ["spare", poolFact("spare", ["198.51.100.0/24"])],
      ]),
      services: new Map([[service.key, service]]),
    }),
    counts: () => ({ services: 3, failures: 1 }),
    isLeader: () => true,
  });
  const found = (await metrics.samples()).map(({ name, labels, value }) => `${name} ${labels["pool"] ?? ""} ${value}`);
  assert.equal(found.slice(0, 1), ["herald_leader  1"]);
  assert.equal(
    found.filter((line) => line.includes(" home ")).map((line) => line.replace("metallb_allocator_", "")),
    [
      "addresses_in_use_total home 2",
      "addresses_total home 272",
      "ipv4_addresses_in_use_total home 1",
      "ipv4_addresses_total home 16",
      "ipv6_addresses_in_use_total home 1",
      "ipv6_addresses_total home 256",
      "services_allocated_total home 1",
    ],
  );
  assert.ok(found.includes("metallb_allocator_addresses_in_use_total spare 0"));
  assert.equal(found.slice(-2), ["metallb_k8s_client_update_errors_total  1", "metallb_k8s_client_updates_total  3"]);
});

controller("a pool that is gone is told no more", async () => {
  const metrics = createMetrics();
  const pools = new Map([["home", poolFact("home", ["192.0.2.0/28"])]]);
  const counts = () => ({ services: 0, failures: 0 });
  collectController(metrics, { snapshot: () => ({ pools, services: new Map() }), counts, isLeader: () => false });
  assert.ok((await metrics.samples()).some(({ labels }) => labels["pool"] === "home"));
  pools.clear();
  assert.not.ok((await metrics.samples()).some(({ labels }) => "pool" in labels));
});

controller("what both roles of one process count is added up", async () => {
  const metrics = createMetrics();
  const numbers = { snapshot: () => ({ pools: new Map(), services: new Map() }), isLeader: () => true };
  collectController(metrics, { ...numbers, counts: () => ({ services: 3, failures: 0 }) });
  metrics.collect((tell) => tell("metallb_k8s_client_updates_total", 4));
  assert.is((await metrics.samples()).find(({ name }) => name === "metallb_k8s_client_updates_total")?.value, 7);
});

controller("its configuration is stale while there are problems", async () => {
  const metrics = createMetrics();
  const problem = { object: "IPAddressPool home", path: "spec.addresses[0]", found: "x", expected: "y" };
  collectSource(metrics, { isReady: true, source: { problems: () => [problem] } });
  const found = (await metrics.samples()).map(({ name, value }) => `${name} ${value}`);
  assert.equal(found, [
    "herald_config_problems 1",
    "herald_ready 1",
    "metallb_k8s_client_config_loaded_bool 1",
    "metallb_k8s_client_config_stale_bool 1",
  ]);
});

controller.run();
