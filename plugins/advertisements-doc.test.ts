/** Herald understands the examples of docs/advertisements.md, with the plugins that it has. */

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ClusterObjects } from "../host/cluster/cluster-objects.ts";
import { ManifestSet } from "../host/cluster/manifests/manifest-set.ts";
import { translatorsOf } from "../host/cluster/plugin-resources/translators.ts";
import { Store } from "../host/cluster/store.ts";
import { Translated } from "../host/cluster/translated.ts";
import { builtIns } from "./index.ts";

const doc = suite("docs/advertisements.md");

doc("every example is understood, and only the plugin that is not built in is not loaded", () => {
  const text = readFileSync(new URL("../docs/advertisements.md", import.meta.url), "utf8");
  const store = new Store();
  const translated = new Translated(store, translatorsOf(builtIns), "a");
  const objects = new ClusterObjects(translated, translated);
  const manifests = new ManifestSet(objects, translated.readers);
  const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
  for (const [at, [, example]] of examples.entries()) manifests.put(`${at}.yaml`, example);
  objects.commit();
  assert.is(examples.length, 3);
  assert.equal(
    manifests.problems((name) => name).map(({ object, path }) => `${object} ${path}`),
    ["Plugin vrrp spec.source"],
  );
  assert.equal([...manifests.ignored()], []);
  assert.equal(
    store.snapshot().advertisements.map(({ kind }) => kind),
    ["L2Advertisement"],
  );
  assert.equal(translated.config("arp"), { exclude: ["docker*", "cali*", "veth*", "lo", "storage*"] });
});

doc.run();
