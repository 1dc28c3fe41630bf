import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serviceFact } from "../workbench/testing/facts.ts";
import { legacyAnnotations, readAnnotation, SERVICE_ANNOTATIONS } from "./annotations.ts";
import { readSharingKey } from "./demand.ts";

const annotations = suite("annotations");

annotations("readAnnotation() takes the new prefix where both are there, even when it is empty", () => {
  const both = { "metallb.io/allow-shared-ip": "", "metallb.universe.tf/allow-shared-ip": "k" };
  assert.is(readAnnotation(both, SERVICE_ANNOTATIONS.sharingKey), "");
  assert.is(readSharingKey(serviceFact("a", { annotations: { "metallb.universe.tf/allow-shared-ip": "k" } })), "k");
});

annotations("legacyAnnotations() leaves out what MetalLB itself once wrote", () => {
  const old = { "metallb.universe.tf/ip-allocated-from-pool": "p", "metallb.universe.tf/x": "", "metallb.universe.tf/address-pool": "p" };
  assert.equal(legacyAnnotations({ ...old, "metallb.io/address-pool": "p" }), [
    "metallb.universe.tf/address-pool",
    "metallb.universe.tf/x",
  ]);
});

annotations.run();
