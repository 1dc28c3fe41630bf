/** What a Service asks for by annotation, field and class: of MetalLB's end-to-end suite what `l2.go` and `loadbalancer_class.go` check without frames. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SERVICE } from "./scene.ts";
import { sceneTests } from "./scene-tests.ts";

const requests = suite("requests");
const behaves = sceneTests(requests);

const FROM_POOL = "metallb.io/ip-allocated-from-pool";
const BOTH_PREFIXES = ["metallb.io", "metallb.universe.tf"] as const;

behaves("addresses of a pool may be a range or a prefix", async (scene) => {
  await scene.pool("range", ["192.0.2.16-192.0.2.17"]);
  await scene.service("one");
  await scene.has("one", "192.0.2.16");
  await scene.service("two");
  await scene.has("two", "192.0.2.17");
  await scene.deletePool("range");
  await scene.pool("prefix", ["192.0.2.32/31"]);
  await scene.has("one", "192.0.2.32");
  await scene.has("two", "192.0.2.33");
});

for (const autoAssign of [true, false]) {
  for (const prefix of BOTH_PREFIXES) {
    behaves(`a Service gets its address from the pool that ${prefix}/address-pool names, autoAssign ${autoAssign}`, async (scene) => {
      await scene.pool("a", ["192.0.2.1/32"]);
      await scene.pool("b", ["192.0.2.9/32"], { spec: { autoAssign } });
      await scene.service("web", { annotations: { [`${prefix}/address-pool`]: "b" } });
      await scene.has("web", "192.0.2.9");
      assert.is((await scene.get("web"))?.metadata["annotations"][FROM_POOL], "b");
    });
  }
}

behaves("a pool without autoAssign is for those who ask for it", async (scene) => {
  await scene.pool("quiet", ["192.0.2.1/32"], { spec: { autoAssign: false } });
  await scene.service("web");
  await scene.keeps("web");
  await scene.pool("quiet", ["192.0.2.1/32"]);
  await scene.has("web", "192.0.2.1");
});

for (const prefix of BOTH_PREFIXES) {
  behaves(`a Service gets the addresses that ${prefix}/loadBalancerIPs names`, async (scene) => {
    await scene.pool("dual", ["192.0.2.0/24", "2001:db8::/120"]);
    const annotations = { [`${prefix}/loadBalancerIPs`]: "192.0.2.77, 2001:db8::77" };
    await scene.service("web", { annotations, spec: { ipFamilyPolicy: "RequireDualStack" } });
    await scene.has("web", "192.0.2.77", "2001:db8::77");
  });
}

behaves("a Service gets the address that spec.loadBalancerIP names, and follows when that changes", async (scene) => {
  await scene.pool("wide", ["192.0.2.0/24"]);
  await scene.service("web", { spec: { loadBalancerIP: "192.0.2.50" } });
  await scene.has("web", "192.0.2.50");
  await scene.edit("web", { spec: { loadBalancerIP: "192.0.2.51" } });
  await scene.has("web", "192.0.2.51");
});

behaves("a Service moves when it asks for another pool", async (scene) => {
  await scene.pool("a", ["192.0.2.1/32"]);
  await scene.pool("b", ["192.0.2.9/32"]);
  await scene.service("web", { annotations: { "metallb.io/address-pool": "a" } });
  await scene.has("web", "192.0.2.1");
  await scene.service("web", { annotations: { "metallb.io/address-pool": "b" } });
  await scene.has("web", "192.0.2.9");
});

for (const [what, annotations] of Object.entries({
  "a pool that is not there": { "metallb.io/address-pool": "nowhere" },
  "an address of no pool": { "metallb.io/loadBalancerIPs": "203.0.113.5" },
  "an address of the wrong family": { "metallb.io/loadBalancerIPs": "2001:db8::5" },
  "what is no address": { "metallb.io/loadBalancerIPs": "web.example" },
})) {
  behaves(`a Service that asks for ${what} is told so and has nothing`, async (scene) => {
    await scene.pool("dual", ["192.0.2.0/24", "2001:db8::/120"]);
    await scene.service("web", { annotations });
    assert.match(await scene.told("web", "AllocationFailed"), /./);
    await scene.keeps("web");
  });
}

behaves("two Services share an address where keys agree and ports differ", async (scene) => {
  await scene.pool("wide", ["192.0.2.0/24"]);
  const annotations = { "metallb.io/allow-shared-ip": "key", "metallb.io/loadBalancerIPs": "192.0.2.7" };
  await scene.service("one", { annotations, port: 80 });
  await scene.has("one", "192.0.2.7");
  await scene.service("two", { annotations, port: 443 });
  await scene.has("two", "192.0.2.7");
  await scene.service("same-port", { annotations, port: 443 });
  await scene.keeps("same-port");
  await scene.service("other-key", { annotations: { ...annotations, "metallb.io/allow-shared-ip": "other" }, port: 81 });
  await scene.keeps("other-key");
  await scene.deleteService("one");
  await scene.keeps("two", "192.0.2.7");
});

behaves("one port may be had by TCP and UDP at one address", async (scene) => {
  await scene.pool("single", ["192.0.2.1/32"]);
  const annotations = { "metallb.io/allow-shared-ip": "dns" };
  await scene.service("tcp", { annotations, port: 53 });
  await scene.has("tcp", "192.0.2.1");
  await scene.service("udp", { annotations, spec: { ports: [{ name: "main", port: 53, protocol: "UDP" }] } });
  await scene.has("udp", "192.0.2.1");
});

behaves("a Service of a foreign class has no address", async (scene) => {
  await scene.pool("wide", ["192.0.2.0/24"]);
  await scene.service("foreign", { spec: { loadBalancerClass: "example.com/other" } });
  await scene.keeps("foreign");
  assert.is((await scene.get("foreign"))?.metadata["annotations"]?.[FROM_POOL], undefined);
});

behaves("what another controller wrote into the status of a foreign class stays", async (scene) => {
  await scene.pool("wide", ["192.0.2.0/24"]);
  await scene.service("foreign", { spec: { loadBalancerClass: "example.com/other" } });
  const status = { loadBalancer: { ingress: [{ ip: "203.0.113.1" }] } };
  await scene.admin.patch(SERVICE, `${scene.namespace}/foreign`, { status }, { subresource: "status" });
  await scene.keeps("foreign", "203.0.113.1");
});

behaves("avoidBuggyIPs leaves out what ends in 0 and 255", async (scene) => {
  await scene.pool("careful", ["192.0.2.255-192.0.3.1"], { spec: { avoidBuggyIPs: true } });
  await scene.service("one");
  await scene.has("one", "192.0.3.1");
  await scene.service("two");
  await scene.keeps("two");
});

behaves("a Service whose pool was renamed keeps its address, and the annotation follows", async (scene) => {
  await scene.pool("before", ["192.0.2.1/32"]);
  await scene.service("web");
  await scene.has("web", "192.0.2.1");
  await scene.deletePool("before");
  await scene.pool("after", ["192.0.2.1/32"]);
  await scene.admin.until(
    SERVICE,
    `${scene.namespace}/web`,
    "annotation after",
    ({ metadata }) => metadata["annotations"][FROM_POOL] === "after",
  );
  await scene.keeps("web", "192.0.2.1");
});

requests.run();
