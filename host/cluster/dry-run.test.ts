import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Controller } from "./controller.ts";
import { dryRun } from "./dry-run.ts";
import { ManifestsSource } from "./manifests/manifests.ts";
import { Store } from "./store.ts";

const dry = suite("dry-run");

const HOMELAB = fileURLToPath(new URL("../../fixtures/homelab", import.meta.url));

dry("dryRun() says for the home lab what the controller then does, and writes nothing", async () => {
  const path = mkdtempSync(join(tmpdir(), "homelab-"));
  cpSync(HOMELAB, path, { recursive: true });
  const store = new Store();
  const source = await ManifestsSource.open({ path, follow: false }, store);
  assert.equal(source.problems(), []);
  const { allocations, snapshot } = dryRun(source, store.snapshot());
  assert.equal(readdirSync(path), readdirSync(HOMELAB));
  assert.equal([...allocations].map(([key, { vips, pools }]) => [key, vips, pools.join()]).sort(), [
    ["default/home-assistant", ["192.0.2.240", "2001:db8::240"], "home,home"],
    ["default/jellyfin", ["192.0.2.241"], "home"],
    ["default/photos", ["198.51.100.1"], "routed"],
    ["default/pi-hole", ["192.0.2.250"], "home"],
  ]);
  const log = { info: () => undefined, warn: () => undefined };
  const controller = new Controller({ store, source, status: source.allocations, log });
  await controller.start();
  assert.equal([...store.snapshot().services].sort(), [...snapshot.services].sort());
  await controller.close();
  source.close();
  rmSync(path, { recursive: true });
});

dry("the home lab fits one screen, and has no address but those for documentation", async () => {
  const source = await ManifestsSource.open({ path: HOMELAB, follow: false }, new Store());
  assert.is(source.parsedDocuments, 13);
  assert.equal(source.problems(), []);
  assert.equal([...source.ignored().keys()].sort(), ["BGPAdvertisement", "BGPPeer"], "a plugin's");
});

dry.run();
