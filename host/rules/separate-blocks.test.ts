import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPool } from "./pool.ts";
import { separatePools } from "./separate-blocks.ts";
import type { Pool } from "./vocabulary.ts";

const separate = suite("separate-pools");

function pool(name: string, ...addresses: string[]): Pool {
  const parsed = readPool({ metadata: { name }, spec: { addresses } });
  if (!parsed.ok) throw new Error(parsed.problems[0]?.expected);
  return parsed.value;
}

separate("separatePools() leaves out the later one by name, and says which entry is in the way of which", () => {
  const { accepted, problems } = separatePools([pool("web", "198.51.100.0/24", "192.0.2.64/26"), pool("home", "192.0.2.0/24")]);
  assert.equal([...accepted.keys()], ["home"]);
  assert.equal(problems, [
    {
      object: "IPAddressPool web",
      path: "spec.addresses[1]",
      found: "192.0.2.64/26",
      expected: "no address of IPAddressPool home (192.0.2.0/24)",
    },
  ]);
});

separate("separatePools() lets a pool that is left out stand in nobody's way", () => {
  const pools = [pool("a", "192.0.2.0/25"), pool("b", "192.0.2.0/24"), pool("c", "192.0.2.128/25")];
  assert.equal([...separatePools(pools).accepted.keys()], ["a", "c"]);
});

separate("separatePools() keeps the families apart", () => {
  const pools = [pool("a", "0.0.0.1/32"), pool("b", "::1/128")];
  assert.equal(separatePools(pools).problems, []);
});

separate("separatePools() finds every overlap, in whatever order pools come", () => {
  const range = fc.tuple(fc.nat(60), fc.nat(6)).map(([start, length]) => `192.0.2.${start}-192.0.2.${start + length}`);
  const pools = fc.array(range, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(pools, fc.nat(), (ranges, turn) => {
      const facts = ranges.map((text, at) => pool(`p${at}`, text));
      const { accepted, problems } = separatePools([...facts.slice(turn % facts.length), ...facts.slice(0, turn % facts.length)]);
      const taken = new Set<bigint>();
      for (const fact of facts) {
        const values = fact.blocks.flatMap(({ first, last }) =>
          Array.from({ length: Number(last - first) + 1 }, (_, at) => first + BigInt(at)),
        );
        const overlaps = values.some((value) => taken.has(value));
        assert.is(accepted.has(fact.name), !overlaps);
        assert.is(
          problems.some(({ object }) => object === `IPAddressPool ${fact.name}`),
          overlaps,
        );
        if (!overlaps) for (const value of values) taken.add(value);
      }
    }),
    { numRuns: 300 },
  );
});

separate.run();
