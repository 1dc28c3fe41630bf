/**
 * uvu's assertions as test files see them under the gate: the same, but that `throws` refuses what it would only seem to compare. A text as
 * second argument is what uvu says when nothing was thrown; a class is called as a predicate, and gives an error, which is truthy.
 */

import * as assert from "uvu/assert";

export * from "uvu/assert";

export function throws(run: () => unknown, expected?: unknown, message?: string): void {
  if (typeof expected === "string") refuse("text", "throwsError(), or a RegExp");
  if (expected === Error || (typeof expected === "function" && expected.prototype instanceof Error)) refuse("class", "a predicate");
  assert.throws(run, expected as RegExp, message);
}

function refuse(kind: string, instead: string): never {
  throw new TypeError(`assert.throws() compares with no ${kind}: found one, expected ${instead}`);
}
