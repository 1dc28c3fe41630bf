import { mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Controller } from "./controller.ts";
import { ManifestsSource } from "./manifests/manifests.ts";
import type { ServiceStatus, StatusWriter } from "./service-status.ts";
import { Store } from "./store.ts";

const controller = suite("controller");

const POOL = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: home}\nspec: {addresses: [192.0.2.10-192.0.2.13]}\n";

let directory = "";
const closers: (() => Promise<void> | void)[] = [];
controller.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), "controller-"));
  writeFileSync(join(directory, "pool.yaml"), POOL);
});
controller.after.each(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(directory, { recursive: true, force: true });
});

function service(name: string, more = ""): string {
  return `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {type: LoadBalancer, ports: [{port: 80}]${more}}\n`;
}

function put(...texts: readonly string[]): void {
  writeFileSync(join(directory, "services.yaml"), texts.join(""));
}

/** A controller as `herald run --controller` has it; `writer` may stand in for the file. */
async function start(writer?: (file: StatusWriter, store: Store) => StatusWriter) {
  const store = new Store();
  const source = await ManifestsSource.open({ path: directory, follow: true }, store);
  const told: string[] = [];
  const say = (message: string, fields?: Readonly<Record<string, unknown>>) => void told.push(`${message} ${JSON.stringify(fields)}`);
  const status = writer?.(source.allocations, store) ?? source.allocations;
  const running = new Controller({ store, source, status, log: { info: say, warn: say } });
  const close = async () => {
    await running.close();
    source.close();
  };
  closers.push(close);
  await running.start();
  const vips = () =>
    Object.fromEntries([...store.snapshot().services].map(([key, { ingress }]) => [key.slice("default/".length), ingress.join()]).sort());
  return {
    store,
    source,
    running,
    told,
    close,
    vips,
    has: (expected: Readonly<Record<string, string>>) => JSON.stringify(vips()) === JSON.stringify(expected),
  };
}

function recorded(): string[] {
  const text = readFileSync(join(directory, "allocations.yaml"), "utf8");
  return text.split("\n").filter((line) => line.startsWith("- "));
}

async function until(what: () => boolean, withinMs = 10_000): Promise<void> {
  const startMs = performance.now();
  while (!what()) {
    if (performance.now() - startMs > withinMs) throw new Error(`Waited ${withinMs} ms for ${what}`);
    await delay(1);
  }
}

controller("Services get addresses, on record before anybody sees them", async () => {
  put(service("web"), service("api", ", loadBalancerIP: 192.0.2.13"));
  let seenBefore: unknown;
  const { vips, running, told } = await start((file, store) => ({
    prepare: () => file.prepare(),
    records: () => file.records(),
    write: async (...change) => {
      seenBefore = [...store.snapshot().services.values()].map(({ ingress }) => ingress);
      await file.write(...change);
    },
  }));
  assert.equal(vips(), { api: "192.0.2.13", web: "192.0.2.10" });
  assert.equal(seenBefore, [[], []]);
  assert.equal(recorded(), [
    '- {service: "default/api", vips: ["192.0.2.13"], pool: "home"}',
    '- {service: "default/web", vips: ["192.0.2.10"], pool: "home"}',
  ]);
  assert.equal(running.allocations().get("default/web"), { vips: ["192.0.2.10"], pools: ["home"] });
  assert.equal(told.sort(), [
    'Status written {"service":"default/api","vips":["192.0.2.13"]}',
    'Status written {"service":"default/web","vips":["192.0.2.10"]}',
  ]);
});

controller("a restart changes nothing, not even the file", async () => {
  put(service("b"), service("a"));
  const first = await start();
  put(service("b"), service("a"), service("aa"));
  await until(() => first.has({ a: "192.0.2.10", aa: "192.0.2.12", b: "192.0.2.11" }));
  await first.close();
  const before = readFileSync(join(directory, "allocations.yaml"), "utf8");
  let writes = 0;
  const second = await start((file) => ({
    prepare: () => file.prepare(),
    records: () => file.records(),
    write: async (...change) => {
      writes++;
      await file.write(...change);
    },
  }));
  assert.equal(second.vips(), { a: "192.0.2.10", aa: "192.0.2.12", b: "192.0.2.11" });
  await delay(50);
  assert.is(writes, 0);
  assert.is(readFileSync(join(directory, "allocations.yaml"), "utf8"), before);
});

controller("a deleted Service releases its address, and one that waits gets it", async () => {
  put(...["a", "b", "c", "d", "e"].map((name) => service(name)));
  const { has, told, running } = await start();
  assert.ok(has({ a: "192.0.2.10", b: "192.0.2.11", c: "192.0.2.12", d: "192.0.2.13", e: "" }));
  assert.is(running.allocations().get("default/e")?.refused?.reason, "AllocationFailed");
  assert.is(told.filter((line) => line.includes("does not have")).length, 1);
  put(...["a", "c", "d", "e"].map((name) => service(name)));
  await until(() => has({ a: "192.0.2.10", c: "192.0.2.12", d: "192.0.2.13", e: "192.0.2.11" }));
  await until(() => recorded().length === 4);
  assert.is(running.allocations().has("default/b"), false);
});

controller("Services deleted while no controller ran are released by the next", async () => {
  put(service("a"), service("b"));
  const first = await start();
  await first.close();
  put(service("b"));
  const second = await start();
  assert.equal(second.vips(), { b: "192.0.2.11" });
  assert.is(recorded().length, 1);
});

controller("an address is kept for a Service whose manifest is broken, also over a restart", async () => {
  put(service("a"), service("b"));
  const first = await start();
  assert.ok(first.has({ a: "192.0.2.10", b: "192.0.2.11" }));
  await first.close();
  put("---\nkind: [\n", service("b"), service("c"));
  const second = await start();
  assert.equal(second.vips(), { b: "192.0.2.11", c: "192.0.2.12" }, "c must not get what a has");
  assert.is(recorded().length, 3);
  put(service("a"), service("b"), service("c"));
  await until(() => second.has({ a: "192.0.2.10", b: "192.0.2.11", c: "192.0.2.12" }));
  put("---\nkind: [\n", service("b"), service("c"));
  await until(() => second.source.problems().length === 1);
  put(service("b"), service("c"));
  await until(() => recorded().length === 2);
  put(service("b"), service("c"), service("d"));
  await until(() => second.has({ b: "192.0.2.11", c: "192.0.2.12", d: "192.0.2.10" }));
});

controller("an address kept for a broken manifest is free once the manifest is whole without its Service", async () => {
  put(service("a"), service("b"));
  await (await start()).close();
  put("---\nkind: [\n", service("b"));
  const { has, source } = await start();
  assert.is(source.isComplete(), false);
  put(service("b"), service("c"), service("d"));
  await until(() => has({ b: "192.0.2.11", c: "192.0.2.10", d: "192.0.2.12" }));
  await until(() => recorded().length === 3);
});

controller("a stand-in for a Service in a broken manifest takes nothing from one that shares its address", async () => {
  const sharing = (name: string, port: number) =>
    service(name)
      .replace("{name: ", "{annotations: {metallb.io/allow-shared-ip: x, metallb.io/loadBalancerIPs: 192.0.2.10}, name: ")
      .replace("80", String(port));
  put(sharing("a", 80), sharing("b", 81));
  const first = await start();
  assert.equal(first.vips(), { a: "192.0.2.10", b: "192.0.2.10" });
  await first.close();
  put("---\nkind: [\n", sharing("b", 81));
  const { vips } = await start();
  assert.equal(vips(), { b: "192.0.2.10" });
  assert.is(recorded().length, 2);
  put(sharing("b", 81));
  await until(() => recorded().length === 1);
});

controller("what a manifest carries as status is taken over, or cleared on record", async () => {
  const carrying = (name: string, ip: string) => service(name).replace(/$/, `status: {loadBalancer: {ingress: [{ip: ${ip}}]}}\n`);
  put(carrying("good", "192.0.2.12"), carrying("bad", "198.51.100.1, hostname: x"), service("next"));
  const { vips } = await start();
  assert.equal(vips(), { bad: "192.0.2.10", good: "192.0.2.12", next: "192.0.2.11" });
  writeFileSync(join(directory, "pool.yaml"), POOL.replace("192.0.2.13", "192.0.2.10"));
  await until(() => recorded().includes('- {service: "default/good", vips: []}'));
  await until(() => vips()["good"] === "");
});

controller("a Reservation evicts nobody, and is told whom it meets", async () => {
  put(service("a"), service("b"));
  const { has, running, told } = await start();
  const reservation = (text: string) =>
    `---\napiVersion: herald.dev/v1alpha1\nkind: Reservation\nmetadata: {name: r}\nspec: {addresses: [${text}], service: {namespace: default, name: c}}\n`;
  put(service("a"), service("b"), reservation("192.0.2.10, 192.0.2.13"));
  const problemsSeen: number[] = [];
  running.onProblems(() => void problemsSeen.push(running.problems().length));
  await until(() => running.problems().length === 1);
  assert.ok(
    told.includes(
      'Reserved address is held by another Service {"reservation":"Reservation r","found":"192.0.2.10, which default/a holds"}',
    ),
  );
  put(service("a"), service("b"), service("c"), service("d"), reservation("192.0.2.10, 192.0.2.13"));
  await until(() => has({ a: "192.0.2.10", b: "192.0.2.11", c: "192.0.2.13", d: "192.0.2.12" }));
  put(service("b"), service("d"), reservation("192.0.2.10, 192.0.2.13"));
  await until(() => has({ b: "192.0.2.11", d: "192.0.2.12" }) && running.problems().length === 0 && recorded().length === 2);
  put(service("b"), service("c"), service("d"), reservation("192.0.2.10, 192.0.2.13"));
  await until(() => has({ b: "192.0.2.11", c: "192.0.2.10", d: "192.0.2.12" }));
  assert.equal(problemsSeen.slice(-2), [1, 0]);
});

controller("an edit of the record by hand is kept where the pools allow it", async () => {
  put(service("a"), service("b"));
  const { has } = await start();
  const path = join(directory, "allocations.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replace('"192.0.2.10"', '"192.0.2.13"'));
  await until(() => has({ a: "192.0.2.10", b: "192.0.2.11" }) || has({ a: "192.0.2.13", b: "192.0.2.11" }));
  writeFileSync(path, readFileSync(path, "utf8").replace(/"192.0.2.1[03]"/, '"198.51.100.7"'));
  await until(() => has({ a: "192.0.2.10", b: "192.0.2.11" }) || has({ a: "192.0.2.13", b: "192.0.2.11" }));
});

controller("what somebody writes of a Service that is not there is taken off the record", async () => {
  put(service("a"));
  await start();
  const path = join(directory, "allocations.yaml");
  writeFileSync(path, `${readFileSync(path, "utf8")}- {service: "default/nobody", vips: ["192.0.2.12"], pool: "home"}\n`);
  await until(() => recorded().length === 1);
  assert.match(recorded()[0] ?? "", "default/a");
});

controller("a write that fails is tried again, and nobody sees its addresses before", async () => {
  put(service("web"));
  let failures = 0;
  const { vips, has, told } = await start((file) => ({
    prepare: () => file.prepare(),
    records: () => file.records(),
    write: async (...change) => {
      if (++failures <= 3) throw new Error("Cannot write it: the disk is full");
      await file.write(...change);
    },
  }));
  assert.equal(vips(), { web: "" });
  put(service("web"), service("api"));
  await until(() => has({ api: "192.0.2.11", web: "192.0.2.10" }));
  assert.match(told[0] ?? "", 'Cannot write it: the disk is full {"services":1,"retryInMs":');
});

controller("one write of a Service at a time, whatever happens meanwhile", async () => {
  put(service("a"));
  const writing = new Set<string>();
  let writes = 0;
  const { vips } = await start((file) => ({
    prepare: () => file.prepare(),
    records: () => file.records(),
    write: async (key, status) => {
      assert.not(writing.has(key));
      writing.add(key);
      writes++;
      await delay(30);
      await file.write(key, status);
      writing.delete(key);
    },
  }));
  for (const names of ["ab", "abc", "bc", "bcd"]) {
    put(...[...names].map((name) => service(name)));
    await delay(5);
  }
  // Who gets what depends on how far the writes had come.
  const settled = (given: Readonly<Record<string, string>>) =>
    new Set(Object.values(given)).size === 3 && !Object.values(given).includes("");
  await until(() => "d" in vips() && !("a" in vips()) && settled(vips()));
  await until(() => writing.size === 0 && recorded().length === 3);
  assert.ok(writes >= 4 && writes <= 12, `${writes} writes`);
});

controller("a Service whose write hangs or fails holds up no other", async () => {
  put(service("a"));
  let letGo = () => {};
  const { has, told } = await start((file) => ({
    prepare: () => file.prepare(),
    records: () => file.records(),
    write: async (key, status) => {
      if (key === "default/b") throw new Error("Cannot write status of default/b: it has a label that is too long");
      if (key === "default/c") await new Promise<void>((resolve) => (letGo = resolve));
      await file.write(key, status);
    },
  }));
  put(service("a"), service("b"), service("c"), service("d"));
  await until(() => has({ a: "192.0.2.10", b: "", c: "", d: "192.0.2.13" }));
  put(service("a"), service("b"), service("c", ", loadBalancerIP: 192.0.2.13"));
  await until(() => recorded().length === 1);
  assert.ok(has({ a: "192.0.2.10", b: "", c: "" }), "what is decided meanwhile waits for the write under way");
  letGo();
  await until(() => has({ a: "192.0.2.10", b: "", c: "192.0.2.12" }));
  letGo();
  await until(() => has({ a: "192.0.2.10", b: "", c: "192.0.2.13" }));
  await until(() => told.filter((line) => line.includes("a label that is too long")).length > 2);
});

controller("an address is on record for the next one only when the one before has given it up", async () => {
  const asking = (name: string, address: string) => service(name, `, loadBalancerIP: ${address}`);
  put(asking("a", "192.0.2.10"), asking("b", "192.0.2.11"), asking("c", "192.0.2.12"));
  const order: string[] = [];
  const twice: string[][] = [];
  const { has } = await start((file, store) => ({
    prepare: () => file.prepare(),
    records: () => file.records(),
    write: async (key, status) => {
      await delay(Math.random() * 10);
      await file.write(key, status);
      order.push(`${key.slice(-1)} ${status?.vips}`);
      const given = [...store.snapshot().services.values()].flatMap(({ ingress }) => ingress);
      if (new Set(given).size < given.length) twice.push(given);
    },
  }));
  // A chain, and two that change places.
  put(asking("a", "192.0.2.11"), asking("b", "192.0.2.12"), asking("c", "192.0.2.13"));
  await until(() => has({ a: "192.0.2.11", b: "192.0.2.12", c: "192.0.2.13" }));
  put(asking("a", "192.0.2.12"), asking("b", "192.0.2.11"), asking("c", "192.0.2.13"));
  await until(() => has({ a: "192.0.2.12", b: "192.0.2.11", c: "192.0.2.13" }));
  assert.ok(order.includes("a ") || order.includes("b "), `one has to give way first: ${order}`);
  assert.equal(twice, []);
});

controller("the record comes back when its file is deleted", async () => {
  put(service("a"));
  await start();
  unlinkSync(join(directory, "allocations.yaml"));
  await until(() => {
    try {
      return recorded().length === 1;
    } catch {
      return false;
    }
  });
});

controller("works with a writer that has no records of its own, as an API server has none", async () => {
  put(service("a"), service("b"));
  const written: [string, ServiceStatus | undefined][] = [];
  const { running } = await start(() => ({
    prepare: async () => undefined,
    records: () => new Map(),
    write: async (...change) => void written.push(change),
  }));
  assert.equal(written.sort(), [
    ["default/a", { vips: ["192.0.2.10"], pool: "home" }],
    ["default/b", { vips: ["192.0.2.11"], pool: "home" }],
  ]);
  assert.is(running.allocations().size, 2);
});

controller("the record may lie elsewhere", async () => {
  put(service("a"));
  mkdirSync(join(directory, "state"));
  const store = new Store();
  const source = await ManifestsSource.open({ path: directory, follow: true, allocations: join(directory, "state", "record.yaml") }, store);
  closers.push(() => source.close());
  await source.allocations.write("default/a", { vips: ["192.0.2.11"] });
  assert.equal(store.snapshot().services.get("default/a")?.ingress, ["192.0.2.11"]);
});

controller.run();
