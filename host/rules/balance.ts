/**
 * Who should own which VIP group where the groups are to be spread evenly.
 *
 * Groups with the same candidates are spread together, and apart from all others: so a change of one Service's endpoints moves no VIP of a
 * Service that can be elsewhere. A node has room for floor(groups / nodes), and for one more where groups are left over: the nodes that are
 * wanted most. In turns, each group that has no node yet asks for the next one of its order, and gets it while there is room; a group
 * that comes to the end of its order asks for the one that a hash likes best of those with room. Without memory of what was before, so that
 * every node comes to the same.
 *
 * Of 10,000 groups on 3, 30, 1,000 and 5,000 nodes, a node that joins moves about 2,550, 390, 50 and 30, where 2,500, 322, 10 and 2 are
 * what it has to get; one that leaves, as many. A group that comes or goes moves 1 to 10 others. Tests hold it to this, of G groups and N
 * nodes: beyond those that a node has or gets, 2 + 5·√(1 + G/N)·ln(1 + N) groups move, and with a group 2 + 4·ln(1 + N) others. Orders of
 * four nodes do as well as whole ones. Tried and left: to hand out the one more last of all, which moves 800 groups where the numbers come
 * to divide without a rest; one group after the other, which moves a third more; stable matching, which is longer and moves as many.
 */

/** A VIP group and the nodes that may own it. */
export interface BalancedGroup {
  readonly vip: string;
  /** In any order. The same array for groups that have the same saves time. */
  readonly candidates: readonly string[];
  /** The candidates in rank, or the first few: whom the group asks first. */
  readonly order: readonly string[];
}

/**
 * The node for each VIP; none for a group without candidates. Groups with equal candidates differ by one at most in how many each node
 * gets. The order of the input makes no difference; of several groups with one VIP the last counts.
 */
export function balance(groups: readonly BalancedGroup[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const [nodes, alike] of gatherAlike(groups)) if (nodes.length > 0) spread(nodes, alike, owners);
  return owners;
}

/** Sorted candidates, and the groups that have them, by VIP. */
function gatherAlike(groups: readonly BalancedGroup[]): Iterable<readonly [readonly string[], BalancedGroup[]]> {
  const sets = new Map<readonly string[], readonly [nodes: readonly string[], alike: BalancedGroup[]]>();
  const sameText = new Map<string, readonly [readonly string[], BalancedGroup[]]>();
  const byVip = new Map(groups.map((group) => [group.vip, group]));
  for (const group of [...byVip.values()].sort((a, b) => (a.vip < b.vip ? -1 : 1))) {
    let set = sets.get(group.candidates);
    if (set === undefined) {
      const nodes = [...new Set(group.candidates)].sort();
      const text = nodes.join(" ");
      set = sameText.get(text) ?? [nodes, []];
      sameText.set(text, set);
      sets.set(group.candidates, set);
    }
    set[1].push(group);
  }
  return sameText.values();
}

/** By turns. Whoever asks in an earlier turn stays: a node that comes or goes then stirs few of those that got what they wanted. */
function spread(nodes: readonly string[], groups: readonly BalancedGroup[], owners: Map<string, string>): void {
  const room = roomOf(nodes, groups);
  const hashes = new Map(nodes.map((node) => [node, hashOf(node)]));
  let left = groups;
  for (let turn = 0; left.length > 0; turn++) {
    const free = left.some(({ order }) => turn >= order.length) ? nodes.filter((node) => (room.get(node) as number) > 0) : [];
    left = left.filter(({ vip, order }) => {
      const wanted = turn < order.length ? (order[turn] as string) : likedBest(vip, free, hashes);
      const places = room.get(wanted) ?? 0;
      if (places === 0) return true;
      room.set(wanted, places - 1);
      owners.set(vip, wanted);
      return false;
    });
  }
}

/** How many groups each node takes. What is left over goes to the nodes that the first turns would fill beyond the others, soonest first. */
function roomOf(nodes: readonly string[], groups: readonly BalancedGroup[]): Map<string, number> {
  const floor = Math.floor(groups.length / nodes.length);
  const leftOver = groups.length - floor * nodes.length;
  const asked = new Map(nodes.map((node) => [node, 0]));
  const larger: string[] = [];
  const turns = Math.max(...groups.map(({ order }) => order.length));
  for (let turn = 0; turn < turns && larger.length < leftOver; turn++) {
    const reached: string[] = [];
    for (const { order } of groups) {
      const node = order[turn] ?? "";
      const times = asked.get(node);
      if (times === undefined) continue;
      asked.set(node, times + 1);
      if (times === floor) reached.push(node);
    }
    larger.push(...reached.sort());
  }
  const soonest = [...new Set([...larger, ...nodes])].slice(0, leftOver);
  const room = new Map(nodes.map((node) => [node, floor]));
  for (const node of soonest) room.set(node, floor + 1);
  return room;
}

function likedBest(vip: string, free: readonly string[], hashes: ReadonlyMap<string, number>): string {
  const ofVip = hashOf(vip);
  let best = "";
  let least = Number.POSITIVE_INFINITY;
  for (const node of free) {
    const hash = mix(ofVip ^ (hashes.get(node) as number));
    if (hash >= least) continue;
    best = node;
    least = hash;
  }
  return best;
}

/** FNV-1a over UTF-16 units: draft-eastlake-fnv §2. Good enough to spread what is left. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** The finalizer of MurmurHash3 (A. Appleby): every bit of the input counts for every bit of the result. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
