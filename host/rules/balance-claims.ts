/**
 * The claims of VIP groups that are to be spread over nodes. Who gets which is worked out of all of them at once (`balance.ts`), so it is
 * the one thing in a plan that is not of a single Service. Claims come here joined (`mergeClaims`).
 */

import { balance } from "./balance.ts";
import type { Claim } from "./plan.ts";

/** How many nodes of its rank a group asks first; `balance` does as well with these as with all. */
const ASKED_FIRST = 4;

/** The node for each group, by `Spread.group`. */
export type Assignment = ReadonlyMap<string, string>;

/** What counts of a claim, and nothing else of it. */
export type SpreadClaim = Pick<Claim, "vip" | "via" | "spread" | "rank">;

/**
 * Assigns the groups of these claims. All claims of a group get one node, of those that all of them may have; where there is none, it is
 * the first claim's, by announcer and VIP. The order in which claims come makes no difference.
 */
export function assignGroups(claims: Iterable<SpreadClaim>): Assignment {
  const groups = new Map<string, SpreadClaim[]>();
  for (const claim of claims) {
    if (claim.spread === undefined) continue;
    const list = groups.get(claim.spread.group);
    if (list === undefined) groups.set(claim.spread.group, [claim]);
    else list.push(claim);
  }
  return balance(
    Array.from(groups, ([vip, list]) => {
      const [first, ...others] = list.sort(compareClaims) as [SpreadClaim, ...SpreadClaim[]];
      return { vip, candidates: shareNodes(first, others), order: first.rank.slice(0, ASKED_FIRST) };
    }),
  );
}

/** The claim with the node that its group is assigned to first, where it may be. */
export function placeClaim<Part extends SpreadClaim>(claim: Part, assignment: Assignment): Part {
  const node = claim.spread && assignment.get(claim.spread.group);
  if (node === undefined || claim.rank[0] === node || !claim.spread?.nodes.includes(node)) return claim;
  return { ...claim, rank: [node, ...claim.rank.filter((name) => name !== node)] };
}

/** The claims of a whole plan as they are to be. */
export function balanceClaims(claims: readonly Claim[]): Claim[] {
  const assignment = assignGroups(claims);
  return claims.map((claim) => placeClaim(claim, assignment));
}

function shareNodes({ spread }: SpreadClaim, others: readonly SpreadClaim[]): readonly string[] {
  const nodes = spread?.nodes ?? [];
  const apart = others.map((claim) => claim.spread?.nodes ?? []).filter((list) => list !== nodes);
  if (apart.length === 0) return nodes;
  const sets = apart.map((list) => new Set(list));
  const shared = nodes.filter((node) => sets.every((set) => set.has(node)));
  return shared.length > 0 ? shared : nodes;
}

function compareClaims(a: SpreadClaim, b: SpreadClaim): number {
  return `${a.via} ${a.vip}` < `${b.via} ${b.vip}` ? -1 : 1;
}
