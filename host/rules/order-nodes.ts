/** In which order the nodes that may announce a Service should own its VIPs: what the Service wants, then weights, then MetalLB's hash. */

import type { Coverage } from "./coverage.ts";
import type { Candidate, RankNodes } from "./rank.ts";

/** Nodes that come before those of the next part, whatever anybody prefers. */
interface Part {
  /** As the Service names them. */
  readonly preferred: readonly string[];
  readonly others: readonly Candidate[];
}

/** The nodes in one or two parts; no part is empty. */
export type NodeOrder = readonly Part[];

/** A VIP group that is to be spread over nodes with others. */
export interface Spread {
  /** Kind of advertisement and first VIP of the group. */
  readonly group: string;
  /** The nodes that it may be on. Never empty. */
  readonly nodes: readonly string[];
}

/**
 * Sorts the eligible nodes as far as it takes no hash. `coverages`: of the Service's VIPs, those that differ. VIPs of two pools may be covered apart; then the nodes that may announce both come
 * first, with the weights that both pools' advertisements give, so that one node owns the two.
 */
export function orderNodes(coverages: readonly Coverage[], eligible: readonly Candidate[], preferred: readonly string[]): NodeOrder {
  const partOf = (nodes: readonly Candidate[]): Part[] => {
    const wanted = preferred.filter((name) => nodes.some((node) => node.name === name));
    // The very same list where nobody is taken out: it is remembered which one was ranked last.
    const others = wanted.length === 0 ? nodes : nodes.filter(({ name }) => !wanted.includes(name));
    return nodes.length === 0 ? [] : [{ preferred: wanted, others }];
  };
  if (coverages.length < 2) return partOf(eligible);
  const listed = coverages.map(({ candidates, silent }) => new Map([...candidates, ...silent].map(({ name, weight }) => [name, weight])));
  const joint = eligible.map(({ name }) => {
    const weights = listed.flatMap((weightOf) => weightOf.get(name) ?? []);
    return { name, weight: weights.reduce((sum, weight) => sum + weight, 0), isInAll: weights.length === listed.length };
  });
  return [...partOf(joint.filter(({ isInAll }) => isInAll)), ...partOf(joint.filter(({ isInAll }) => !isInAll))];
}

/** All of them in a row, by the hash with this VIP: the first one, so that VIPs move as one. */
export function rankNodes(rank: RankNodes, vip: string, order: NodeOrder): readonly string[] {
  const ranks = order.map(({ preferred, others }) => {
    const ranked = others.length === 0 ? [] : rank(vip, others);
    return preferred.length === 0 ? ranked : [...preferred, ...ranked];
  });
  return ranks.length === 1 ? (ranks[0] as readonly string[]) : ranks.flat();
}

/** Over the nodes that nothing but the hash tells apart. Undefined where the Service says which it wants. */
export function spreadOf(group: string, [first]: NodeOrder): Spread | undefined {
  return first === undefined || first.preferred.length > 0 ? undefined : { group, nodes: equallyWanted(first.others) };
}

const known = new WeakMap<readonly Candidate[], readonly string[]>();

/** The same array for the same candidates: groups with the same nodes are found by it. */
function equallyWanted(candidates: readonly Candidate[]): readonly string[] {
  let nodes = known.get(candidates);
  if (nodes === undefined) {
    const most = candidates.reduce((weight, candidate) => Math.max(weight, candidate.weight), 0);
    nodes = candidates.filter(({ weight }) => weight === most).map(({ name }) => name);
    known.set(candidates, nodes);
  }
  return nodes;
}
