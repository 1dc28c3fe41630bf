/** The order in which nodes should own a VIP. Here only the shape: it is computed by `wasm/table/rank`. */

/** A node that may own a VIP. */
export interface Candidate {
  readonly name: string;
  /** Sum of the preference weights that speak for this node. */
  readonly weight: number;
}

/**
 * Candidates in the order in which they should own `vip`: heaviest first, then ascending by SHA-256 of `name#vip`, as
 * MetalLB elects. The order in which they are given makes no difference. With `most` only the first so many, which in a large cluster costs
 * far less where the same array is given again, or one with a few nodes more or less.
 */
export type RankNodes = (vip: string, candidates: readonly Candidate[], most?: number) => readonly string[];
