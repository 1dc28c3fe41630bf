/**
 * A stranger's JSON Schema without what could keep the host busy: patterns, which can take forever on a few characters; references and
 * combinations, of which a few lines make millions of checks; long lists of choices. What is left takes time as the value is long.
 *
 * It is never stricter than the whole schema, by which the plugin's own side checks: so what is wrong is found here early, or there.
 */

import type { JsonSchema } from "../../announcer.ts";

/** What is kept of a keyword's value; undefined: nothing. */
type Keep = (value: unknown) => unknown;

const MOST_CHOICES = 256;

const isPlain = (value: unknown): boolean => value === null || ["string", "number", "boolean"].includes(typeof value);
const scalar: Keep = (value) => (isPlain(value) ? value : undefined);
const text: Keep = (value) => (typeof value === "string" ? value : undefined);
const count: Keep = (value) => (typeof value === "number" ? value : undefined);
const scalars: Keep = (value) => (Array.isArray(value) && value.length <= MOST_CHOICES && value.every(isPlain) ? value : undefined);
const texts: Keep = (value) =>
  Array.isArray(value) && value.length <= MOST_CHOICES && value.every((one) => typeof one === "string") ? value : undefined;
const schema: Keep = (value) => (typeof value === "boolean" ? value : isObject(value) ? tameSchema(value) : undefined);
const schemas: Keep = (value) => (Array.isArray(value) ? value.map((one) => schema(one) ?? true) : undefined);
const named: Keep = (value) =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, schema(one) ?? true])) : undefined;

const KEPT: Readonly<Record<string, Keep>> = {
  ...{ title: text, description: text, default: scalar },
  ...{ type: (value) => text(value) ?? texts(value), enum: scalars, const: scalar, required: texts },
  ...{ minimum: count, maximum: count, exclusiveMinimum: count, exclusiveMaximum: count, multipleOf: count },
  ...{ minLength: count, maxLength: count, minItems: count, maxItems: count, minProperties: count, maxProperties: count },
  ...{ properties: named, additionalProperties: schema, items: schema, prefixItems: schemas },
};

export function tameSchema(wild: JsonSchema): JsonSchema {
  const kept = Object.entries(wild).flatMap(([keyword, value]) => {
    // What a pattern allows would look like a name that nobody knows.
    if (keyword === "additionalProperties" && Object.hasOwn(wild, "patternProperties")) return [];
    const tame = Object.hasOwn(KEPT, keyword) ? KEPT[keyword]?.(value) : undefined;
    return tame === undefined ? [] : [[keyword, tame] as const];
  });
  return Object.fromEntries(kept);
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
