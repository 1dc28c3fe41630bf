/** What is different between two sets of candidates. */

import type { Candidate } from "../rules/rank.ts";

export interface Change {
  /** Names of those that are no more, or have another weight. */
  readonly gone: ReadonlySet<string>;
  /** Those that are new, or have another weight. */
  readonly came: readonly Candidate[];
}

/** Undefined where so much is new that ranking all of `after` costs no more. */
export function changeBetween(before: readonly Candidate[], after: readonly Candidate[]): Change | undefined {
  const came = missingFrom(before, after);
  if (came.length * 2 > after.length) return undefined;
  return { gone: new Set(missingFrom(after, before).map(({ name }) => name)), came };
}

/** Those of `some` that are not, with their weight, among `known`. */
function missingFrom(known: readonly Candidate[], some: readonly Candidate[]): Candidate[] {
  const weights = new Map(known.map(({ name, weight }) => [name, weight]));
  return some.filter(({ name, weight }) => weights.get(name) !== weight);
}
