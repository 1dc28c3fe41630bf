import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { allocateAll } from "./allocate.ts";
import { preferredNodes, readPreferredNodes } from "./preferred-nodes.ts";

const preferred = suite("preferred nodes");

const KEY = "herald.dev/preferred-nodes";

preferred("are names with commas, each once", () => {
  assert.equal(readPreferredNodes({}), []);
  assert.equal(readPreferredNodes({ [KEY]: " node-b,node-a.example.com , node-b" }), ["node-b", "node-a.example.com"]);
});

preferred("do not count where one is wrong", () => {
  const cases: readonly [string, string][] = [
    ["", '""'],
    ["node-a,", '""'],
    ["node-a,,node-b", '""'],
    ["node_a", '"node_a"'],
    ["Node", '"Node"'],
    ["-a", '"-a"'],
    ["a..b", '"a..b"'],
    ["x".repeat(254), `"${"x".repeat(60)}"`],
    [Array.from({ length: 65 }, (_, at) => `n${at}`).join(), "65 nodes"],
  ];
  for (const [text, found] of cases) {
    const message = `Annotation ${KEY} names ${found}, expected at most 64 names of nodes with commas`;
    assert.equal(readPreferredNodes({ [KEY]: text }), { reason: "invalidAnnotation", message }, text);
    assert.equal(preferredNodes({ [KEY]: text }), []);
  }
  assert.is(preferredNodes({ [KEY]: Array.from({ length: 64 }, (_, at) => `n${at}`).join() }).length, 64);
});

preferred("that are wrong are told, and cost no address", () => {
  const services = [serviceFact("web", { annotations: { [KEY]: "node_a", "metallb.universe.tf/address-pool": "home" } })];
  const allocation = allocateAll({
    services: new Map(services.map((service) => [service.key, service])),
    pools: new Map([["home", poolFact("home", ["192.0.2.0/30"])]]),
    ...{ strangers: new Set<string>(), namespaces: new Map(), reservations: new Map() },
  }).get("default/web");
  assert.equal(allocation?.vips, ["192.0.2.0"]);
  assert.is(allocation?.ignored?.reason, "invalidAnnotation");
  assert.is(allocation?.deprecated?.reason, "deprecatedAnnotation", "beside what else is to be said");
});

preferred.run();
