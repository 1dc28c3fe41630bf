import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testSeed } from "../../host/workbench/testing/random.ts";
import { type CommunityNames, collectAliases, parseCommunity, readCommunity } from "./community.ts";

const community = suite("bgp community");

const problemsOf = (communities: unknown) =>
  readCommunity({ metadata: { name: "names" }, spec: { communities } }).problems.map(
    ({ path, found, expected }) => `${path} ${found}: ${expected}`,
  );

community("parseCommunity() reads both sizes", () => {
  assert.equal(parseCommunity("65535:65281"), { ok: true, value: { isLarge: false, text: "65535:65281" } });
  assert.equal(parseCommunity("0:007"), { ok: true, value: { isLarge: false, text: "0:7" } });
  assert.equal(parseCommunity("large:4294967295:0:1"), { ok: true, value: { isLarge: true, text: "4294967295:0:1" } });
});

community("parseCommunity() refuses with the words that MetalLB's tests look for", () => {
  const expected = (text: string) => {
    const parsed = parseCommunity(text);
    return parsed.ok ? "" : parsed.expected;
  };
  for (const text of ["65536:1", "1:-1", "1:x", ":1", "1:", "0x1:1", "1.5:1", " 1:1", "large:1:2:4294967296", "large:1:2:x"]) {
    assert.match(expected(text), "invalid community value: invalid section", text);
  }
  for (const text of ["1:2:3:4", "Large:1:2:3"]) assert.match(expected(text), "expected community to be of format large", text);
  for (const text of ["", "1", "no-export", "1:2:3", "large:1:2:3:4"]) assert.match(expected(text), "invalid community value", text);
});

community("parseCommunity() gives a text that it reads as the same", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.nat(0xffff), { minLength: 3, maxLength: 3 }), (isLarge, numbers) => {
      const text = (isLarge ? numbers : numbers.slice(1)).join(":");
      assert.equal(parseCommunity(isLarge ? `large:${text}` : text), { ok: true, value: { isLarge, text } });
    }),
    { seed: testSeed() },
  );
});

community("readCommunity() reads names, and says everything that is wrong", () => {
  const good = [
    { name: "no-advertise", value: "65535:65282" },
    { name: "vpn", value: "large:1:2:3" },
  ];
  assert.equal(readCommunity({ metadata: { name: "names" }, spec: { communities: good } }), {
    ok: true,
    value: {
      name: "names",
      aliases: [
        { alias: "no-advertise", community: { isLarge: false, text: "65535:65282" } },
        { alias: "vpn", community: { isLarge: true, text: "1:2:3" } },
      ],
    },
    problems: [],
  });
  assert.ok(readCommunity({ metadata: { name: "none" } }).ok);
  assert.equal(problemsOf([{ name: "a", value: "1:1" }, { name: "a", value: "2:2" }, { value: "x" }, "b", { name: "c", value: 7 }]), [
    'spec.communities[1].name "a": each name once (duplicate definition of community)',
    "spec.communities[2].name nothing: a name",
    'spec.communities[2].value "x": a community A:B or large:A:B:C (invalid community value: invalid format)',
    'spec.communities[3] "b": an object',
    "spec.communities[3].name nothing: a name",
    "spec.communities[3].value nothing: a community A:B or large:A:B:C",
    "spec.communities[4].value 7: a community A:B or large:A:B:C",
  ]);
  assert.match(problemsOf([{ name: "a", value: "other-alias" }]).join(), "invalid community value", "an alias of an alias is none");
});

community("collectAliases() gives a name to the first object that has it, in name order", () => {
  const names = (name: string, ...texts: string[]): CommunityNames => ({
    name,
    aliases: texts.map((text) => ({
      alias: text.split("=")[0] as string,
      community: { isLarge: false, text: text.split("=")[1] as string },
    })),
  });
  const { aliases, problems } = collectAliases([names("b", "x=2:2", "y=3:3"), names("a", "x=1:1")]);
  assert.equal(
    [...aliases].map(([alias, { text }]) => `${alias}=${text}`),
    ["x=1:1", "y=3:3"],
  );
  assert.equal(problems, [
    {
      object: "Community b",
      path: "spec.communities[0].name",
      found: '"x"',
      expected: "a name that Community a does not give (duplicate definition of community)",
    },
  ]);
});

community.run();
