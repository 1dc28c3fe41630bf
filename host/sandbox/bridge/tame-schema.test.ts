import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonSchema } from "../../announcer.ts";
import { createCheck } from "../check-config.ts";
import { tameSchema } from "./tame-schema.ts";

const tame = suite("tame-schema");

tame("what says what is wrong with most configs is kept", () => {
  const schema: JsonSchema = {
    type: "object",
    additionalProperties: false,
    required: ["link"],
    properties: {
      link: { type: "string", minLength: 1, description: "Where" },
      mode: { enum: ["a", "b", null] },
      ports: { type: "array", maxItems: 3, items: { type: "integer", minimum: 0, maximum: 65_535 } },
      labels: { type: ["object", "null"], additionalProperties: { type: "string" } },
    },
  };
  assert.equal(tameSchema(schema), schema);
});

const wild: Readonly<Record<string, readonly [schema: JsonSchema, kept: JsonSchema]>> = {
  "a pattern": [{ type: "string", pattern: "^(a+)+$" }, { type: "string" }],
  "patterns of names, and what they would be exceptions of": [{ patternProperties: { "^(a+)+$": {} }, additionalProperties: false }, {}],
  references: [{ $ref: "#", $defs: { a: {} }, properties: { x: { $dynamicRef: "#a" } } }, { properties: { x: {} } }],
  combinations: [{ allOf: [{ anyOf: [] }], oneOf: [], not: {}, if: {}, else: {}, contains: {} }, {}],
  "what takes the square of time": [{ uniqueItems: true, propertyNames: {}, unevaluatedProperties: false, dependentSchemas: {} }, {}],
  "very many choices": [{ enum: Array.from({ length: 257 }, (_, at) => at) }, {}],
  "choices that have parts": [{ enum: [{ a: 1 }], const: [1] }, {}],
  "what is no schema": [{ type: 7, items: 7, properties: { a: 7 }, required: [7] }, { properties: { a: true } }],
};

for (const [what, [schema, kept]] of Object.entries(wild)) {
  tame(`${what}: left out`, () => assert.equal(tameSchema(schema), kept));
}

/** Schemas with what is kept and what is not, and values that may or may not fit. */
const name = fc.constantFrom("a", "b", "c");
const leaf = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "integer", "boolean", "null") }),
  fc.record({ enum: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }) }),
  fc.record({ type: fc.constant("string"), pattern: fc.constantFrom("^a", "b$"), minLength: fc.nat(2) }),
  fc.record({ minimum: fc.integer({ min: -2, max: 2 }) }),
  fc.constant({ not: { type: "string" } }),
);
const schemas = fc.letrec<{ any: JsonSchema }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ items: tie("any"), uniqueItems: fc.boolean() }),
    fc.record({ properties: fc.dictionary(name, tie("any")), required: fc.uniqueArray(name), additionalProperties: fc.boolean() }),
    fc.record({ patternProperties: fc.dictionary(name, tie("any")), additionalProperties: fc.boolean() }),
    fc.record({ anyOf: fc.array(tie("any"), { minLength: 1, maxLength: 2 }), type: fc.constantFrom("object", "array", "string") }),
  ),
})).any;
const values = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.dictionary(name, fc.jsonValue({ maxDepth: 1 })));

tame("whatever fits the whole schema fits what is left of it", () => {
  const property = fc.property(schemas, values, (schema, value) => {
    if (createCheck("x", schema)(value).length > 0) return;
    assert.equal(createCheck("x", tameSchema(schema))(value), []);
  });
  fc.assert(property, { numRuns: 1000 });
});

tame.run();
