/** Services for plugins, and where a speaker has them from. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Permission, ServiceInfo } from "../../announcer.ts";
import { serviceSource } from "../../cluster/service-source.ts";
import { Store } from "../../cluster/store.ts";
import type { Labels } from "../../rules/vocabulary.ts";
import { serviceFact } from "../../workbench/testing/facts.ts";
import { settled } from "../../workbench/testing/fake-clock.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { createServices, NamedServices } from "./services.ts";

const services = suite("services");

function row(vip: string, ...names: readonly string[]): Announcement {
  return { vip, family: 4, links: null, services: names.map((name) => `default/${name}`), attributes: {} };
}

const no = { added: [], changed: [], removed: [] };

function stage() {
  const store = new Store();
  const opened = new Opened("x");
  const named = new NamedServices();
  const granted: Permission[] = [{ kind: "service", annotation: "herald.dev/*" }];
  const power = createServices(new Grants("x", granted), serviceSource(store), named, opened);
  const put = (name: string, annotations: Labels = {}) => store.replace("services", `default/${name}`, serviceFact(name, { annotations }));
  const told: string[][] = [];
  const watch = (...annotations: readonly string[]) =>
    power.watch(annotations, (all) => told.push(all.map(({ key, annotations }) => `${key} ${JSON.stringify(annotations)}`)));
  return { store, opened, named, power, put, told, watch };
}

services("those that the rows name are told, sorted, with what was asked for of their annotations", async () => {
  const { named, put, told, watch } = stage();
  put("web", { "herald.dev/hostname": "www", "herald.dev/other": "x", secret: "y" });
  put("mail");
  put("other");
  named.take({ ...no, added: [row("192.0.2.1", "web", "mail", "gone")] });
  watch("herald.dev/hostname");
  assert.equal(told, [["default/mail {}", 'default/web {"herald.dev/hostname":"www"}']]);
});

services("all of a Service that is told", () => {
  const { store, named, power } = stage();
  store.replace("services", "default/web", serviceFact("web", { ports: [{ protocol: "UDP", port: 53 }], labels: { a: "b" } }));
  named.take({ ...no, added: [row("192.0.2.1", "web")] });
  let told: readonly ServiceInfo[] = [];
  power.watch([], (all) => (told = all));
  assert.equal(told, [{ key: "default/web", namespace: "default", name: "web", annotations: {}, ports: [{ protocol: "UDP", port: 53 }] }]);
});

services("what changes is told once, and nothing else", async () => {
  const { named, put, told, watch } = stage();
  put("web");
  put("other");
  named.take({ ...no, added: [row("192.0.2.1", "web")] });
  watch("herald.dev/hostname");
  await settled();
  assert.is(told.length, 1);
  put("other", { "herald.dev/hostname": "no row names it" });
  put("web", { "not asked for": "x" });
  await settled();
  assert.is(told.length, 1);
  put("web", { "herald.dev/hostname": "one" });
  put("web", { "herald.dev/hostname": "two" });
  await settled();
  assert.equal(told.slice(1), [['default/web {"herald.dev/hostname":"two"}']]);
});

services("rows that come, change and go are followed", () => {
  const { named, put, told, watch } = stage();
  for (const name of ["a", "b", "c"]) put(name);
  watch();
  named.take({ ...no, added: [row("192.0.2.1", "a"), row("192.0.2.2", "a", "b")] });
  named.take({ ...no, changed: [row("192.0.2.2", "a", "c")] });
  named.take({ ...no, removed: [row("192.0.2.1", "a")] });
  named.take({ ...no, removed: [row("192.0.2.2", "a", "c")] });
  assert.equal(told, [[], ["default/a {}", "default/b {}"], ["default/a {}", "default/c {}"], []]);
});

services("an annotation that was not granted is not told, nor any other then", () => {
  const { told, watch } = stage();
  assert.throws(() => watch("herald.dev/hostname", "example.com/secret"), /Plugin x may not use service "example.com\/secret"/);
  assert.equal(told, []);
});

services("nothing is told after it is closed, by the plugin or with it", async () => {
  const { opened, named, put, told, watch } = stage();
  put("web");
  named.take({ ...no, added: [row("192.0.2.1", "web")] });
  const close = watch("herald.dev/hostname");
  close();
  watch("herald.dev/hostname");
  opened.end();
  put("web", { "herald.dev/hostname": "late" });
  named.take({ ...no, removed: [row("192.0.2.1", "web")] });
  await settled();
  assert.is(told.length, 2);
  assert.is(opened.size, 0);
});

services.run();
