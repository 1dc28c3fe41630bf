/** Addresses of both families: the dual-stack behaviours of `assignment.go` in MetalLB's end-to-end suite. */

import { suite } from "uvu";
import { sceneTests } from "./scene-tests.ts";

const dualStack = suite("dual stack");
const behaves = sceneTests(dualStack);

const PREFER = { ipFamilyPolicy: "PreferDualStack" };
const V4 = "192.0.2.1";
const V6 = "2001:db8::1";
const DUAL = [`${V4}/32`, `${V6}/128`];

behaves("PreferDualStack takes both from a dual pool where there is one", async (scene) => {
  await scene.pool("a", ["192.0.2.9/32"]);
  await scene.pool("b", DUAL);
  await scene.settled();
  await scene.service("web", { spec: PREFER });
  await scene.has("web", V4, V6);
});

behaves("PreferDualStack takes IPv4 where no pool has both", async (scene) => {
  await scene.pool("six", [`${V6}/128`], { spec: { autoAssign: false } });
  await scene.pool("four", [`${V4}/32`]);
  await scene.service("web", { spec: PREFER });
  await scene.keeps("web", V4);
});

behaves("PreferDualStack takes IPv6 where that is the primary family", async (scene) => {
  await scene.pool("six", [`${V6}/128`]);
  await scene.service("web", { spec: { ...PREFER, ipFamilies: ["IPv6", "IPv4"] } });
  await scene.keeps("web", V6);
});

behaves("a pool that gains the second family adds an address and takes none", async (scene) => {
  await scene.pool("grows", [`${V4}/32`]);
  await scene.service("web", { spec: PREFER });
  await scene.keeps("web", V4);
  await scene.pool("grows", DUAL);
  await scene.has("web", V4, V6);
});

behaves("RequireDualStack has nothing from a pool of one family; turned back to PreferDualStack it has one", async (scene) => {
  await scene.pool("four", [`${V4}/32`]);
  await scene.service("web", { spec: PREFER });
  await scene.has("web", V4);
  await scene.edit("web", { spec: { ipFamilyPolicy: "RequireDualStack" } });
  await scene.keeps("web");
  await scene.edit("web", { spec: PREFER });
  await scene.has("web", V4);
});

behaves("a Service with one address keeps it where a dual pool appears", async (scene) => {
  await scene.pool("four", [`${V4}/32`]);
  await scene.service("web", { spec: PREFER });
  await scene.has("web", V4);
  await scene.pool("both", ["192.0.2.9/32", "2001:db8::9/128"]);
  await scene.keeps("web", V4);
});

behaves("a Service whose dual pool loses a family moves to another dual pool", async (scene) => {
  await scene.pool("a", DUAL);
  await scene.service("web", { spec: PREFER });
  await scene.has("web", V4, V6);
  await scene.pool("b", ["192.0.2.9/32", "2001:db8::9/128"]);
  await scene.keeps("web", V4, V6);
  await scene.pool("a", [`${V4}/32`]);
  await scene.has("web", "192.0.2.9", "2001:db8::9");
});

behaves("a Service of one family takes the first free address of that family", async (scene) => {
  await scene.pool("a", [`${V6}/128`]);
  await scene.pool("b", [`${V4}/32`]);
  await scene.settled();
  await scene.service("four");
  await scene.has("four", V4);
  await scene.service("six", { spec: { ipFamilies: ["IPv6"] } });
  await scene.has("six", V6);
});

dualStack.run();
