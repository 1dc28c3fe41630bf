/**
 * What one object cannot know by itself, and so no definition can refuse: of MetalLB's end-to-end suite what `webhooks.go` checks of pools. Herald
 * takes the rest, goes on with the last that was right, and says what is wrong.
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Scene, STATE } from "./scene.ts";
import { sceneTests } from "./scene-tests.ts";

const refusals = suite("refusals");
const behaves = sceneTests(refusals);

/** Waits for what the controller says of the configuration; undefined: that all is well. */
async function says(scene: Scene, summary: RegExp | undefined): Promise<void> {
  await scene.admin.until(STATE, `${scene.cluster.namespace}/controller`, String(summary ?? "Valid"), ({ status }) =>
    summary === undefined
      ? status.result === "Valid" && !status.errorSummary
      : status.result === "Invalid" && summary.test(status.errorSummary),
  );
}

behaves("of pools that overlap the first by name counts, until the other is repaired", async (scene) => {
  await scene.pool("a", ["192.0.2.0/30"]);
  await scene.service("web");
  await scene.has("web", "192.0.2.0");
  await says(scene, undefined);
  await scene.pool("b", ["192.0.2.2-192.0.2.9"]);
  await says(scene, /IPAddressPool b.*192\.0\.2\.2/s);
  await scene.keeps("web", "192.0.2.0");
  await scene.service("other", { annotations: { "metallb.io/address-pool": "b" } });
  await scene.keeps("other");
  await scene.pool("b", ["192.0.2.8/30"]);
  await scene.has("other", "192.0.2.8");
  await says(scene, undefined);
});

behaves("a pool that turns wrong stays as it was, and holds up no other", async (scene) => {
  await scene.pool("a", ["2001:db8::1/128"]);
  await scene.service("web", { spec: { ipFamilies: ["IPv6"] } });
  await scene.has("web", "2001:db8::1");
  // A range that ends before it starts, too far apart for the definition's rule.
  await scene.pool("a", ["2001:db8:1::1-2001:db8::1"]);
  await scene.pool("b", ["192.0.2.1/32"]);
  await says(scene, /IPAddressPool a/);
  await scene.keeps("web", "2001:db8::1");
  await scene.service("four");
  await scene.has("four", "192.0.2.1");
  await scene.pool("a", ["2001:db8::1/128"]);
  await says(scene, undefined);
  await scene.keeps("web", "2001:db8::1");
});

behaves("pools count in Herald's own namespace only", async (scene) => {
  const metadata = { name: "elsewhere", namespace: scene.namespace };
  await scene.admin.apply({ apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata, spec: { addresses: ["192.0.2.1/32"] } });
  await scene.service("web");
  await scene.keeps("web");
  await scene.admin.delete("metallb.io/v1beta1/IPAddressPool", `${scene.namespace}/elsewhere`);
});

behaves("what the controller says of the configuration is written again when deleted", async (scene) => {
  await says(scene, undefined);
  const name = `${scene.cluster.namespace}/controller`;
  const before = (await scene.admin.get(STATE, name))?.metadata["uid"];
  await scene.admin.delete(STATE, name);
  const after = await scene.admin.until(STATE, name, "another one", ({ metadata }) => metadata["uid"] !== before && metadata["uid"]);
  assert.ok(after);
  await says(scene, undefined);
});

refusals.run();
