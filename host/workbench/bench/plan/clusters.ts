/** Clusters of any size for `herald bench plan`, as a speaker of one of their nodes sees them: its own store, reconciler and ranks. */
import { Store } from "../../../cluster/store.ts";
import { watchList } from "../../../liveness/watch-list.ts";
import { Ranker } from "../../../packets/rank.ts";
import { Reconciler } from "../../../reconcile/reconciler.ts";
import { balanceClaims } from "../../../rules/balance-claims.ts";
import { announceFrom, mergeClaims } from "../../../rules/merge-claims.ts";
import { type Claim, claimService, indexPlan } from "../../../rules/plan.ts";
import type { AnnouncerFact, OwnershipPolicy, Succession } from "../../../rules/vocabulary.ts";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../../testing/facts.ts";
import { vipAddress } from "../answers/arp-frames.ts";

const announcers: readonly AnnouncerFact[] = [
  { name: "arp", from: "owner", hasHeirs: true, serves: { kind: "L2Advertisement", families: [4] } },
];
/** Places of a rank that plans of one node read. */
const READ = 4;

export interface Cost {
  /** Of the whole process. */
  readonly cpuMs: number;
  readonly digests: number;
}

/** All Services have a VIP of their own, all nodes may own each. */
export class PlannedCluster {
  readonly #store = new Store();
  readonly #ranker = new Ranker();
  readonly #reconciler: Reconciler;
  readonly #vips: number;
  #changes = 0;

  constructor(nodes: number, vips: number, policy: OwnershipPolicy) {
    this.#vips = vips;
    for (let at = 0; at < nodes; at++) this.#setNode(`node-${at}`, true);
    this.#store.replace("pools", "bench", poolFact("bench", [`${vipAddress(0)}/16`], { ownership: policy }));
    this.#store.replace("advertisements", "L2Advertisement bench", advertisementFact("bench"));
    for (let at = 0; at < vips; at++) this.#setService(at, {});
    const { rank } = this.#ranker;
    const setup = { store: this.#store, announcers, rank, now: () => performance.now() };
    this.#reconciler = new Reconciler({ node: "node-0", ...setup });
  }

  /** Plans what has changed since the last time; the first time, all. */
  run(): Cost {
    const before = process.cpuUsage();
    const { digests } = this.#ranker.counts();
    this.#reconciler.run();
    const { user, system } = process.cpuUsage(before);
    return { cpuMs: (user + system) / 1000, digests: this.#ranker.counts().digests - digests };
  }

  join(name: string): void {
    this.#setNode(name, true);
  }

  leave(name: string): void {
    this.#setNode(name, false);
  }

  /** Changes a label of one Service. */
  touch(at: number): void {
    this.#setService(at % this.#vips, { change: `${++this.#changes}` });
  }

  /** The node that should own each VIP. */
  owners(): Map<string, string> {
    return new Map(this.#claims().map(({ vip, rank }) => [vip, rank[0] as string]));
  }

  /** How many sessions each node has, ascending. */
  sessions(): number[] {
    const nodes = [...this.#store.snapshot().nodes.keys()];
    // Only its own groups count for a node: to look through all of them for each would take longer than all else here.
    const groups = new Map<string, Succession[]>(nodes.map((node) => [node, []]));
    for (const claim of this.#claims()) {
      const succession = announceFrom(claim, claim.rank[0] as string, true)?.succession;
      for (const member of succession?.members ?? []) groups.get(member)?.push(succession as Succession);
    }
    return nodes.map((node) => watchList(node, nodes, groups.get(node) ?? []).size).sort((a, b) => a - b);
  }

  #claims(): Claim[] {
    const snapshot = this.#store.snapshot();
    const index = indexPlan(snapshot, announcers, this.#ranker.rank);
    return balanceClaims(mergeClaims([...snapshot.services.keys()].flatMap((key) => claimService(index, snapshot, key, READ))));
  }

  #setNode(name: string, isThere: boolean): void {
    this.#store.replace("nodes", name, isThere ? nodeFact(name) : undefined);
  }

  #setService(at: number, labels: Record<string, string>): void {
    this.#store.replace("services", `default/${at}`, serviceFact(`${at}`, { ingress: [vipAddress(at)], labels }));
  }
}
