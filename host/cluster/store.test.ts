import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advertisementFact, nodeFact, serviceFact } from "../workbench/testing/facts.ts";
import { FactMap } from "./fact-map.ts";
import { Store } from "./store.ts";

const store = suite("store");

const SEED = 20_260_101;

const service = (name: string, ingress: readonly string[] = []) => serviceFact(name, { ingress });

store("takeDirty() names the Services whose spec or endpoints changed, once", () => {
  const facts = new Store();
  assert.is(facts.takeDirty().all, true, "a reader's first take says all");
  assert.equal(facts.takeDirty(), { all: false, services: new Set() });
  facts.replace("services", "default/a", service("a"));
  facts.replace("services", "default/a", service("a", ["192.0.2.1"]));
  facts.replace("endpoints", "default/b", [{ servable: true }]);
  assert.equal(facts.takeDirty(), { all: false, services: new Set(["default/a", "default/b"]) });
  assert.equal(facts.takeDirty(), { all: false, services: new Set() });
});

store("replace() marks everything for facts that many Services depend on", () => {
  const pool = { name: "p", labels: {}, blocks: [{ family: 4, first: 1n, last: 2n }], autoAssign: true, avoidBuggyIPs: false } as const;
  const changes: readonly ((facts: Store) => void)[] = [
    (facts) => facts.replace("nodes", "a", nodeFact("a")),
    (facts) => facts.replace("namespaces", "default", { name: "default", labels: {} }),
    (facts) => facts.replace("pools", "p", pool),
    (facts) => facts.replace("reservations", "r", { name: "r", blocks: pool.blocks }),
    (facts) => facts.replace("pools", "p", { ...pool, blocks: [{ family: 4, first: 1n, last: 3n }] }),
    (facts) => facts.replace("advertisements", "L2Advertisement a", advertisementFact("a")),
    (facts) => facts.replace("nodes", "a", undefined),
  ];
  const facts = new Store();
  for (const change of changes) {
    facts.takeDirty();
    change(facts);
    assert.is(facts.takeDirty().all, true, String(change));
  }
});

store("replace() marks nothing where the fact is equal", () => {
  const facts = new Store();
  facts.replace("services", "default/a", service("a", ["192.0.2.1"]));
  facts.replace("nodes", "a", nodeFact("a"));
  const before = facts.snapshot();
  facts.takeDirty();
  facts.replace("services", "default/a", service("a", ["192.0.2.1"]));
  facts.replace("nodes", "a", nodeFact("a"));
  facts.replace("nodes", "b", undefined);
  assert.equal(facts.takeDirty(), { all: false, services: new Set() });
  assert.is(facts.snapshot(), before);
});

store("onDirty() calls once until the next take, and at once where something waits", () => {
  const facts = new Store();
  facts.takeDirty();
  let calls = 0;
  const close = facts.onDirty(() => calls++);
  assert.is(calls, 0);
  facts.replace("services", "default/a", service("a"));
  facts.replace("services", "default/b", service("b"));
  assert.is(calls, 1);
  facts.takeDirty();
  facts.replace("services", "default/b", undefined);
  assert.is(calls, 2);
  close();
  facts.takeDirty();
  facts.replace("nodes", "a", nodeFact("a"));
  assert.is(calls, 2);
  facts.onDirty(() => calls++);
  assert.is(calls, 3, "dirty before the call was registered");
});

store("replace() marks a Service of which it is said that it is not there", () => {
  const facts = new Store();
  facts.takeDirty();
  const { services: before } = facts.snapshot();
  facts.replace("endpoints", "default/nobody", undefined);
  facts.replace("nodes", "nobody", undefined);
  assert.equal(facts.takeDirty(), { all: false, services: new Set() });
  facts.replace("services", "default/nobody", undefined);
  assert.equal(facts.takeDirty(), { all: false, services: new Set(["default/nobody"]) });
  assert.is(facts.snapshot().services, before);
});

store("reader() has marks of its own", () => {
  const facts = new Store();
  facts.replace("services", "default/a", service("a"));
  const reader = facts.reader();
  assert.is(reader.takeDirty().all, true);
  facts.takeDirty();
  facts.replace("services", "default/b", service("b"));
  assert.equal([...facts.takeDirty().services], ["default/b"]);
  assert.equal([...reader.takeDirty().services], ["default/b"], "the other reader's take took nothing away");
  reader.close();
  facts.replace("services", "default/c", service("c"));
  assert.equal([...reader.takeDirty().services], []);
});

store("snapshot() stays what it was, and shares what did not change", () => {
  const facts = new Store();
  facts.replace("services", "default/a", service("a"));
  facts.replace("nodes", "a", nodeFact("a"));
  facts.replace("advertisements", "L2Advertisement b", advertisementFact("b"));
  facts.replace("advertisements", "L2Advertisement a", advertisementFact("a"));
  const before = facts.snapshot();
  facts.replace("services", "default/a", undefined);
  facts.replace("services", "default/b", service("b"));
  const after = facts.snapshot();
  assert.equal([...before.services.keys()], ["default/a"]);
  assert.equal([...after.services.keys()], ["default/b"]);
  assert.is(after.nodes, before.nodes);
  assert.is(after.advertisements, before.advertisements);
  assert.equal(
    before.advertisements.map(({ name }) => name),
    ["a", "b"],
  );
});

store("FactMap is a Map whose frozen copies never change", () => {
  const key = fc.integer({ min: 0, max: 400 }).map((n) => `ns-${n % 7}/service-${n}`);
  const step = fc.oneof(
    fc.record({ do: fc.constant("put" as const), key, value: fc.integer() }),
    fc.record({ do: fc.constant("delete" as const), key }),
    fc.record({ do: fc.constant("freeze" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const map = new FactMap<number>();
      const model = new Map<string, number>();
      const frozen: [ReadonlyMap<string, number>, Map<string, number>][] = [];
      for (const one of steps) {
        if (one.do === "freeze") frozen.push([map.freeze(), new Map(model)]);
        else if (one.do === "put") {
          map.put(one.key, one.value);
          model.set(one.key, one.value);
        } else {
          map.put(one.key, undefined);
          model.delete(one.key);
        }
      }
      frozen.push([map.freeze(), model]);
      for (const [copy, expected] of frozen) {
        assert.is(copy.size, expected.size);
        assert.equal([...copy].sort(), [...expected].sort());
        assert.equal([...copy.keys()].sort(), [...expected.keys()].sort());
        assert.equal([...copy.values()].sort(), [...expected.values()].sort());
        for (const [name, value] of expected) assert.ok(copy.has(name) && copy.get(name) === value);
        assert.is(copy.has("ns-0/nobody"), false);
        const seen: [string, number][] = [];
        copy.forEach((value, name) => {
          seen.push([name, value]);
        });
        assert.equal(seen, [...copy]);
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
});

store("a change after a snapshot of 10,000 Services copies little", () => {
  const map = new FactMap<number>();
  for (let at = 0; at < 10_000; at++) map.put(`default/service-${at}`, at);
  const whole = new Map(map.freeze());
  const timeOf = (work: () => void) => {
    const start = performance.now();
    for (let round = 0; round < 200; round++) work();
    return performance.now() - start;
  };
  const copying = timeOf(() => new Map(whole));
  const sharing = timeOf(() => {
    map.put("default/service-7", Math.random());
    map.freeze();
  });
  assert.ok(sharing * 5 < copying, `sharing took ${sharing.toFixed(1)} ms, copying ${copying.toFixed(1)} ms`);
});

store.run();
