/** What two runs of `herald bench plan` are compared by. */
import type { Figure } from "../harness/figures.ts";
import { formatCount } from "../harness/table.ts";
import type { ClusterReport, PolicyReport } from "./report.ts";

/** Of each round in turn; of a start and of sessions there is one. */
const measures: readonly (readonly [what: string, unit: string, values: (report: PolicyReport) => readonly number[]])[] = [
  ["CPU of a start", "ms", ({ start }) => [start.cpuMs]],
  ["CPU after a node joined", "ms", ({ rounds }) => rounds.map(({ join }) => join.cpuMs)],
  ["CPU after a node left", "ms", ({ rounds }) => rounds.map(({ leave }) => leave.cpuMs)],
  ["CPU after a Service changed", "ms", ({ rounds }) => rounds.map(({ service }) => service.cpuMs)],
  ["BFD sessions of a node, median", "", ({ sessions }) => [sessions.median]],
  ["VIPs that move when a node joins", "", ({ rounds }) => rounds.map(({ joined }) => joined)],
  ["VIPs that move when a node leaves", "", ({ rounds }) => rounds.map(({ left }) => left)],
];

export function planFigures(clusters: readonly ClusterReport[]): Figure[] {
  return measures.flatMap(([what, unit, values]) =>
    clusters.flatMap(({ nodes, policies }) =>
      policies.map(
        (report): Figure => ({ what, of: `${formatCount(nodes)} nodes, ${report.policy}`, unit, better: "less", values: values(report) }),
      ),
    ),
  );
}
