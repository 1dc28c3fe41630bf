/** MetalLB's election order, written a second time with Node's SHA-256, for tests of what is built on it. */

import { createHash } from "node:crypto";
import type { RankNodes } from "../../rules/rank.ts";

export const rankOracle: RankNodes = (vip, candidates, most) => {
  const hashOf = (name: string) => createHash("sha256").update(`${name}#${vip}`).digest("hex");
  const hashed = candidates.map(({ name, weight }) => ({ name, weight, hash: hashOf(name) }));
  return hashed
    .sort((a, b) => b.weight - a.weight || (a.hash < b.hash ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
};
