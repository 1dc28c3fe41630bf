import { suite } from "uvu";
import * as assert from "uvu/assert";
import { kindsOf } from "./kinds.ts";

const kinds = suite("watched kinds");

const read = () => ({ ok: false as const, problems: [] });
const pathOf = (type: string, readers: readonly string[]) =>
  kindsOf("speaker", "herald", Object.fromEntries(readers.map((reader) => [reader, read]))).find((kind) => kind.type === type)?.path;

kinds("kindsOf() knows where each kind is", () => {
  assert.is(pathOf("v1/Service", []), "/api/v1/services");
  assert.is(pathOf("discovery.k8s.io/v1/EndpointSlice", []), "/apis/discovery.k8s.io/v1/endpointslices");
  assert.is(pathOf("v1/Secret", []), "/api/v1/namespaces/herald/secrets");
  assert.is(pathOf("metallb.io/v1beta1/IPAddressPool", []), "/apis/metallb.io/v1beta1/namespaces/herald/ipaddresspools");
  const community = "metallb.io/v1beta1/Community";
  assert.is(pathOf(community, [community]), "/apis/metallb.io/v1beta1/namespaces/herald/communities");
});

kinds("kindsOf() takes the newest version that a plugin reads, and no other", () => {
  for (const [older, newer] of [
    ["metallb.io/v1beta1/BGPPeer", "metallb.io/v1beta2/BGPPeer"],
    ["a.io/v1alpha9/Thing", "a.io/v1beta1/Thing"],
    ["a.io/v1beta9/Thing", "a.io/v1/Thing"],
    ["a.io/v2/Thing", "a.io/v10/Thing"],
  ] as const) {
    for (const order of [
      [older, newer],
      [newer, older],
    ]) {
      assert.is(pathOf(older, order), undefined);
      assert.ok(pathOf(newer, order));
    }
  }
});

kinds("kindsOf() asks for the Leases of speakers in its own namespace, and for no other", () => {
  const lease = kindsOf("speaker", "herald", {}).find(({ type }) => type.endsWith("/Lease"));
  assert.is(lease?.path, "/apis/coordination.k8s.io/v1/namespaces/herald/leases");
  assert.is(lease?.labelSelector, "herald.dev/speaker");
});

kinds("kindsOf() asks for no Secret, endpoint or node where only addresses are given out", () => {
  const types = kindsOf("controller", "herald", {}).map(({ type }) => type);
  assert.equal(types, ["v1/Service", "v1/Namespace", "metallb.io/v1beta1/IPAddressPool", "herald.dev/v1alpha1/Reservation"]);
});

kinds.run();
