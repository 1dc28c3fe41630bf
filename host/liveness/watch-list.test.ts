import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Succession } from "../rules/vocabulary.ts";
import { FULL_MESH_NODES, watchList } from "./watch-list.ts";

const WATCH = suite("watchList");

const named = (count: number) => Array.from({ length: count }, (_, at) => `node-${at}`);
const group = (...members: string[]): Succession => ({ group: members.join(), members, isSticky: false });
const watched = (...given: Parameters<typeof watchList>) => [...watchList(...given)].sort();

WATCH("watchList() is everybody else up to 16 nodes, whatever the groups are", () => {
  const nodes = named(16);
  assert.equal(watched("node-3", nodes, []), nodes.filter((name) => name !== "node-3").sort());
  assert.equal(watched("node-0", ["node-0"], [group("node-0")]), []);
  assert.equal(watched("node-0", [], []), []);
});

WATCH("watchList() is beyond 16 nodes those of its own groups", () => {
  const groups = [group("node-1", "node-2", "node-3"), group("node-9", "node-4", "node-1"), group("node-5", "node-6", "node-7")];
  assert.equal(watched("node-1", named(17), groups), ["node-2", "node-3", "node-4", "node-9"]);
  assert.equal(watched("node-8", named(17), groups), []);
});

WATCH("watchList() counts itself as a node also where it has no address yet", () => {
  assert.is(watchList("new", named(15), []).size, 15);
  assert.is(watchList("new", named(16), []).size, 0);
});

WATCH("watchList() names no node that has no address", () => {
  assert.equal(watched("node-1", named(17), [group("node-1", "gone", "node-2")]), ["node-2"]);
});

WATCH("watchList() wants each session at both ends, and never one with itself", () => {
  const member = fc.nat(24).map((at) => `node-${at}`);
  const groups = fc.array(fc.uniqueArray(member, { minLength: 1, maxLength: 3 }).map((members) => group(...members)));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: FULL_MESH_NODES + 6 }), groups, (count, successions) => {
      const nodes = named(count);
      const lists = new Map(nodes.map((name) => [name, watchList(name, nodes, successions)]));
      for (const [name, list] of lists) {
        assert.not(list.has(name));
        for (const other of list) assert.ok(lists.get(other)?.has(name), `${name} watches ${other}`);
      }
    }),
  );
});

WATCH.run();
