/**
 * The order in which nodes should own a VIP, with a memory of the first nodes of each: a node that comes costs a digest a VIP, and one that
 * goes none, but where it was among those kept.
 */

import type { Candidate, RankNodes } from "../rules/rank.ts";
import { type Change, changeBetween } from "./rank-change.ts";
import { type Ranked, RankModule } from "./rank-module.ts";

/** So many are kept of each VIP: what plans read, and as many again, which is how many may go before all are ranked anew. */
const KEPT = 8;
/** Up to so many candidates are ranked each time: eight groups of four digests cost as much as to remember them. */
const FEW = 32;
/** VIPs that are remembered, 0.7 KB each (`herald bench plan`). */
const VIPS_MAX = 65_536;
/** Arrays of candidates that are remembered: each of the advertisements in use has one, before a change and after it. */
const SETS_MAX = 64;

/** An array of candidates that was given more than once. */
interface CandidateSet {
  readonly candidates: readonly Candidate[];
  /** From others to this one; undefined: too much for anything to be kept. */
  readonly changes: WeakMap<CandidateSet, Change | undefined>;
}

interface Memory {
  readonly set: CandidateSet;
  /** Exactly the first of the set. */
  readonly kept: readonly Ranked[];
}

/** As `createRank`, for those who also want to know what it cost. */
export class Ranker {
  readonly #module: RankModule;
  readonly #memories = new Map<string, Memory>();
  /** In the order in which they came. */
  readonly #sets = new Map<readonly Candidate[], CandidateSet>();
  /** What was given once. Arrays that are made for one call would only push out those that last. */
  #seen = new WeakSet<readonly Candidate[]>();

  constructor(module = new RankModule()) {
    this.#module = module;
  }

  readonly rank: RankNodes = (vip, candidates, most = candidates.length) => {
    const isKept = most <= KEPT && candidates.length > FEW && this.#admit(candidates);
    const ranked = isKept ? this.#recall(vip, this.#setOf(candidates), most) : this.#module.rank(vip, candidates, most);
    return ranked.slice(0, most).map(({ name }) => name);
  };

  /** Digests computed until now, VIPs remembered. */
  counts(): { readonly digests: number; readonly vips: number } {
    return { digests: this.#module.digests, vips: this.#memories.size };
  }

  #admit(candidates: readonly Candidate[]): boolean {
    const isKnown = this.#seen.has(candidates);
    this.#seen.add(candidates);
    return isKnown;
  }

  #setOf(candidates: readonly Candidate[]): CandidateSet {
    let set = this.#sets.get(candidates);
    if (set === undefined) {
      set = { candidates, changes: new WeakMap() };
      this.#sets.set(candidates, set);
      if (this.#sets.size > SETS_MAX) this.#forgetOldest();
    }
    return set;
  }

  /** Its VIPs have not been asked for since: they are gone, or there are more sets in use than are remembered. */
  #forgetOldest(): void {
    const [oldest] = this.#sets.values();
    if (oldest === undefined) return;
    this.#sets.delete(oldest.candidates);
    for (const [vip, { set }] of this.#memories) if (set === oldest) this.#memories.delete(vip);
  }

  #recall(vip: string, set: CandidateSet, most: number): readonly Ranked[] {
    const memory = this.#memories.get(vip);
    let kept = memory === undefined ? [] : memory.set === set ? memory.kept : this.#carryOver(vip, memory, set);
    if (kept.length < most) kept = this.#module.rank(vip, set.candidates, KEPT);
    if (memory?.kept === kept) return kept;
    if (memory === undefined && this.#memories.size >= VIPS_MAX) this.#memories.clear();
    this.#memories.set(vip, { set, kept });
    return kept;
  }

  /** What can be said of the first of `set` from what is known of another one: nothing wrong, and nothing at all at worst. */
  #carryOver(vip: string, { set: before, kept }: Memory, set: CandidateSet): readonly Ranked[] {
    if (!set.changes.has(before)) set.changes.set(before, changeBetween(before.candidates, set.candidates));
    const change = set.changes.get(before);
    if (change === undefined) return [];
    const stayed = kept.filter(({ name }) => !change.gone.has(name));
    const last = stayed.at(-1);
    if (last === undefined) return [];
    const came = change.came.length === 0 ? [] : this.#module.rank(vip, change.came, KEPT);
    // Of what comes behind the last that is known, others may come before it.
    const merged = [...stayed, ...came.filter((each) => compare(each, last) <= 0)].sort(compare).slice(0, KEPT);
    const isSure = merged.every((each, at) => at === 0 || compare(merged[at - 1] as Ranked, each) < 0);
    return isSure ? merged : [];
  }
}

/** Makes a ranking function with a memory and a module of its own, whose names, VIPs and candidates have the limits of `RankModule.rank`. */
export function createRank(): RankNodes {
  return new Ranker().rank;
}

/** 0 where only the rest of the digests can tell. */
function compare(a: Ranked, b: Ranked): number {
  return b.weight - a.weight || a.key - b.key;
}
