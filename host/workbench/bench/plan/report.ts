/** The report of `herald bench plan`. */
import type { OwnershipPolicy } from "../../../rules/vocabulary.ts";
import type { CommonReport } from "../harness/figures.ts";
import { formatMachine } from "../harness/machine.ts";
import { type Column, formatCount, formatNumber, formatTable } from "../harness/table.ts";
import type { Cost } from "./clusters.ts";
import type { PlanOptions } from "./plan.ts";

/** Means over the rounds. */
export interface Moves extends Cost {
  readonly moves: number;
  /** As many as the node has to get, or has. */
  readonly least: number;
}

/** What a node that joins, one that leaves and a Service that changes cost, and how many VIPs moved for the nodes. */
export interface PolicyRound {
  readonly join: Cost;
  readonly leave: Cost;
  readonly service: Cost;
  readonly joined: number;
  readonly left: number;
}

export interface PolicyReport {
  readonly policy: OwnershipPolicy;
  /** BFD sessions of a node. */
  readonly sessions: { readonly min: number; readonly median: number; readonly max: number };
  readonly start: Cost;
  readonly rounds: readonly PolicyRound[];
  readonly join: Moves;
  readonly leave: Moves;
  readonly service: Cost;
}

export interface ClusterReport {
  readonly nodes: number;
  /** Of the memory of ranks; beside it the module has a fixed 2.6 MB. */
  readonly memoryBytes: number;
  readonly policies: readonly PolicyReport[];
}

export interface PlanReport extends CommonReport {
  readonly bench: "plan";
  readonly options: PlanOptions;
  readonly clusters: readonly ClusterReport[];
}

type Row = PolicyReport & Pick<ClusterReport, "nodes" | "memoryBytes">;

const place: readonly Column<Row>[] = [
  { heading: "nodes", cell: ({ nodes }) => formatCount(nodes) },
  { heading: "policy", cell: ({ policy }) => policy, isText: true },
];

const ownership: readonly Column<Row>[] = [
  ...place,
  { heading: "sessions a node, min", cell: ({ sessions }) => formatCount(sessions.min) },
  { heading: "median", cell: ({ sessions }) => formatCount(sessions.median) },
  { heading: "max", cell: ({ sessions }) => formatCount(sessions.max) },
  { heading: "moves a join", cell: ({ join }) => formatNumber(join.moves) },
  { heading: "least", cell: ({ join }) => formatNumber(join.least) },
  { heading: "moves a leave", cell: ({ leave }) => formatNumber(leave.moves) },
  { heading: "least", cell: ({ leave }) => formatNumber(leave.least) },
];

const costs: readonly Column<Row>[] = [
  ...place,
  { heading: "start, ms CPU", cell: ({ start }) => formatNumber(start.cpuMs) },
  { heading: "digests", cell: ({ start }) => formatCount(start.digests) },
  { heading: "join, ms CPU", cell: ({ join }) => formatNumber(join.cpuMs) },
  { heading: "digests", cell: ({ join }) => formatCount(Math.round(join.digests)) },
  { heading: "leave, ms CPU", cell: ({ leave }) => formatNumber(leave.cpuMs) },
  { heading: "digests", cell: ({ leave }) => formatCount(Math.round(leave.digests)) },
  { heading: "Service, ms CPU", cell: ({ service }) => formatNumber(service.cpuMs) },
  { heading: "memory of ranks, MB", cell: ({ memoryBytes }) => formatNumber(memoryBytes / 1e6) },
];

/** Two tables and what they mean, with a newline at the end. */
export function formatReport({ machine, options: { vips, rounds }, clusters }: PlanReport): string {
  const rows = clusters.flatMap(({ nodes, memoryBytes, policies }) => policies.map((policy) => ({ nodes, memoryBytes, ...policy })));
  return [
    `${formatCount(vips)} VIPs, each a group of its own; every node may own each. Means of ${rounds} joins and leaves.`,
    formatMachine(machine),
    "",
    formatTable(ownership, rows),
    "Sessions: the full mesh up to 16 nodes, beyond that those of groups with a member in common. Sticky: no move when a node joins;",
    "when one leaves, those that it has.",
    "",
    formatTable(costs, rows),
    "One run of a speaker's reconciler after each. Up to 32 nodes are ranked each time and not remembered.",
    "",
  ].join("\n");
}
