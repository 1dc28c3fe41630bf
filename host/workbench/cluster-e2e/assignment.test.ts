/** Which Service gets which address: the behaviours that MetalLB's end-to-end suite checks in `assignment.go`. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { POOL } from "./scene.ts";
import { sceneTests } from "./scene-tests.ts";

const assignment = suite("assignment");
const behaves = sceneTests(assignment);

behaves("an address goes to the Service that waits when its holder turns into a ClusterIP", async (scene) => {
  await scene.pool("single", ["192.0.2.1/32"]);
  await scene.service("first");
  await scene.has("first", "192.0.2.1");
  await scene.service("second");
  await scene.keeps("second");
  await scene.edit("first", { spec: { type: "ClusterIP" } });
  await scene.has("second", "192.0.2.1");
  await scene.has("first");
});

behaves("an address goes to the Service that waits when its holder is deleted", async (scene) => {
  await scene.pool("single", ["192.0.2.1/32"]);
  await scene.service("first");
  await scene.has("first", "192.0.2.1");
  await scene.service("second");
  await scene.told("second", "AllocationFailed");
  await scene.deleteService("first");
  await scene.has("second", "192.0.2.1");
});

behaves("a restarted controller changes nothing, even where Services wait", async (scene, controller) => {
  await scene.pool("pair", ["192.0.2.1-192.0.2.2"]);
  await scene.service("m");
  await scene.has("m", "192.0.2.1");
  await scene.service("z");
  await scene.has("z", "192.0.2.2");
  await scene.service("a");
  await scene.service("n");
  await scene.keeps("a");
  await controller.end("SIGKILL");
  controller.start();
  await scene.keeps("m", "192.0.2.1");
  await scene.has("z", "192.0.2.2");
  await scene.has("a");
  await scene.has("n");
});

behaves("what was freed while no controller ran is given out by the next", async (scene, controller) => {
  await scene.pool("single", ["192.0.2.1/32"]);
  await scene.service("first");
  await scene.has("first", "192.0.2.1");
  await scene.service("second");
  await scene.keeps("second");
  await controller.end("SIGTERM");
  await scene.deleteService("first");
  controller.start();
  await scene.has("second", "192.0.2.1");
});

behaves("a sharer that turns Local loses the address; when both are, it has it back", async (scene) => {
  await scene.pool("single", ["192.0.2.1/32"]);
  const annotations = { "metallb.io/allow-shared-ip": "key" };
  const local = { externalTrafficPolicy: "Local", selector: { app: "web" } };
  await scene.service("one", { annotations, port: 80, spec: { selector: { app: "web" } } });
  await scene.has("one", "192.0.2.1");
  await scene.service("two", { annotations, port: 81, spec: { selector: { app: "web" } } });
  await scene.has("two", "192.0.2.1");
  await scene.edit("one", { spec: { externalTrafficPolicy: "Local" } });
  await scene.keeps("one");
  await scene.keeps("two", "192.0.2.1");
  await scene.edit("two", { spec: { externalTrafficPolicy: "Local" } });
  await scene.has("one", "192.0.2.1");
  await scene.has("two", "192.0.2.1");
  await scene.service("two", { annotations, port: 81, spec: { ...local, selector: { app: "other" } } });
  await scene.keeps("two");
  await scene.keeps("one", "192.0.2.1");
  await scene.service("two", { annotations, port: 81, spec: local });
  await scene.has("two", "192.0.2.1");
});

behaves("without any pool a Service has no address", async (scene) => {
  await scene.pool("single", ["192.0.2.1/32"]);
  await scene.service("web");
  await scene.has("web", "192.0.2.1");
  await scene.deletePool("single");
  await scene.has("web");
});

behaves("a Service whose pool was deleted gets an address from another", async (scene) => {
  await scene.pool("a", ["192.0.2.1/32"]);
  await scene.service("web");
  await scene.has("web", "192.0.2.1");
  await scene.pool("b", ["192.0.2.9/32"]);
  await scene.keeps("web", "192.0.2.1");
  await scene.deletePool("a");
  await scene.has("web", "192.0.2.9");
});

behaves("a pool may be for some namespaces only", async (scene) => {
  const shop = await scene.otherNamespace("shop");
  await scene.pool("shop", ["192.0.2.1/32"], { spec: { serviceAllocation: { namespaces: [shop] } } });
  await scene.pool("zoo", ["192.0.2.9/32"]);
  await scene.service("outside");
  await scene.has("outside", "192.0.2.9");
  await scene.service(`${shop}/inside`);
  await scene.has(`${shop}/inside`, "192.0.2.1");
});

behaves("of pools that differ in priority only, the lowest number comes first", async (scene) => {
  await scene.pool("a", ["192.0.2.1/32"], { spec: { serviceAllocation: { priority: 20 } } });
  await scene.pool("b", ["192.0.2.2/32"], { spec: { serviceAllocation: { priority: 10 } } });
  await scene.settled();
  await scene.service("first");
  await scene.has("first", "192.0.2.2");
  await scene.service("second");
  await scene.has("second", "192.0.2.1");
});

for (const by of ["name", "label"] as const) {
  behaves(`of pools for a namespace by ${by}, the lowest number comes first, and no number last`, async (scene) => {
    const shop = await scene.otherNamespace(`shop-${by}`, { team: scene.namespace });
    const whom = by === "name" ? { namespaces: [shop] } : { namespaceSelectors: [{ matchLabels: { team: scene.namespace } }] };
    await scene.pool("a", ["192.0.2.1/32"], { spec: { serviceAllocation: { ...whom } } });
    await scene.pool("b", ["192.0.2.2/32"], { spec: { serviceAllocation: { priority: 20, ...whom } } });
    await scene.pool("c", ["192.0.2.3/32"], { spec: { serviceAllocation: { priority: 10, ...whom } } });
    await scene.settled();
    for (const [name, address] of [
      ["first", "192.0.2.3"],
      ["second", "192.0.2.2"],
      ["third", "192.0.2.1"],
    ] as const) {
      await scene.service(`${shop}/${name}`);
      await scene.has(`${shop}/${name}`, address);
    }
  });
}

behaves("a pool may be for Services with some labels only", async (scene) => {
  const serviceSelectors = [{ matchLabels: { tier: "gold" } }];
  await scene.pool("gold", ["192.0.2.1/32"], { spec: { serviceAllocation: { serviceSelectors } } });
  await scene.pool("zoo", ["192.0.2.9/32"]);
  await scene.settled();
  await scene.service("plain");
  await scene.has("plain", "192.0.2.9");
  await scene.service("golden", { labels: { tier: "gold" } });
  await scene.has("golden", "192.0.2.1");
});

behaves("a pool for a namespace and for labels wants both", async (scene) => {
  const shop = await scene.otherNamespace("shop");
  const serviceAllocation = { namespaces: [shop], serviceSelectors: [{ matchLabels: { tier: "gold" } }] };
  await scene.pool("gold", ["192.0.2.1/32"], { spec: { serviceAllocation } });
  await scene.settled();
  await scene.service("outside", { labels: { tier: "gold" } });
  await scene.service(`${shop}/plain`);
  await scene.keeps("outside");
  await scene.keeps(`${shop}/plain`);
  await scene.service(`${shop}/golden`, { labels: { tier: "gold" } });
  await scene.has(`${shop}/golden`, "192.0.2.1");
});

behaves("a namespace's label that comes later counts for new Services only", async (scene) => {
  const shop = await scene.otherNamespace("shop");
  const namespaceSelectors = [{ matchLabels: { team: scene.namespace } }];
  await scene.pool("team", ["192.0.2.1/32"], { spec: { serviceAllocation: { namespaceSelectors } } });
  await scene.pool("zoo", ["192.0.2.8/30"]);
  await scene.settled();
  await scene.service(`${shop}/before`);
  await scene.has(`${shop}/before`, "192.0.2.8");
  await scene.admin.patch("v1/Namespace", shop, { metadata: { labels: { team: scene.namespace } } });
  await scene.keeps(`${shop}/before`, "192.0.2.8");
  await scene.service(`${shop}/after`);
  await scene.has(`${shop}/after`, "192.0.2.1");
});

behaves("IPAddressPool status counts what is given out", async (scene) => {
  await scene.pool("dual", ["192.0.2.0/30", "2001:db8::/126"]);
  const counted = (assignedIPv4: number, assignedIPv6: number) =>
    scene.admin.until(POOL, `${scene.cluster.namespace}/dual`, `count of ${assignedIPv4} and ${assignedIPv6}`, ({ status }) => {
      const wanted = { assignedIPv4, assignedIPv6, availableIPv4: 4 - assignedIPv4, availableIPv6: 4 - assignedIPv6 };
      assert.equal(status, wanted);
      return true;
    });
  await counted(0, 0);
  await scene.service("web", { spec: { ipFamilyPolicy: "RequireDualStack" } });
  await counted(1, 1);
  const annotations = { "metallb.io/allow-shared-ip": "key" };
  await scene.service("one", { annotations });
  await scene.service("two", { annotations, port: 81 });
  await scene.has("two", "192.0.2.1");
  await counted(2, 1);
  await scene.deleteService("web");
  await counted(1, 0);
});

assignment.run();
