/** A plugin's config and attributes against the JSON Schema in its definition: every problem at once, in the words of `Problem`. */

import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import type { JsonSchema } from "../announcer.ts";
import { complain } from "../rules/config.ts";
import type { Problem } from "../rules/vocabulary.ts";

/** The schema of a plugin's attributes where it names none. */
export const NO_ATTRIBUTES: JsonSchema = { additionalProperties: false };

export type Check = (value: unknown) => readonly Problem[];

/** Each is compared with all others. */
const MOST_ERRORS = 1000;
/** These say that something below is wrong, which says so itself. */
const ABOVE = new Set(["$ref", "allOf", "if", "properties", "patternProperties", "additionalProperties", "items", "prefixItems"]);
/** These are wrong as a whole: what is wrong with each choice would only confuse. */
const CHOICES = new Set(["anyOf", "oneOf", "not", "contains"]);
const TYPES: Readonly<Record<string, string>> = {
  ...{ string: "a string", number: "a number", integer: "a whole number", boolean: "true or false" },
  ...{ array: "a list", object: "an object", null: "null" },
};

/**
 * `object` is what has the config: `plugin arp`. Values are JSON that does not change: an object that was good is not looked at again, since
 * very many announcements have the attributes of one advertisement, and a look takes some 20 µs. Throws on a schema that is none.
 */
export function createCheck(object: string, schema: JsonSchema): Check {
  const copy = JSON.parse(JSON.stringify(schema)) as Schema; // the validator writes into it
  const validator = new Validator(copy, "2020-12", false);
  const good = new WeakSet<object>();
  return (value) => {
    const problems: Problem[] = [];
    const isObject = typeof value === "object" && value !== null;
    if (isObject && good.has(value)) return problems;
    const errors = validator.validate(value).errors.slice(0, MOST_ERRORS);
    for (const error of errors.filter((one) => !ABOVE.has(one.keyword) && !errors.some((other) => isInside(one, other)))) {
      const steps = stepsOf(error.instanceLocation);
      if (error.keyword === "required") steps.push(/"(.*)"/.exec(error.error)?.[1] ?? "");
      complain({ object, problems }, pathOf(steps), follow(value, steps), expectedBy(error, copy));
    }
    if (isObject && problems.length === 0) good.add(value);
    return problems;
  };
}

function isInside(error: OutputUnit, choice: OutputUnit): boolean {
  if (!CHOICES.has(choice.keyword) || error === choice) return false;
  // The location of "false" is that of the value, not of the keyword.
  if (error.keyword === "false") return error.instanceLocation.startsWith(choice.instanceLocation);
  return error.keywordLocation.startsWith(`${choice.keywordLocation}/`);
}

function expectedBy({ keyword, keywordLocation }: OutputUnit, schema: Schema): string {
  const wanted = wantedAt(schema, stepsOf(keywordLocation));
  switch (keyword) {
    case "type":
      return [wanted]
        .flat()
        .map((type) => TYPES[String(type)] ?? String(type))
        .join(" or ");
    case "enum":
      return `one of ${(wanted as unknown[]).map((choice) => JSON.stringify(choice)).join(", ")}`;
    case "required":
      return "a value";
    case "false":
      return "nothing of this name";
    default:
      return CHOICES.has(keyword) ? "a form that the schema allows" : `${keyword} ${JSON.stringify(wanted)}`;
  }
}

/** What the schema says at a place, which may lie behind references. */
function wantedAt(schema: Schema, steps: readonly string[]): unknown {
  const at = steps.indexOf("$ref");
  if (at < 0) return follow(schema, steps);
  const target = follow(schema, steps.slice(0, at + 1));
  return wantedAt(schema, [...stepsOf(String(target)), ...steps.slice(at + 1)]);
}

/** `#/interfaces/0` → `interfaces`, `0`. */
function stepsOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function pathOf(steps: readonly string[]): string {
  return steps
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join("")
    .replace(/^\./, "");
}

function follow(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((inner, step) => (inner as Readonly<Record<string, unknown>> | null | undefined)?.[step], value);
}
