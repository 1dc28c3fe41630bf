/** The case folders of `fixtures/manifests` that need no plugin. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkManifestCase, manifestCases } from "../../workbench/testing/manifest-case.ts";

const cases = suite("manifest cases");

for (const name of manifestCases()) cases(name, () => checkManifestCase(name));

cases("there are cases", () => {
  assert.ok(manifestCases().length >= 16);
});

cases.run();
