/** The case folders of `fixtures/manifests` with resources of BGP. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createCheck } from "../../host/sandbox/check-config.ts";
import { checkManifestCase, manifestCases } from "../../host/workbench/testing/manifest-case.ts";
import { CONFIG_SCHEMA } from "./config.ts";
import { translation } from "./translation.ts";

const cases = suite("BGP manifest cases");
const checkConfig = createCheck("plugin bgp", CONFIG_SCHEMA);

/** Every config is one that the plugin takes. */
const checked: typeof translation = {
  ...translation,
  translate(world) {
    const translated = translation.translate(world);
    assert.equal(checkConfig(translated.config), []);
    return translated;
  },
};

for (const name of manifestCases("bgp")) cases(name, () => checkManifestCase(name, checked));

cases("there are cases", () => {
  assert.ok(manifestCases("bgp").length >= 5);
});

cases.run();
