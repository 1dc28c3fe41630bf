/** Which pools are in force while some of them overlap. */

import { type Separated, separatePools } from "../rules/separate-blocks.ts";
import type { Pool, Problem } from "../rules/vocabulary.ts";

/**
 * Takes the wanted pools where they share no address. Where some do, what is in force stays so as it was, and only
 * the newcomers that fit beside it are taken: a second pool written by mistake must not evict the Services of the first.
 */
export function keepSeparate(wanted: ReadonlyMap<string, Pool>, inForce: ReadonlyMap<string, Pool>): Separated<Pool> {
  const all = separatePools(wanted.values());
  const kept = new Map([...inForce].filter(([name]) => wanted.has(name)));
  if (all.problems.length === 0 || kept.size === 0) return all;
  const problems: Problem[] = [];
  for (const [name, pool] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const others = [...kept.values()].filter((other) => other.name !== name);
    const beside = separatePools([...others, pool]);
    if (beside.problems.length === 0) kept.set(name, pool);
    else problems.push(...beside.problems.map((problem) => blame(pool, problem)));
  }
  return { accepted: kept, problems };
}

/** `separatePools` blames the later name; here the newcomer is to blame. */
function blame({ name }: Pool, problem: Problem): Problem {
  const object = `IPAddressPool ${name}`;
  if (problem.object === object) return problem;
  return { object, path: "spec.addresses", found: `addresses of ${problem.object}`, expected: "addresses of no other pool" };
}
