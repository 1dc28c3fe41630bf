/** Reads and checks label selectors with Kubernetes' rules, and MetalLB's: nothing may be said twice. */

import { complain, type Raw, type Reading, readLabels, readList, readObject, readStrings } from "./config.ts";
import type { LabelSelector } from "./vocabulary.ts";

type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];

const OPERATORS: readonly string[] = ["In", "NotIn", "Exists", "DoesNotExist"];
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const LONGEST_KEY = 253 + 1 + 63;

/** A list of selectors, each different from the others. */
export function readSelectors(reading: Reading, path: string, value: unknown): readonly LabelSelector[] {
  const seen = new Set<string>();
  const selectors: LabelSelector[] = [];
  for (const [at, item] of readList(reading, path, value).entries()) {
    const selector = readSelector(reading, `${path}[${at}]`, item);
    if (selector === undefined) continue;
    const identity = identify(selector);
    if (seen.has(identity)) complain(reading, `${path}[${at}]`, item, "each selector once");
    seen.add(identity);
    selectors.push(selector);
  }
  return selectors;
}

/** One selector; undefined where it is not even an object. The empty one matches everything. */
export function readSelector(reading: Reading, path: string, value: unknown): LabelSelector | undefined {
  // In a list `null` is no absent field: it would match everything, which nobody means by it.
  if (value === null || value === undefined) complain(reading, path, value, "a label selector");
  const raw = readObject(reading, path, value);
  if (raw === undefined) return undefined;
  const matchLabels = readLabels(reading, `${path}.matchLabels`, raw["matchLabels"]);
  for (const [key, label] of Object.entries(matchLabels)) {
    checkKey(reading, `${path}.matchLabels`, key);
    checkValue(reading, `${path}.matchLabels.${key}`, label);
  }
  const matchExpressions = readExpressions(reading, `${path}.matchExpressions`, raw["matchExpressions"]);
  return { matchLabels, matchExpressions };
}

function readExpressions(reading: Reading, path: string, value: unknown): Expression[] {
  const seen = new Set<string>();
  const expressions: Expression[] = [];
  for (const [at, item] of readList(reading, path, value).entries()) {
    const raw = readObject(reading, `${path}[${at}]`, item);
    const expression = readExpression(reading, `${path}[${at}]`, raw ?? {});
    if (expression === undefined) continue;
    const identity = identify({ matchExpressions: [expression] });
    if (seen.has(identity)) complain(reading, `${path}[${at}]`, item, "each expression once");
    seen.add(identity);
    expressions.push(expression);
  }
  return expressions;
}

function readExpression(reading: Reading, path: string, raw: Raw): Expression | undefined {
  const { key, operator } = raw;
  const values = readStrings(reading, `${path}.values`, raw["values"], true);
  for (const [at, value] of values.entries()) checkValue(reading, `${path}.values[${at}]`, value);
  if (typeof key === "string") checkKey(reading, `${path}.key`, key);
  else complain(reading, `${path}.key`, key, "a label key");
  if (typeof operator !== "string" || !OPERATORS.includes(operator)) {
    complain(reading, `${path}.operator`, operator, OPERATORS.join(", "));
    return undefined;
  }
  const wantsValues = operator === "In" || operator === "NotIn";
  if (wantsValues && values.length === 0) complain(reading, `${path}.values`, raw["values"], `a value for ${operator}`);
  if (!wantsValues && values.length > 0) complain(reading, `${path}.values`, raw["values"], `no values for ${operator}`);
  return typeof key === "string" ? { key, operator: operator as Expression["operator"], values } : undefined;
}

/** Equal for selectors that differ only in the order of labels or of values. */
function identify({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([labels, matchExpressions.map(({ key, operator, values = [] }) => [key, operator, [...values].sort()])]);
}

function checkKey(reading: Reading, path: string, key: string): void {
  const [name = "", prefix, ...rest] = key.split("/").reverse();
  const valid = key.length <= LONGEST_KEY && rest.length === 0 && NAME.test(name) && (prefix === undefined || PREFIX.test(prefix));
  if (!valid) complain(reading, path, key, "a label key: [dns-prefix/]name, name of at most 63 letters, digits, -, _ or .");
}

function checkValue(reading: Reading, path: string, value: string): void {
  if (value !== "" && !NAME.test(value)) {
    complain(reading, path, value, "a label value: at most 63 letters, digits, -, _ or .");
  }
}
