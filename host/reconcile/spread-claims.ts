/**
 * The claims whose VIP groups are spread over nodes. A change of one may move others, so they wait here until all changes of a run are
 * in; then the groups are assigned anew, and what came or moved is given out with its node first. All other claims have no business here.
 */

import { type Assignment, assignGroups, placeClaim } from "../rules/balance-claims.ts";
import type { Claim } from "../rules/plan.ts";

/** Of the nodes in rank, as many as an announcement or an assignment can name. */
const KEPT_NODES = 4;

export class SpreadClaims {
  /** By `VIP announcer`, without most of their nodes: in a large cluster these are all that a claim weighs. */
  readonly #claims = new Map<string, Claim>();
  readonly #came = new Set<string>();
  #assignment: Assignment = new Map();
  #isStale = false;

  /** Takes a claim, or that there is none any more. False: it is not to be spread, and free to go on. */
  put(id: string, claim: Claim | undefined): boolean {
    const old = this.#claims.get(id);
    if (claim?.spread === undefined) {
      this.#claims.delete(id);
      this.#came.delete(id);
      this.#isStale ||= old !== undefined;
      return false;
    }
    const kept = { ...claim, rank: claim.rank.slice(0, KEPT_NODES) };
    this.#claims.set(id, kept);
    this.#came.add(id);
    this.#isStale ||= old === undefined || !isAlike(old, kept);
    return true;
  }

  /** What came since the last time, and what moves by it; with the node that is to own it first. */
  *take(): Generator<readonly [id: string, claim: Claim]> {
    const before = this.#assignment;
    if (this.#isStale) this.#assignment = assignGroups(this.#claims.values());
    const isMoved = ({ spread }: Claim) => this.#isStale && before.get(spread?.group ?? "") !== this.#assignment.get(spread?.group ?? "");
    const due = [...this.#claims].filter(([id, claim]) => this.#came.has(id) || isMoved(claim));
    this.#came.clear();
    this.#isStale = false;
    for (const [id, claim] of due) yield [id, this.place(claim)];
  }

  /** A claim as it was given out last. */
  place(claim: Claim): Claim {
    return placeClaim(claim, this.#assignment);
  }
}

/** Does it make no difference to the assignment? */
function isAlike(a: Claim, b: Claim): boolean {
  const same = (one: readonly string[], other: readonly string[]) =>
    one === other || (one.length === other.length && one.every((node, at) => node === other[at]));
  return a.spread?.group === b.spread?.group && same(a.rank, b.rank) && same(a.spread?.nodes ?? [], b.spread?.nodes ?? []);
}
