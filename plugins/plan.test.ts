/** `herald plan` and `herald explain` know the optional plugins where somebody names them, and are silent of them where nobody does. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explainManifests } from "../host/cli/explain-manifests.ts";
import { planManifests } from "../host/cli/plan-manifests.ts";
import { builtIns, optional } from "./index.ts";

const plan = suite("optional plugins, planned");

const BASE = `
{apiVersion: v1, kind: Node, metadata: {name: box}}
---
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: home}, spec: {addresses: [192.0.2.240/28]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
---
{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: home}}
`;
const MORE = `
---
{apiVersion: herald.dev/v1alpha1, kind: Advertisement, metadata: {name: rip}, spec: {plugin: rip, attributes: {metric: 3}}}
---
{apiVersion: herald.dev/v1alpha1, kind: Advertisement, metadata: {name: mdns}, spec: {plugin: mdns}}
`;

for (const { text, vias } of [
  { text: BASE, vias: ["arp", "bgp"] },
  { text: BASE + MORE, vias: ["arp", "bgp", "mdns", "rip"] },
]) {
  plan(`of ${vias.join(", ")}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "herald-plan-"));
    try {
      writeFileSync(join(folder, "all.yaml"), text);
      const place = { manifests: folder, allocations: undefined };
      const { announcements, refused, problems } = (await planManifests({ builtIns, optional }, place)).output;
      assert.equal(problems, []);
      const found = [...announcements, ...refused].map(({ via }) => via).sort();
      assert.equal(found, vias);
      assert.equal(
        announcements.map(({ via }) => via).sort(),
        vias.filter((via) => via !== "bgp"),
      );
      const explained = await explainManifests({ builtIns, optional }, { ...place, service: "default/web" });
      assert.equal(explained.vias.map(({ via }) => via).sort(), vias);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

plan.run();
