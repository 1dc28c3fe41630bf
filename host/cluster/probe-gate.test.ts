/** A controller that asks the network before it gives an address out. */
import { setImmediate as turn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, serviceFact } from "../workbench/testing/facts.ts";
import type { ProbeAnswer } from "./address-probe.ts";
import { Controller } from "./controller.ts";
import { ProbeGate } from "./probe-gate.ts";
import type { ServiceStatus, StatusWriter } from "./service-status.ts";
import { Store } from "./store.ts";

const gate = suite("probe gate");

const home = poolFact("home", ["192.0.2.0/30"], { isProbed: true });
const plain = poolFact("plain", ["198.51.100.0/30"], { autoAssign: false });
const fromPlain = (name: string) => serviceFact(name, { annotations: { "metallb.io/address-pool": "plain" } });

/** A controller whose statuses are on record at once; `answer` is what the network says of the address asked for first. */
async function start(...services: ReturnType<typeof serviceFact>[]) {
  const store = new Store();
  for (const pool of [home, plain]) store.replace("pools", pool.name, pool);
  const put = (...facts: ReturnType<typeof serviceFact>[]) => {
    for (const fact of facts)
      store.replace("services", fact.key, { ...fact, ingress: store.snapshot().services.get(fact.key)?.ingress ?? fact.ingress });
  };
  put(...services);
  const status: StatusWriter = {
    prepare: async () => undefined,
    records: () => new Map<string, ServiceStatus>(),
    write: async (key, written) => {
      const fact = store.snapshot().services.get(key);
      if (fact !== undefined && written !== undefined) store.replace("services", key, { ...fact, ingress: written.vips });
    },
  };
  const asked: string[] = [];
  const answers = new Map<string, (answer: ProbeAnswer) => void>();
  const probe = (address: string) => {
    asked.push(address);
    return new Promise<ProbeAnswer>((resolve) => answers.set(address, resolve));
  };
  const said: string[] = [];
  const log = { info: () => undefined, warn: (message: string, fields: unknown) => void said.push(`${message} ${JSON.stringify(fields)}`) };
  const source = { isComplete: () => true, onProblems: () => () => undefined };
  const controller = new Controller({ store, source, status, log, probe });
  await controller.start();
  const settle = async () => {
    for (let at = 0; at < 20; at += 1) await turn();
  };
  await settle();
  return {
    controller,
    store,
    asked,
    said,
    settle,
    put: async (...facts: ReturnType<typeof serviceFact>[]) => {
      put(...facts);
      await settle();
    },
    answer: async (address: string, answer: ProbeAnswer) => {
      answers.get(address)?.(answer);
      await settle();
    },
    vips: () => Object.fromEntries(Array.from(store.snapshot().services.values(), ({ name, ingress }) => [name, ingress.join()])),
  };
}

gate("an address is on record only when the network said that nobody has it, and nobody else waits for that", async () => {
  const { controller, asked, answer, vips } = await start(serviceFact("a"), fromPlain("b"));
  assert.equal(asked, ["192.0.2.0"]);
  assert.equal(vips(), { a: "", b: "198.51.100.0" }, "a pool that does not ask is not asked for");
  await answer("192.0.2.0", "nobody");
  assert.equal(vips(), { a: "192.0.2.0", b: "198.51.100.0" });
  await controller.close();
});

gate("an address in use is left out, for the Service that was to have it and for all others", async () => {
  const { controller, asked, answer, put, vips, said } = await start(serviceFact("a"));
  await answer("192.0.2.0", "somebody");
  assert.equal(asked, ["192.0.2.0", "192.0.2.1"]);
  await put(serviceFact("b"));
  assert.equal(asked, ["192.0.2.0", "192.0.2.1", "192.0.2.2"]);
  await answer("192.0.2.2", "nobody");
  assert.equal(vips(), { a: "", b: "192.0.2.2" });
  await answer("192.0.2.1", "somebody");
  await answer("192.0.2.3", "somebody");
  assert.equal(vips(), { a: "", b: "192.0.2.2" });
  const refused = controller.allocations().get("default/a")?.refused;
  assert.is(refused?.reason, "AddressInUse");
  assert.match(refused?.message ?? "", 'No free IPv4 address in pool "home"; 192.0.2.0 answers on the network, though no Service has it');
  assert.is(said.filter((line) => line.startsWith("Address answers on the network")).length, 3);
  await put(fromPlain("a"));
  assert.equal(vips(), { a: "198.51.100.0", b: "192.0.2.2" });
  await controller.close();
});

gate("an address on record is never asked for: not of who has it, nor of who comes to share it", async () => {
  const sharer = (name: string, port: number, ingress: string[] = []) =>
    serviceFact(name, { annotations: { "metallb.io/allow-shared-ip": "k" }, ports: [{ protocol: "TCP", port }], ingress });
  const { controller, asked, put, vips } = await start(sharer("a", 80, ["192.0.2.0"]));
  await put(sharer("a", 81));
  await put(sharer("b", 80));
  assert.equal(asked, []);
  assert.equal(vips(), { a: "192.0.2.0", b: "192.0.2.0" });
  await controller.close();
});

gate("a Service that moves keeps what it has until it can have the other", async () => {
  const moving = (ip: string) => serviceFact("a", { annotations: { "metallb.io/loadBalancerIPs": ip }, ingress: ["192.0.2.1"] });
  const { controller, asked, answer, vips } = await start(moving("192.0.2.2"));
  assert.equal([asked, vips()], [["192.0.2.2"], { a: "192.0.2.1" }]);
  await answer("192.0.2.2", "nobody");
  assert.equal(vips(), { a: "192.0.2.2" });
  await controller.close();
});

gate("who asks no more while the network is asked gets what he asks for now", async () => {
  const { controller, answer, put, vips, store } = await start(serviceFact("a"));
  await put(fromPlain("a"));
  assert.equal(vips(), { a: "198.51.100.0" });
  await answer("192.0.2.0", "somebody");
  assert.equal(vips(), { a: "198.51.100.0" });
  store.replace("services", "default/a", undefined);
  await controller.close();
});

gate("an address that a Service of ours just gave up is not asked for", async () => {
  const { controller, asked, put, settle, vips, store } = await start(serviceFact("a", { ingress: ["192.0.2.0"] }));
  store.replace("services", "default/a", undefined);
  await settle();
  await put(serviceFact("b"));
  assert.equal([asked, vips()], [[], { b: "192.0.2.0" }]);
  const other = serviceFact("other", { loadBalancerClass: "example.com/x", ingress: ["192.0.2.1"] });
  await put(other);
  store.replace("services", "default/other", undefined);
  await put(serviceFact("c"));
  assert.equal(asked, ["192.0.2.1"], "of another controller's it is not known");
  await controller.close();
});

gate("a machine that cannot ask gives the address out, and says so", async () => {
  const { controller, answer, vips, said } = await start(serviceFact("a"));
  await answer("192.0.2.0", "unknown");
  assert.equal(vips(), { a: "192.0.2.0" });
  assert.match(said.join(), "Cannot ask whether an address is in use");
  await controller.close();
});

gate("isClear() asks once, whoever wants to know how often", () => {
  let asked = 0;
  const asking = new ProbeGate({
    ask: () => {
      asked += 1;
      return new Promise<ProbeAnswer>(() => undefined);
    },
    changed: () => undefined,
    log: { warn: () => undefined },
  });
  for (let at = 0; at < 3; at += 1) assert.not.ok(asking.isClear(["192.0.2.0", "192.0.2.1"]));
  assert.is(asked, 2);
  asking.close();
  assert.not.ok(asking.isClear(["192.0.2.2"]));
  assert.is(asked, 2);
});

gate.run();
