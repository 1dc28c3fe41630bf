/**
 * Case folders of manifests: the YAML in a folder goes in, and its `expected.json` says which facts come out (all that there are of a kind;
 * of a fact only the fields named), which problems, and which kinds are left alone; `plugin` says whose resources are read, too.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import type { Translation } from "../../announcer.ts";
import { ClusterObjects } from "../../cluster/cluster-objects.ts";
import { ManifestSet } from "../../cluster/manifests/manifest-set.ts";
import { Standalone } from "../../cluster/manifests/standalone.ts";
import { Store } from "../../cluster/store.ts";
import { Translated } from "../../cluster/translated.ts";

const FOLDER = fileURLToPath(new URL("../../../fixtures/manifests", import.meta.url));

interface Expected {
  readonly plugin?: string;
  /** Whose config is made. */
  readonly node?: string;
  readonly facts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly config?: unknown;
  readonly problems?: readonly unknown[];
  readonly ignored?: Readonly<Record<string, number>>;
}

/** The cases of a plugin; of none: those with the host's own resources. */
export function manifestCases(plugin?: string): readonly string[] {
  return readdirSync(FOLDER)
    .sort()
    .filter((name) => expectationOf(name).plugin === plugin);
}

/** Compares what comes out with what is expected. */
export function checkManifestCase(name: string, translation?: Translation): void {
  const expected = expectationOf(name);
  const translators = translation === undefined ? [] : [{ name: expected.plugin ?? "", translation }];
  const store = new Store();
  const translated = new Translated(store, translators, expected.node);
  const objects = new ClusterObjects(new Standalone(translated, expected.node), translated);
  const manifests = new ManifestSet(objects, translated.readers);
  const files = readdirSync(join(FOLDER, name)).filter((file) => file.endsWith(".yaml"));
  for (const file of files.sort()) manifests.put(file, readFileSync(join(FOLDER, name, file), "utf8"));
  objects.commit();
  assert.equal(
    manifests.problems((file) => file),
    expected.problems ?? [],
  );
  assert.equal(Object.fromEntries(manifests.ignored()), expected.ignored ?? {});
  for (const [kind, facts] of Object.entries(factsOf(store, translated))) {
    const wanted = expected.facts?.[kind] ?? {};
    assert.equal(Object.keys(facts).sort(), Object.keys(wanted).sort(), kind);
    for (const [key, fact] of Object.entries(wanted)) assert.equal(pick(facts[key], fact), fact, `${kind} ${key}`);
  }
  if (expected.plugin !== undefined) assert.equal(asJson(translated.config(expected.plugin)), expected.config);
}

function expectationOf(name: string): Expected {
  return JSON.parse(readFileSync(join(FOLDER, name, "expected.json"), "utf8")) as Expected;
}

function factsOf(store: Store, { secrets }: Translated): Record<string, Record<string, unknown>> {
  const { services, endpoints, nodes, namespaces, pools, reservations, advertisements } = store.snapshot();
  const facts = {
    services: Object.fromEntries(services),
    endpoints: Object.fromEntries(endpoints),
    nodes: Object.fromEntries(nodes),
    namespaces: Object.fromEntries(namespaces),
    pools: Object.fromEntries(pools),
    reservations: Object.fromEntries(reservations),
    advertisements: Object.fromEntries(advertisements.map((fact) => [fact.name, fact])),
    secrets: Object.fromEntries(Array.from(secrets.facts(), ([key, fact]) => [key, { ...fact, password: secrets.get(key)?.password }])),
  };
  return asJson(facts) as typeof facts;
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part)));
}

/** The fields of `fact` that `expected` names. */
function pick(fact: unknown, expected: unknown): unknown {
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) return fact;
  return Object.fromEntries(Object.keys(expected).map((field) => [field, (fact as Readonly<Record<string, unknown>>)[field]]));
}
