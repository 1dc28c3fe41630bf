import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonSchema } from "../announcer.ts";
import { createCheck } from "./check-config.ts";

const check = suite("check config");

const schema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["router"],
  properties: {
    router: { type: "string", format: "ipv4" },
    asn: { type: "integer", minimum: 1, maximum: 4294967295 },
    mode: { enum: ["active", "passive"] },
    peers: { type: "array", minItems: 1, items: { type: "object", properties: { name: { type: "string", pattern: "^[a-z]+$" } } } },
    either: { anyOf: [{ type: "string" }, { type: "object", additionalProperties: false, properties: { key: { type: "string" } } }] },
    "a/b~c d": { type: ["boolean", "null"] },
    nested: { $ref: "#/$defs/nested" },
    all: { allOf: [{ type: "object" }, { required: ["x"] }] },
  },
  $defs: { nested: { type: "object", properties: { port: { type: "integer", maximum: 65535 } } } },
};

const good = {
  router: "192.0.2.1",
  asn: 64512,
  mode: "active",
  peers: [{ name: "a" }],
  either: { key: "k" },
  "a/b~c d": null,
  nested: { port: 1 },
};

/** What differs from a good config, and the problems: path, found, expected. */
const cases: Readonly<Record<string, readonly [wrong: Record<string, unknown>, problems: readonly (readonly [string, string, string])[]]>> =
  {
    "nothing wrong": [{}, []],
    "a wrong type": [{ asn: "64512" }, [["asn", '"64512"', "a whole number"]]],
    "a number that is not whole": [{ asn: 1.5 }, [["asn", "1.5", "a whole number"]]],
    "a number out of range": [{ asn: 0 }, [["asn", "0", "minimum 1"]]],
    "a word that is no choice": [{ mode: "fast" }, [["mode", '"fast"', 'one of "active", "passive"']]],
    "a text of the wrong form": [{ router: "router.example" }, [["router", '"router.example"', 'format "ipv4"']]],
    "an empty list": [{ peers: [] }, [["peers", "a list of 0", "minItems 1"]]],
    "an entry of a list": [
      { peers: [{ name: "a" }, { name: "A1" }, 3] },
      [
        ["peers[1].name", '"A1"', 'pattern "^[a-z]+$"'],
        ["peers[2]", "3", "an object"],
      ],
    ],
    "an unknown name": [{ ruoter: 1 }, [["ruoter", "1", "nothing of this name"]]],
    "a name with odd characters": [{ "a/b~c d": 1 }, [["a/b~c d", "1", "true or false or null"]]],
    "no choice of several": [{ either: 3 }, [["either", "3", "a form that the schema allows"]]],
    "no choice of several, for a reason inside": [
      { either: { key: "k", more: 1 } },
      [["either", "an object", "a form that the schema allows"]],
    ],
    "a value behind a reference": [{ nested: { port: 70000 } }, [["nested.port", "70000", "maximum 65535"]]],
    "an absent name inside": [{ all: {} }, [["all.x", "nothing", "a value"]]],
    "several at once": [
      { router: 7, mode: "x", z: null },
      [
        ["router", "7", "a string"],
        ["mode", '"x"', 'one of "active", "passive"'],
        ["z", "nothing", "nothing of this name"],
      ],
    ],
  };

for (const [what, [wrong, problems]] of Object.entries(cases)) {
  check(`says what is wrong with ${what}`, () => {
    const found = createCheck("plugin bgp", schema)({ ...good, ...wrong });
    assert.equal(
      found.map(({ path, found, expected }) => [path, found, expected]),
      problems,
    );
    for (const { object } of found) assert.is(object, "plugin bgp");
  });
}

check("says what is wrong with a config that is no object, and with one that lacks a name", () => {
  const fits = createCheck("plugin bgp", schema);
  assert.equal(fits("router"), [{ object: "plugin bgp", path: "", found: '"router"', expected: "an object" }]);
  assert.equal(fits({}), [{ object: "plugin bgp", path: "router", found: "nothing", expected: "a value" }]);
});

check("leaves schema and value as they are, and may be used again", () => {
  const frozen = Object.freeze({ type: "object", properties: Object.freeze({ a: Object.freeze({ type: "string" }) }) });
  const fits = createCheck("x", frozen);
  for (let round = 0; round < 2; round++) assert.is(fits(Object.freeze({ a: 1 })).length, 1);
  assert.equal(frozen, { type: "object", properties: { a: { type: "string" } } });
});

check("is not led astray by names of prototypes", () => {
  const fits = createCheck("x", { type: "object", additionalProperties: false, properties: { a: { type: "string" } } });
  for (const name of ["__proto__", "constructor", "toString"]) {
    const value = JSON.parse(`{"${name}": 1}`);
    assert.equal(
      fits(value).map(({ path }) => path),
      [name],
    );
  }
});

check("an object that was good is not looked at again, one that was not is", () => {
  const judge = createCheck("plugin bgp", schema);
  let looks = 0;
  const counted = (value: object) =>
    new Proxy(value, {
      get(target, key) {
        looks += 1;
        return Reflect.get(target, key);
      },
    });
  const value = counted(good);
  assert.equal(judge(value), []);
  const once = looks;
  assert.equal([judge(value), looks], [[], once]);
  const wrong = counted({ router: 7 });
  assert.is(judge(wrong).length, 1);
  assert.is(judge(wrong).length, 1);
});

check.run();
