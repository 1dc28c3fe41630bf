/**
 * `herald bench plan`: who owns what in clusters of thousands of nodes, and what it costs a speaker to know.
 *
 * Nothing is sent, and no other model is made: the store, reconciler, ranks and policies are the speaker's own, in this process. Each VIP is
 * a group of its own, and every node may own each.
 *
 * - Sessions: how many BFD sessions each node keeps, by the rule of the speaker; with three members a group about 6 × VIPs / nodes.
 * - Moves: VIPs that change their owner when a node joins or leaves, and how many at least have to: those that the node has to get, or has.
 * - Costs: CPU time of a start, and of a run after a node joined, one left, one Service changed; and how many digests these took.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Ranker } from "../../../packets/rank.ts";
import type { OwnershipPolicy } from "../../../rules/vocabulary.ts";
import { vipAddress } from "../answers/arp-frames.ts";
import { defineBench, type Run } from "../harness/bench.ts";
import { count, counts, type OptionsOf } from "../harness/flags.ts";
import { describeMachine } from "../harness/machine.ts";
import { type Cost, PlannedCluster } from "./clusters.ts";
import { planFigures } from "./figures.ts";
import { type ClusterReport, formatReport, type PlanReport, type PolicyReport, type PolicyRound } from "./report.ts";

/** Under sticky a VIP stays with its owner until that is gone, so nothing moves when a node joins: there is nothing to simulate. */
const POLICIES: readonly OwnershipPolicy[] = ["revertive", "balanced"];
const READ = 4;

const flags = {
  rounds: count("rounds", { usual: 5, most: 1000, help: "how often a node joins, one leaves, and a Service changes" }),
  vips: count("vips", { usual: 10_000, most: 65_536, help: "VIPs" }),
  nodeCounts: counts("nodes", { usual: "3,30,1000,5000", least: 2, most: 5000, help: "clusters of so many nodes" }),
};

export type PlanOptions = OptionsOf<typeof flags>;

export const plan = defineBench({
  summary: "who owns what with 3 to 5,000 nodes and 10,000 VIPs: BFD sessions, moves, CPU time",
  network: "none",
  flags,
  brief: { nodes: "3,30,1000" },
  estimateSeconds: ({ nodeCounts, vips, rounds }) =>
    1 + nodeCounts.length * 1.5 + nodeCounts.reduce((sum, nodes) => sum + nodes * vips * (1 + rounds / 20) * 7e-7, 0),
  measure,
  format: formatReport,
});

async function measure(options: PlanOptions, run: Run): Promise<PlanReport> {
  const { nodeCounts, vips } = options;
  const clusters = nodeCounts.map((nodes, at) => {
    run.tell(`Planning ${vips} VIPs on ${nodes} nodes`, at / nodeCounts.length);
    return measureCluster(nodes, options);
  });
  return { bench: "plan", machine: describeMachine(), options, clusters, figures: planFigures(clusters), targets: [], notes: [] };
}

function measureCluster(nodes: number, { vips, rounds }: PlanOptions): ClusterReport {
  const policies = POLICIES.map((policy) => measurePolicy(policy, nodes, vips, rounds));
  return { nodes, memoryBytes: measureMemory(nodes, vips), policies };
}

function measurePolicy(policy: OwnershipPolicy, nodes: number, vips: number, rounds: number): PolicyReport {
  const cluster = new PlannedCluster(nodes, vips, policy);
  const start = cluster.run();
  const sessions = cluster.sessions();
  const measured: PolicyRound[] = [];
  const owned: number[] = [];
  let before = cluster.owners();
  for (let round = 0; round < rounds; round++) {
    cluster.join(`new-${round}`);
    const join = cluster.run();
    const joined = cluster.owners();
    const moved = countMoves(before, joined);
    const gone = `node-${(round * 7) % nodes}`;
    cluster.leave(gone);
    const leave = cluster.run();
    before = cluster.owners();
    owned.push([...joined.values()].filter((node) => node === gone).length);
    cluster.touch(round);
    measured.push({ join, leave, service: cluster.run(), joined: moved, left: countMoves(joined, before) });
  }
  return {
    policy,
    sessions: { min: sessions[0] ?? 0, median: sessions[sessions.length >> 1] ?? 0, max: sessions.at(-1) ?? 0 },
    join: { moves: mean(measured.map(({ joined }) => joined)), least: vips / (nodes + 1), ...meanCost(measured.map(({ join }) => join)) },
    leave: { moves: mean(measured.map(({ left }) => left)), least: mean(owned), ...meanCost(measured.map(({ leave }) => leave)) },
    service: meanCost(measured.map(({ service }) => service)),
    start,
    rounds: measured,
  };
}

/** Of the heap, what remembering the first nodes of each VIP takes. */
function measureMemory(nodes: number, vips: number): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const candidates = Array.from({ length: nodes }, (_, at) => ({ name: `node-${at}`, weight: 0 }));
  const ranker = new Ranker();
  const texts = Array.from({ length: vips }, (_, at) => vipAddress(at));
  ranker.rank(texts[0] as string, candidates, READ);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (const vip of texts) ranker.rank(vip, candidates, READ);
  collect();
  const after = process.memoryUsage().heapUsed;
  // Said once more, so that it is still there when the heap is read.
  return ranker.counts().vips === 0 ? 0 : after - before;
}

function countMoves(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number {
  return [...before].filter(([vip, node]) => after.get(vip) !== node).length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanCost(costs: readonly Cost[]): Cost {
  return { cpuMs: mean(costs.map(({ cpuMs }) => cpuMs)), digests: mean(costs.map(({ digests }) => digests)) };
}
