/**
 * Each folder of `fixtures/manifests` is a case: its YAML goes in, and `expected.json` says which facts come out (all
 * that there are of a kind; of a fact only the fields named), which problems, and which kinds are left alone.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ClusterObjects } from "./cluster-objects.ts";
import { ManifestSet } from "./manifest-set.ts";
import { Standalone } from "./standalone.ts";
import { Store } from "./store.ts";

const cases = suite("manifest cases");

const FOLDER = fileURLToPath(new URL("../../fixtures/manifests", import.meta.url));

interface Expected {
  readonly facts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly problems?: readonly unknown[];
  readonly ignored?: Readonly<Record<string, number>>;
}

function readCase(name: string) {
  const store = new Store();
  const objects = new ClusterObjects(new Standalone(store));
  const manifests = new ManifestSet(objects);
  const files = readdirSync(join(FOLDER, name)).filter((file) => file.endsWith(".yaml"));
  for (const file of files.sort()) manifests.put(file, readFileSync(join(FOLDER, name, file), "utf8"));
  objects.commit();
  const { services, endpoints, nodes, namespaces, pools, advertisements } = store.snapshot();
  const facts: Record<string, Record<string, unknown>> = {
    services: Object.fromEntries(services),
    endpoints: Object.fromEntries(endpoints),
    nodes: Object.fromEntries(nodes),
    namespaces: Object.fromEntries(namespaces),
    pools: Object.fromEntries(pools),
    advertisements: Object.fromEntries(advertisements.map((fact) => [fact.name, fact])),
  };
  return {
    facts: asJson(facts) as typeof facts,
    problems: manifests.problems((file) => file),
    ignored: Object.fromEntries(manifests.ignored()),
  };
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part)));
}

/** The fields of `fact` that `expected` names. */
function pick(fact: unknown, expected: unknown): unknown {
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) return fact;
  return Object.fromEntries(Object.keys(expected).map((field) => [field, (fact as Readonly<Record<string, unknown>>)[field]]));
}

for (const name of readdirSync(FOLDER).sort()) {
  cases(name, () => {
    const expected = JSON.parse(readFileSync(join(FOLDER, name, "expected.json"), "utf8")) as Expected;
    const actual = readCase(name);
    assert.equal(actual.problems, expected.problems ?? []);
    assert.equal(actual.ignored, expected.ignored ?? {});
    for (const [kind, facts] of Object.entries(actual.facts)) {
      const wanted = expected.facts?.[kind] ?? {};
      assert.equal(Object.keys(facts).sort(), Object.keys(wanted).sort(), kind);
      for (const [key, fact] of Object.entries(wanted)) assert.equal(pick(facts[key], fact), fact, `${kind} ${key}`);
    }
  });
}

cases("there are cases", () => {
  assert.ok(readdirSync(FOLDER).length >= 15);
});

cases.run();
