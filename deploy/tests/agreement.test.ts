/** What the API server refuses of one object by itself Herald refuses too, and what it takes Herald takes: rules are written twice. */

import { dump } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDocument } from "../../host/cluster/manifests/parse-document.ts";
import { translatorsOf } from "../../host/cluster/plugin-resources/translators.ts";
import { Store } from "../../host/cluster/store.ts";
import { Translated } from "../../host/cluster/translated.ts";
import { readDefinitions } from "../../host/workbench/api-server/definitions.ts";
import { builtIns } from "../../plugins/index.ts";
import { readExamples } from "./rules.ts";

const agreement = suite("agreement of rules");
const { readers } = new Translated(new Store(), translatorsOf(builtIns), "a");

/** By the API server alone: communities are looked at together with the names that other objects give, and a name of nothing selects nothing. */
const BY_SERVER_ALONE = [/^BGPAdvertisement (four|three)-sections$/, /^BGPAdvertisement too-great/, / wrong-link$/, / wrong-plugin$/];

for (const { spec } of readDefinitions()) {
  const { plural, kind } = spec.names;
  for (const example of readExamples(`${plural}/accepted.yaml`)) {
    agreement(`Herald takes ${kind} ${example.metadata.name}`, () => {
      assert.equal(parseDocument(dump(example), readers).problems, []);
    });
  }
  for (const example of readExamples(`${plural}/refused.yaml`)) {
    if (BY_SERVER_ALONE.some((pattern) => pattern.test(`${kind} ${example.metadata.name}`))) continue;
    agreement(`Herald refuses ${kind} ${example.metadata.name}`, () => {
      assert.ok(parseDocument(dump(example), readers).problems.length > 0);
    });
  }
}

agreement.run();
