import { suite } from "uvu";
import * as assert from "uvu/assert";
import { matchesAny, matchesSelector } from "./selectors.ts";
import type { LabelSelector, Labels } from "./vocabulary.ts";

const selectors = suite("selectors");

const where = (key: string, operator: "In" | "NotIn" | "Exists" | "DoesNotExist", ...values: string[]): LabelSelector => ({
  matchExpressions: [{ key, operator, values }],
});

const CASES: readonly [name: string, selector: LabelSelector, labels: Labels, matches: boolean][] = [
  ["the empty selector", {}, {}, true],
  ["a label", { matchLabels: { a: "1" } }, { a: "1", b: "2" }, true],
  ["a label of another value", { matchLabels: { a: "1" } }, { a: "2" }, false],
  ["a label that is absent", { matchLabels: { a: "1" } }, {}, false],
  ["an empty value of an absent label", { matchLabels: { a: "" } }, {}, false],
  ["two labels of which one", { matchLabels: { a: "1", b: "2" } }, { a: "1" }, false],
  ["In", where("a", "In", "1", "2"), { a: "2" }, true],
  ["In, other value", where("a", "In", "1", "2"), { a: "3" }, false],
  ["In, absent", where("a", "In", "1"), {}, false],
  ["NotIn", where("a", "NotIn", "1"), { a: "2" }, true],
  ["NotIn, that value", where("a", "NotIn", "1", "2"), { a: "2" }, false],
  ["NotIn, absent", where("a", "NotIn", "1"), {}, true],
  ["Exists", where("a", "Exists"), { a: "" }, true],
  ["Exists, absent", where("a", "Exists"), {}, false],
  ["DoesNotExist", where("a", "DoesNotExist"), {}, true],
  ["DoesNotExist, present", where("a", "DoesNotExist"), { a: "" }, false],
  ["a label and an expression", { matchLabels: { a: "1" }, ...where("b", "Exists") }, { a: "1" }, false],
  ["names of what every object has", where("constructor", "Exists"), {}, false],
  ["values of what every object has", where("toString", "DoesNotExist"), {}, true],
];
for (const [name, selector, labels, matches] of CASES) {
  selectors(`matchesSelector() on ${name}: ${matches}`, () => assert.is(matchesSelector(selector, labels), matches));
}

selectors("matchesAny() needs one of the list", () => {
  const list = [{ matchLabels: { a: "1" } }, { matchLabels: { a: "2" } }];
  assert.ok(matchesAny(list, { a: "2" }));
  assert.not.ok(matchesAny(list, { a: "3" }));
  assert.not.ok(matchesAny([], { a: "3" }));
});

selectors.run();
