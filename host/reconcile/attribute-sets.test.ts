import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AttributeSets, contentOf } from "./attribute-sets.ts";

const SETS = suite("AttributeSets");

SETS("equal contents share a number, different ones never do, and a number is free only when nobody holds it", () => {
  const step = fc.tuple(fc.boolean(), fc.constantFrom("a", "b", "c", "d", "e"));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      // Six numbers for five contents, so that numbers come around.
      const sets = new AttributeSets(6);
      const held: { id: number; content: string }[] = [];
      for (const [isTake, content] of steps) {
        const at = held.findIndex((one) => one.content === content);
        if (isTake) held.push({ id: sets.take(content), content });
        else if (at >= 0) sets.release(held.splice(at, 1)[0]?.id ?? 0);
        const ids = new Map(held.map(({ id, content: of }) => [of, id]));
        assert.is(new Set(ids.values()).size, ids.size);
        assert.is(new Set(held.map(({ id }) => id)).size, ids.size);
        assert.is(sets.size, ids.size);
        assert.ok(held.every(({ id }) => id >= 1 && id <= 6));
      }
    }),
  );
});

SETS("release() of a number that nobody holds is our own mistake", () => {
  const sets = new AttributeSets();
  const id = sets.take("a");
  sets.hold(id);
  sets.release(id);
  sets.release(id);
  assert.throws(() => sets.release(id), /Cannot use attribute set 1: nobody holds it/);
});

SETS("contentOf() sees order in lists and none in records", () => {
  assert.is(contentOf({ b: [{ y: 1, x: 2 }], a: null }), contentOf({ a: null, b: [{ x: 2, y: 1 }] }));
  assert.is.not(contentOf({ a: [1, 2] }), contentOf({ a: [2, 1] }));
  assert.is.not(contentOf({ a: 1 }), contentOf({ a: "1" }));
});

SETS.run();
